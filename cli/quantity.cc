#include "cli/quantity.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace spyhop {

std::optional<double> NumberWithUnit(const std::string& text, std::span<const Unit> units) {
  std::string number = absl::AsciiStrToLower(text);
  double factor = 1;
  for (const Unit& unit : units) {
    if (absl::EndsWith(number, unit.suffix)) {
      number.resize(number.size() - std::string_view(unit.suffix).size());
      factor = unit.factor;
      break;
    }
  }
  double value = 0;
  const bool begins_well = !number.empty() && (absl::ascii_isdigit(number[0]) || number[0] == '.');
  if (!begins_well || !absl::SimpleAtod(number, &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value * factor;
}

}  // namespace spyhop
