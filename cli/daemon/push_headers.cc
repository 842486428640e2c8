#include "cli/daemon/push_headers.h"

#include <algorithm>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kLongestValue = 8192;

// RFC 9110, 5.6.2 and 5.5.
bool IsName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("!#$%&'*+-.^_`|~", c);
  });
}

bool IsValue(const std::string& value) {
  return value.size() <= kLongestValue && std::none_of(value.begin(), value.end(), [](char c) {
           return c != '\t' && absl::ascii_iscntrl(static_cast<unsigned char>(c));
         });
}

absl::StatusOr<std::string> FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    return absl::UnavailableError(absl::StrCat("no line can be read from '",
                                               EscapeForTerminal(path),
                                               "', which a header of "
                                               "the configuration names"));
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

}  // namespace

absl::StatusOr<HttpHeaders> ReadHeaders(const HttpHeaders& configured) {
  HttpHeaders headers;
  for (const auto& [name, value] : configured) {
    absl::StatusOr<std::string> read = value;
    if (absl::StartsWith(value, "@")) read = FirstLine(value.substr(1));
    if (!read.ok()) return read.status();
    if (!IsName(name) || !IsValue(*read)) {
      return absl::InvalidArgumentError(absl::StrCat("the header '", EscapeForTerminal(name),
                                                     "' cannot be sent: a name has no spaces, a "
                                                     "value is one line of at most 8 KiB"));
    }
    headers.emplace_back(name, *std::move(read));
  }
  return headers;
}

}  // namespace spyhop
