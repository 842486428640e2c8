// A bounds-checked cursor over bytes that came from elsewhere: line tables, ELF notes, varints.
//
// Reading past the end sets failed() and yields zeros; callers check once at the end. No cost
// beyond the comparison. Not for the target's memory itself, only for copies of it.
#ifndef SPYHOP_BASE_BYTES_CURSOR_H_
#define SPYHOP_BASE_BYTES_CURSOR_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "absl/types/span.h"

namespace spyhop {

class BytesCursor {
 public:
  explicit BytesCursor(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return position_ == bytes_.size(); }
  bool failed() const { return failed_; }
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  uint8_t Peek() const { return at_end() ? uint8_t{0} : bytes_[position_]; }

  template <typename T>
  T Read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (remaining() < sizeof(T)) {
      Fail();
      return value;
    }
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }

  void Skip(size_t count) {
    if (count > remaining()) {
      Fail();
    } else {
      position_ += count;
    }
  }

 private:
  void Fail() {
    failed_ = true;
    position_ = bytes_.size();
  }

  absl::Span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace spyhop

#endif  // SPYHOP_BASE_BYTES_CURSOR_H_
