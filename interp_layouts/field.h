// A member of a struct in the target's memory: where it lies, and of which type it is.
//
// A field that a version does not have is absent, never offset 0. Offsets are bytes from the start
// of the struct. Costs nothing over a memcpy.
#ifndef SPYHOP_INTERP_LAYOUTS_FIELD_H_
#define SPYHOP_INTERP_LAYOUTS_FIELD_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/address.h"

namespace spyhop {

inline constexpr uint32_t kAbsent = 0xFFFFFFFF;

template <typename T>
struct Field {
  static_assert(std::is_trivially_copyable_v<T>);
  uint32_t offset = kAbsent;

  constexpr bool present() const { return offset != kAbsent; }
  constexpr uint32_t end() const { return offset + static_cast<uint32_t>(sizeof(T)); }

  // The value in `copy`, a local copy of the struct of at least end() bytes.
  T In(const void* copy) const {
    T value;
    std::memcpy(&value, static_cast<const char*>(copy) + offset, sizeof(T));
    return value;
  }
  // Its address in the target when the struct lies at `base`.
  RemoteAddress At(RemoteAddress base) const { return base.Plus(offset); }
};

using PointerField = Field<RemoteAddress>;

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_FIELD_H_
