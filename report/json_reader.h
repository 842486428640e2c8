// Reads one flat JSON object that came from somebody else: names, and strings, numbers or truths.
//
// Bounded before it is trusted: 4 KiB, 32 fields, no nesting, no null, valid UTF-8, each name once,
// nothing behind the object. Costs no recursion. Hides rapidjson from its users.
#ifndef SPYHOP_REPORT_JSON_READER_H_
#define SPYHOP_REPORT_JSON_READER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

namespace spyhop {

inline constexpr size_t kMostFlatJson = 4096;

using JsonScalar = std::variant<bool, double, std::string>;
using FlatJson = std::map<std::string, JsonScalar, std::less<>>;

// kInvalidArgument: it is anything else; says what, and where.
absl::StatusOr<FlatJson> ReadFlatJson(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_JSON_READER_H_
