// The scripts with which shells complete Spyhop's command line. They hold no option: at each Tab
// they ask `spyhop completion candidates -- WORD...` (completion.h).
#ifndef SPYHOP_CLI_COMPLETION_SCRIPTS_H_
#define SPYHOP_CLI_COMPLETION_SCRIPTS_H_

#include <string_view>

namespace spyhop {

inline constexpr const char* kShells[] = {"bash", "zsh", "fish"};

// "" for another shell.
std::string_view CompletionScript(std::string_view shell);

}  // namespace spyhop

#endif  // SPYHOP_CLI_COMPLETION_SCRIPTS_H_
