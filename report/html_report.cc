#include "report/html_report.h"

#include "report/html_page.h"
#include "report/script_safe_sink.h"

namespace spyhop {
namespace {

void WritePage(const Profile& profile, const ViewOptions& options, const BeforeTimes* before,
               Sink& sink) {
  sink.Append(HtmlPageBeforeData());
  ScriptSafeSink block(sink);
  WriteHtmlData(profile, options, before, block);
  sink.Append(HtmlPageAfterData());
}

}  // namespace

void WriteHtmlReport(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WritePage(profile, options, nullptr, sink);
}

void WriteHtmlReport(const Profile& profile, const ViewOptions& options, const BeforeTimes& before,
                     Sink& sink) {
  WritePage(profile, options, &before, sink);
}

}  // namespace spyhop
