// Follows coroutines into what they await: coroutine, generator and asynchronous generator objects,
// from a task's own down to the innermost one, which awaits a future or something that is no Python
// code.
//
// What a suspended frame awaits lies on top of its evaluation stack (_PyGen_yf,
// Objects/genobject.c). All chains are followed together, level by level: two or three batched
// reads a level, however many they are. The target runs: a chain may be torn, and callers verify.
// Chains are bounded, so they may lead in a circle. Allocates: not while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_AWAIT_CHAIN_H_
#define SPYHOP_SAMPLER_PYTHON_AWAIT_CHAIN_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/asyncio_layouts.h"
#include "interp_layouts/layout.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

// Frames of one chain; and of all that are followed together.
inline constexpr size_t kMaxAwaits = 1000;
inline constexpr size_t kMaxAwaitsOfAll = 100'000;

struct AwaitChain {
  std::vector<RawFrame> frames;  // root first
  bool executing = false;  // the last of `frames` runs; what it called is on its thread's stack
  RemoteAddress awaited;  // by the last of `frames`: what is no coroutine; null: nothing, not known
  std::vector<RemoteAddress> first_locals;  // of each of `frames`
  SampleErrorCode problem = SampleErrorCode::kNone;

  friend bool operator==(const AwaitChain&, const AwaitChain&) = default;
};

class AwaitChains {
 public:
  // All must outlive this.
  AwaitChains(RemoteMemory& memory, const Layout& layout, const AsyncioLayout& asyncio);

  // One for each of `coroutines`.
  std::vector<AwaitChain> Follow(absl::Span<const RemoteAddress> coroutines);

 private:
  // What lies on the way.
  enum class Kind : uint8_t {
    kOther,
    kCoroutine,  // has a frame: coroutine, generator, asynchronous generator
    kGenerator,
    kWrapper,  // leads on to what it wraps
    kFuture,   // FutureIter: the future that it wraps is the end
  };
  // A chain while it is followed.
  struct Cursor {
    AwaitChain* chain = nullptr;
    RemoteAddress object;
    Kind kind = Kind::kOther;
    RemoteAddress frame;  // of the object, null when it has none
    RemoteAddress slot;   // where the awaited thing is; null: it awaits nothing
    RemoteAddress next;   // what the slot holds
    size_t steps = 0;
  };

  void ReadObjects();
  void EnterObject(Cursor& cursor, const uint8_t* copy, size_t size);
  void EnterFrame(Cursor& cursor, const uint8_t* frame, int8_t state);
  void ReadFrameObjects();
  void EnterFrameObject(Cursor& cursor, const uint8_t* frame);
  void CheckThatItAwaits(Cursor& cursor);
  void ReadSlots();
  void DropFinished();
  Kind KindOf(RemoteAddress type);
  RemoteAddress WithoutTag(RemoteAddress reference) const;

  RemoteMemory& memory_;
  const Layout& layout_;
  const AsyncioLayout& asyncio_;
  ObjectReader objects_;
  absl::flat_hash_map<RemoteAddress, Kind> kinds_;  // by type
  std::vector<Cursor> cursors_;
  std::vector<ReadRequest> batch_;
  std::vector<uint8_t> copies_;
  size_t frames_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_AWAIT_CHAIN_H_
