// Texts of the daemon's configuration to values. Pure. Nothing: the text is not such a value.
#ifndef SPYHOP_CLI_CONFIG_VALUES_H_
#define SPYHOP_CLI_CONFIG_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace spyhop {

std::optional<double> ParseShare(const std::string& text);   // "1%", "0.5" (percent): 0.01, 0.005
std::optional<uint64_t> ParseSize(const std::string& text);  // bytes, "256MiB"
std::optional<Nanos> ParseConfigTime(const std::string& text);  // "500ms", "60s", "24h"
std::optional<double> ParseHertz(const std::string& text);      // "20", "20hz"
std::optional<bool> ParseYesNo(std::string_view text);          // "yes", "no"
// "APP_NAME, REGION"; each a name that a variable can have.
std::optional<std::vector<std::string>> ParseVariableNames(const std::string& text);

// A whole path from "/" on.
bool IsAbsolutePath(std::string_view text);
// "127.0.0.1:7997", "[::1]:80", "localhost:80".
bool IsHostAndPort(std::string_view text);
// Of one: whether only this machine reaches it.
bool IsLoopback(std::string_view host_and_port);
// "http://host:4040/path".
bool IsHttpUrl(std::string_view text);
// RFC 9110, section 5.
bool IsHeaderName(std::string_view text);
bool IsHeaderValue(std::string_view text);
// For sections: letters, digits, "_", "-" and ".".
bool IsSectionName(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_CLI_CONFIG_VALUES_H_
