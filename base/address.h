// Addresses in another process.
//
// A RemoteAddress is a number that means something only in the target; it cannot be dereferenced
// here, and arithmetic on it never wraps silently: Plus() saturates to the invalid address.
// Costs nothing over a uint64_t. May be used from any thread.
#ifndef SPYHOP_BASE_ADDRESS_H_
#define SPYHOP_BASE_ADDRESS_H_

#include <compare>
#include <cstdint>
#include <functional>

namespace spyhop {

class RemoteAddress {
 public:
  constexpr RemoteAddress() = default;
  constexpr explicit RemoteAddress(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr bool is_null() const { return value_ == 0; }
  constexpr explicit operator bool() const { return value_ != 0; }

  // The address `offset` bytes further; null when that overflows or when this is null.
  constexpr RemoteAddress Plus(uint64_t offset) const {
    const uint64_t sum = value_ + offset;
    return (value_ == 0 || sum < value_) ? RemoteAddress() : RemoteAddress(sum);
  }

  constexpr RemoteAddress AlignedDown(uint64_t alignment) const {
    return RemoteAddress(value_ & ~(alignment - 1));
  }

  // A place where user-space data of an x86-64 or aarch64 Linux process can lie, aligned for a
  // pointer: not in the first page, below the kernel's half.
  constexpr bool MayHoldPointer() const {
    return value_ >= 4096 && value_ < (uint64_t{1} << 56) && value_ % sizeof(uint64_t) == 0;
  }

  friend constexpr auto operator<=>(RemoteAddress, RemoteAddress) = default;

  template <typename H>
  friend H AbslHashValue(H h, RemoteAddress a) {
    return H::combine(std::move(h), a.value_);
  }

 private:
  uint64_t value_ = 0;
};

// Half-open range [begin, end); an empty one contains nothing.
class AddressRange {
 public:
  constexpr AddressRange() = default;
  constexpr AddressRange(RemoteAddress begin, RemoteAddress end)
      : begin_(begin), end_(end < begin ? begin : end) {}
  static constexpr AddressRange OfSize(RemoteAddress begin, uint64_t size) {
    return AddressRange(begin, begin.Plus(size));
  }

  constexpr RemoteAddress begin() const { return begin_; }
  constexpr RemoteAddress end() const { return end_; }
  constexpr uint64_t size() const { return end_.value() - begin_.value(); }
  constexpr bool Contains(RemoteAddress a) const { return a >= begin_ && a < end_; }
  // True when all of [a, a + size) lies inside.
  constexpr bool Contains(RemoteAddress a, uint64_t size) const {
    return Contains(a) && size <= end_.value() - a.value();
  }

 private:
  RemoteAddress begin_;
  RemoteAddress end_;
};

}  // namespace spyhop

#endif  // SPYHOP_BASE_ADDRESS_H_
