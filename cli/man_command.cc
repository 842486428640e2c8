// `spyhop man`: the manual page of a command, or of all of them.
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/man_page.h"
#include "cli/option_lists.h"
#include "cli/option_parser.h"
#include "report/escape.h"

namespace spyhop {

int ManCommand(const Arguments& arguments) {
  const absl::StatusOr<Parsed> parsed = ParseArguments(HelpOptionList(), arguments);
  if (!parsed.ok()) return ReportUsage(parsed.status(), "man");
  if (parsed->Has("help")) return PrintHelp("man");
  const Arguments& names = parsed->arguments();
  const std::string page = names.empty() ? ManPage() : ManPageOf(names[0]);
  if (page.empty() || names.size() > 1) {
    return ReportUsage(
        absl::InvalidArgumentError(absl::StrCat("'", EscapeForTerminal(names.back()),
                                                "': one command is expected, as spyhop --help "
                                                "lists them")),
        "man");
  }
  return PrintData(page);
}

}  // namespace spyhop
