// The first bytes of an object in the target, copied in one read: enough for every field of a fixed
// size. Fields that the version lacks, or that lie beyond what could be read, are std::nullopt.
#ifndef SPYHOP_SAMPLER_PYTHON_OBJECT_HEADER_H_
#define SPYHOP_SAMPLER_PYTHON_OBJECT_HEADER_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/remote_memory.h"
#include "interp_layouts/field.h"

namespace spyhop {

class ObjectHeader {
 public:
  ObjectHeader(RemoteMemory& memory, RemoteAddress object) : object_(object) {
    if (object.MayHoldPointer()) size_ = memory.ReadSome(object, bytes_.data(), bytes_.size());
  }

  RemoteAddress object() const { return object_; }

  template <typename T>
  std::optional<T> Get(Field<T> field) const {
    if (!field.present() || field.end() > size_) return std::nullopt;
    return field.In(bytes_.data());
  }

 private:
  RemoteAddress object_;
  std::array<uint8_t, 128> bytes_;
  size_t size_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_OBJECT_HEADER_H_
