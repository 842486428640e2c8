// What is told of a command: by `--help`, by its manual page (man_page.h) and, of its options, by
// the completion in shells (completion.h). A new command is a line in help.cc's table.
#ifndef SPYHOP_CLI_HELP_PAGE_H_
#define SPYHOP_CLI_HELP_PAGE_H_

#include <span>
#include <string>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/option_parser.h"

namespace spyhop {

// What a command takes besides its options.
enum class Operands : uint8_t { kNone, kRecordings, kProgram, kShell, kCommand, kCtl };

inline constexpr ExitStatus kExitsOfTargets[] = {
    kExitNoSuchProcess, kExitNotPermitted, kExitNotPython, kExitNothingSampled, kExitInterrupted};

struct HelpPage {
  const char* command;
  const char* usage;
  const char* examples;
  OptionList (*options)();
  const char* notes = "";
  std::span<const ExitStatus> exits = kExitsOfTargets;  // besides 0, 1 and 2
  Operands operands = Operands::kNone;
  const char* description = "";  // of the manual page: paragraphs, with an empty line between them
};

// Null: there is no such command.
const HelpPage* FindHelpPage(std::string_view command);

// Examples, options, notes, exit statuses; "" when there is no such command.
std::string HelpFor(const std::string& command);

}  // namespace spyhop

#endif  // SPYHOP_CLI_HELP_PAGE_H_
