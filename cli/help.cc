// What `spyhop COMMAND --help` prints.
#include "absl/strings/str_cat.h"
#include "cli/help_text.h"
#include "cli/option_lists.h"
#include "cli/options.h"
#include "cli/tui/top_help.h"

namespace spyhop {

std::string HelpFor(const std::string& command) {
  struct Help {
    const char* command;
    const char* usage;
    const char* examples;
    OptionList (*options)();
    const char* notes = "";
  };
  constexpr Help kHelp[] = {
      {"attach", "spyhop attach --pid PID [options]", kAttachExamples, AttachOptionList, kViews},
      {"run", "spyhop run [options] -- PROGRAM ARGS...", kRunExamples, RunOptionList, kViews},
      {"report", "spyhop report RECORDING... [options]", kReportExamples, ReportOptionList, kViews},
      {"diff", "spyhop diff BEFORE AFTER [options]", kDiffExamples, DiffOptionList},
      {"snapshot", "spyhop snapshot --pid PID [options]", kSnapshotExamples, SnapshotOptionList},
      {"top", "spyhop top --pid PID [options]", kTopExamples, TopOptionList, kTopKeys},
      {"list", "spyhop list [options]", kListExamples, ListOptionList},
      {"doctor", "spyhop doctor [--pid PID]", kDoctorExamples, DoctorOptionList},
  };
  for (const Help& help : kHelp) {
    if (command != help.command) continue;
    return absl::StrCat("Examples:\n", help.examples, "\nUsage: ", help.usage, "\n",
                        DescribeOptions(help.options()), "\n", help.notes);
  }
  return "";
}

}  // namespace spyhop
