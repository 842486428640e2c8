// The items of a target's list, tuple, set and deque, in the order of iteration.
//
// Read some hundred at a time, so a visitor that stops early costs little, whatever length the
// object claims. A null item is visited: a list can be met half built. Nothing is checked about the
// items. A container that changes meanwhile may give items of either state.
#ifndef SPYHOP_SAMPLER_PYTHON_CONTAINER_READER_H_
#define SPYHOP_SAMPLER_PYTHON_CONTAINER_READER_H_

#include "absl/functional/function_ref.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/object_header.h"
#include "sampler/python/object_reader.h"

namespace spyhop {

// Returns false to stop.
using ElementVisitor = absl::FunctionRef<bool(RemoteAddress item)>;

class ContainerReader {
 public:
  // Both must outlive the reader.
  ContainerReader(RemoteMemory& memory, const Layout& layout)
      : memory_(memory), layout_(layout), objects_(memory, layout) {}

  // False when the items could not be read, or not all of them. The type is not checked.
  bool ForEachOfList(const ObjectHeader& list, ElementVisitor visit);
  bool ForEachOfTuple(const ObjectHeader& tuple, ElementVisitor visit);
  bool ForEachOfSet(const ObjectHeader& set, ElementVisitor visit);
  bool ForEachOfDeque(const ObjectHeader& deque, ElementVisitor visit);

 private:
  // So many pointers, at a distance of `stride` bytes.
  bool ForEachPointer(RemoteAddress first, uint64_t count, size_t stride, ElementVisitor visit);
  bool IsDummy(RemoteAddress item);

  RemoteMemory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_CONTAINER_READER_H_
