// Reads a number with a unit: "30s", "1khz", "256MiB". Pure.
#ifndef SPYHOP_CLI_QUANTITY_H_
#define SPYHOP_CLI_QUANTITY_H_

#include <optional>
#include <span>
#include <string>

namespace spyhop {

struct Unit {
  const char* suffix;  // in lower case; one that ends as another does stands before it
  double factor;
};

inline constexpr Unit kDurationUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};

// A number, 0 or more, with one of the units behind it, or with none. Case does not count.
std::optional<double> NumberWithUnit(const std::string& text, std::span<const Unit> units);

}  // namespace spyhop

#endif  // SPYHOP_CLI_QUANTITY_H_
