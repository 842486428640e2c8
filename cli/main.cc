// Finds the command that was asked for, or lists them.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interruption.h"
#include "cli/suggest.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr const char* kExamples =
    "Spyhop samples CPython processes from outside: which lines take the time, and whether it\n"
    "goes to Python, native code, the system or the GIL.\n\n"
    "Examples:\n"
    "  spyhop attach --pid 1234               until Ctrl-C, then a table per line\n"
    "  spyhop attach -p 1234 -d 30 -o p.json  for 30 s, into a file\n"
    "  spyhop run -- python3 app.py           from the program's first line\n"
    "  spyhop top --pid 1234                  live, in the terminal\n"
    "  spyhop snapshot --pid 1234             what every thread does now\n\n"
    "Commands:\n";

std::string Help() {
  std::string text = kExamples;
  for (const Command& command : Commands()) {
    if (command.run != nullptr) {
      absl::StrAppendFormat(&text, "  %-10s %s\n", command.name, command.summary);
    }
  }
  absl::StrAppend(&text,
                  "\n`spyhop COMMAND --help` lists a command's options; `spyhop --version`.\n");
  return text;
}

int UnknownCommand(const std::string& name) {
  std::vector<std::string> known;
  for (const Command& command : Commands()) {
    if (command.run != nullptr) known.push_back(command.name);
  }
  return ReportUsage(
      absl::InvalidArgumentError(absl::StrCat("there is no command '", EscapeForTerminal(name), "'",
                                              Suggestion(name, known))),
      "");
}

int Main(const Arguments& arguments) {
  PrepareProcess();
  if (arguments.empty()) {
    return ReportUsage(absl::InvalidArgumentError("which command? `spyhop attach --pid PID` is the "
                                                  "main one"),
                       "");
  }
  const std::string& name = arguments[0];
  if (name == "--version" || name == "-V")
    return PrintData(absl::StrCat("spyhop ", Version(), "\n"));
  if (name == "--help" || name == "-h" || name == "help") return PrintData(Help());
  for (const Command& command : Commands()) {
    if (name != command.name) continue;
    if (command.run != nullptr) return command.run({arguments.begin() + 1, arguments.end()});
    return ReportUsage(
        absl::InvalidArgumentError(absl::StrCat("the command '", name, "' (", command.summary,
                                                ") comes with a later version")),
        "");
  }
  return UnknownCommand(name);
}

}  // namespace
}  // namespace spyhop

int main(int argc, char** argv) { return spyhop::Main({argv + 1, argv + argc}); }
