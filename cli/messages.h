// What the commands say on stderr. Names of the target are part of many messages and may hold
// anything, so every message is escaped here, once, whatever its maker did: one line, no control
// characters. Escaping twice changes nothing. Costs one write; any thread may call it.
#ifndef SPYHOP_CLI_MESSAGES_H_
#define SPYHOP_CLI_MESSAGES_H_

#include <string_view>

namespace spyhop {

void SayError(std::string_view message);
void SayWarning(std::string_view message);
void SayInfo(std::string_view message);

}  // namespace spyhop

#endif  // SPYHOP_CLI_MESSAGES_H_
