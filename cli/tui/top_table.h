// The rows of the present view: what is shown in which order. Pure; text and figures only, no
// terminal. Names are escaped.
//
// Shares are in percent of one thread's time: 100 is one thread all the while, so that the classes
// of a process's threads add up to 100 times their number.
#ifndef SPYHOP_CLI_TUI_TOP_TABLE_H_
#define SPYHOP_CLI_TUI_TOP_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "cli/tui/top_data.h"
#include "cli/tui/top_state.h"
#include "report/source_lines.h"
#include "report/text_table.h"
#include "report/view.h"

namespace spyhop {

struct TopRow {
  std::vector<std::string> cells;
  Times times;       // what the row's bar shows
  TopChoice choice;  // of what it is a row; pid 0: nothing that can be chosen
  double sort = 0;
  SourcePlace source;  // of a line; line 0: none
};

struct TopTable {
  std::vector<TextColumn> columns;
  std::vector<TopRow> rows;
  Nanos whole = 0;       // what a bar's full length stands for
  size_t left_out = 0;   // rows beyond the most
  std::string if_empty;  // said when there are no rows
};

// What does not change while it runs.
struct TopOptions {
  Filter filter;        // --file, --thread, --function
  bool native = false;  // native functions have rows of their own
  SourceOpener open_source;
};

inline constexpr size_t kMostTopRows = 1000;

TopTable MakeTopTable(const TopData& data, const TopState& state, const TopOptions& options);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_TABLE_H_
