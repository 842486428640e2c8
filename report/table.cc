#include "report/table.h"

#include "report/line_table.h"
#include "report/thread_view.h"
#include "report/wait_table.h"

namespace spyhop {

void WriteTable(const Profile& profile, const ViewOptions& options, Sink& sink) {
  switch (options.table) {
    case TableView::kLines:
      return WriteLineTable(profile, options, sink);
    case TableView::kFunctions:
      return WriteFunctionTable(profile, options, sink);
    case TableView::kThreads:
      return WriteThreadView(profile, options, sink);
    case TableView::kWaits:
      return WriteWaitTable(profile, options, sink);
  }
}

}  // namespace spyhop
