// What every view and format of a profile can be asked for. A writer heeds what applies to it and
// ignores the rest. Writers read a finished profile and cannot fail: an error of the medium is the
// sink's.
#ifndef SPYHOP_REPORT_VIEW_H_
#define SPYHOP_REPORT_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "report/filter.h"
#include "report/source_lines.h"

namespace spyhop {

enum class SortKey : uint8_t {
  kSelf,
  kTotal,
  kPython,
  kNative,
  kSystem,  // kernel + wait
  kWait,
  kGil,
  kCpu,
};

// What the table shows; docs/views.md defines each one's columns.
enum class TableView : uint8_t { kLines, kFunctions, kThreads, kWaits };

struct ViewOptions {
  TableView table = TableView::kLines;
  bool per_thread = false;  // rows and stacks for each thread
  bool idle = false;        // idle time counts too (JSON always has it)
  bool stacks = false;      // JSON: the stacks as well
  bool native = false;      // native functions have rows of their own
  SortKey sort = SortKey::kSelf;
  size_t limit = 30;  // rows of a table; 0 = all
  size_t width = 0;   // columns of the terminal; 0 = as wide as need be
  bool color = false;
  Filter filter;
  SourceOpener open_source;  // none: no source text is shown, nor put into a report
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_VIEW_H_
