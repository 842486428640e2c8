// `spyhop completion`: the script for a shell, and the words it asks for.
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/completion_scripts.h"
#include "cli/exit_status.h"
#include "cli/option_lists.h"
#include "cli/option_parser.h"
#include "report/escape.h"

namespace spyhop {

int CompletionCommand(const Arguments& arguments) {
  if (arguments.size() > 1 && arguments[0] == "candidates" && arguments[1] == "--") {
    return PrintData(
        CompletionText(Complete({arguments.begin() + 2, arguments.end()}, ListPythonProcesses)));
  }
  const absl::StatusOr<Parsed> parsed = ParseArguments(HelpOptionList(), arguments);
  if (!parsed.ok()) return ReportUsage(parsed.status(), "completion");
  if (parsed->Has("help")) return PrintHelp("completion");
  const std::string shell = parsed->arguments().empty() ? "" : parsed->arguments()[0];
  const std::string_view script = CompletionScript(shell);
  if (script.empty() || parsed->arguments().size() > 1) {
    return ReportUsage(absl::InvalidArgumentError("for which shell? One of: bash zsh fish"),
                       "completion");
  }
  return PrintData(std::string(script));
}

}  // namespace spyhop
