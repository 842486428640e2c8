// The local variables of a thread's frames, as text.
//
// Read after the stacks, while the target runs; nothing is stopped for it. What is told was there
// together with the stack: a variable that holds something else after its value was read is told
// to have changed, and so are all of a frame that has moved on. Where the thread has not run since
// its stack was read (its count of slices tells), no frame can have. Objects that other threads
// share may change while they are read, as under a debugger that stops one thread only.
// A snapshot's locals take at most two seconds and 128 MiB of reads; what is left then is told not
// to have been read.
#ifndef SPYHOP_SAMPLER_LOCALS_READER_H_
#define SPYHOP_SAMPLER_LOCALS_READER_H_

#include <string>
#include <vector>

#include "base/clock.h"
#include "sampler/profile/snapshot.h"
#include "sampler/python/bounded_memory.h"
#include "sampler/python/frame_locals.h"
#include "sampler/python/name_mask.h"
#include "sampler/python/value_repr.h"
#include "sampler/sampler.h"
#include "sampler/watched_thread.h"

namespace spyhop {

inline constexpr char kNotRead[] = "<not read>";

class LocalsReader {
 public:
  // `memory` and `layout` must outlive this. The time runs from here on.
  LocalsReader(RemoteMemory& memory, const Layout& layout, const LocalsOptions& options);

  // Of each frame of the thread's stack, in its order.
  std::vector<SnapshotLocals> Read(WatchedThread& thread);

 private:
  SnapshotLocals ReadFrame(const RawFrame& frame, const WatchedThread& thread);
  // `rests`: the thread was not running when its stack was read.
  void FindChanged(const std::vector<LocalVariable>& variables, bool rests,
                   std::vector<SnapshotLocal>& told);
  ValueRepr::Result Value(const LocalVariable& variable);

  BoundedMemory memory_;
  const NameMask mask_;
  FrameLocals frames_;
  ValueRepr repr_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_LOCALS_READER_H_
