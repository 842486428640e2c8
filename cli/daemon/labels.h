// What a target's profiles are found by in the stores that the daemon feeds: names and values, as
// "service=checkout".
//
// A name is [a-zA-Z_][a-zA-Z0-9_]*, at most 64 bytes; a value any UTF-8 of at most 256 bytes. In
// order of the names, each once.
#ifndef SPYHOP_CLI_DAEMON_LABELS_H_
#define SPYHOP_CLI_DAEMON_LABELS_H_

#include <map>
#include <string>

namespace spyhop {

using Labels = std::map<std::string, std::string>;

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_LABELS_H_
