#include "cli/messages.h"

#include "base/log.h"
#include "report/escape.h"

namespace spyhop {

void SayError(std::string_view message) { LogError(EscapeForTerminal(message)); }
void SayWarning(std::string_view message) { LogWarning(EscapeForTerminal(message)); }
void SayInfo(std::string_view message) { LogInfo(EscapeForTerminal(message)); }

}  // namespace spyhop
