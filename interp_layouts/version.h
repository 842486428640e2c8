// Which CPython a target runs: version and build flavour, as the target itself says.
#ifndef SPYHOP_INTERP_LAYOUTS_VERSION_H_
#define SPYHOP_INTERP_LAYOUTS_VERSION_H_

#include <compare>
#include <cstdint>
#include <string>

namespace spyhop {

// Ordered as releases are. `level` is PY_RELEASE_LEVEL: 0xA alpha, 0xB beta, 0xC candidate,
// 0xF final (Include/patchlevel.h).
struct PyVersion {
  uint8_t major = 0;
  uint8_t minor = 0;
  uint8_t micro = 0;
  uint8_t level = 0xF;
  uint8_t serial = 0;

  friend constexpr auto operator<=>(const PyVersion&, const PyVersion&) = default;

  // From PY_VERSION_HEX, e.g. 0x030B07F0 = 3.11.7 final.
  static constexpr PyVersion FromHex(uint32_t hex) {
    return {static_cast<uint8_t>(hex >> 24), static_cast<uint8_t>(hex >> 16),
            static_cast<uint8_t>(hex >> 8), static_cast<uint8_t>(hex >> 4 & 0xF),
            static_cast<uint8_t>(hex & 0xF)};
  }

  // "3.11.7", "3.15.0b2".
  std::string ToString() const;
};

struct AbiFlags {
  bool debug = false;          // Py_DEBUG
  bool free_threaded = false;  // Py_GIL_DISABLED
  bool ucs2 = false;           // 2.7 only: --enable-unicode=ucs2

  friend constexpr bool operator==(const AbiFlags&, const AbiFlags&) = default;
};

// All that differs from a release: "debug", "free-threaded debug", "ucs2"; "release" when nothing.
std::string FlavourName(AbiFlags flags);

// One of "release", "debug", "free-threaded": the words of the JSON schemas. Of several the one
// that changes most of how a program runs.
std::string MainFlavour(AbiFlags flags);

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_VERSION_H_
