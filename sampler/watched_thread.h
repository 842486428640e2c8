// One thread of the target as the sampler follows it from round to round.
#ifndef SPYHOP_SAMPLER_WATCHED_THREAD_H_
#define SPYHOP_SAMPLER_WATCHED_THREAD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "base/clock.h"
#include "base/sample_error.h"
#include "sampler/native_copy.h"
#include "sampler/python/frame_walker.h"
#include "sampler/python/raw_stack.h"
#include "sampler/python/thread_states.h"
#include "sampler/target/thread_probe.h"
#include "sampler/target/thread_stop.h"

namespace spyhop {

// What a round found out about a thread.
enum class Reading : uint8_t {
  kNone,    // not looked at
  kFresh,   // `stack` is of this round
  kReused,  // the thread has not run since `stack` was read
  kLost,    // no stack this time, see lost_cause
  kGone,    // the thread has ended
};

struct WatchedThread {
  WatchedThread(uint64_t unique_serial, int thread_id, ThreadProbe its_probe, const Layout& layout)
      : serial(unique_serial),
        tid(thread_id),
        probe(std::move(its_probe)),
        walker(MakeFrameWalker(layout)),
        stack(kMaxFrames) {}

  // `stack` has been read. A stop can fall between two stores that belong together; see
  // InterpFrameWalker::IsRoot.
  void Keep() {
    const bool torn = stack.error().code == SampleErrorCode::kIncompleteFrame;
    reading = torn ? Reading::kLost : Reading::kFresh;
    lost_cause = stack.error().code;
    unrecorded = !torn;
  }
  // `native` has its registers, as of a stop.
  bool has_registers() const { return was_stopped || call.was_running; }
  void Lose(SampleErrorCode cause) {
    reading = Reading::kLost;
    lost_cause = cause;
  }

  const uint64_t serial;  // tids and addresses are used again, this is not
  const int tid;
  ThreadStates::ThreadEntry state;
  ThreadProbe probe;
  std::unique_ptr<FrameWalker> walker;
  RawStack stack;
  // For reading twice without a stop; made when first needed.
  std::unique_ptr<FrameWalker> second_walker;
  std::unique_ptr<RawStack> second_stack;
  std::unique_ptr<RawStack> earlier_stack;
  // Samples for which it is still held to move fast; it takes a strict read to come from 1 to 0.
  int moving = 1;

  // `stack` has been read and not been put to use: a round can be read twice.
  bool unrecorded = false;
  bool contended = true;  // it queued for a CPU of late
  // Until then it is not to be stopped: others want its CPU. See StackReader::NoteCrowd.
  Nanos crowded_until = 0;
  Nanos last_stop = 0;  // the round of it
  std::optional<Nanos> queue_noted;

  // Of this round.
  Reading reading = Reading::kNone;
  SampleErrorCode lost_cause = SampleErrorCode::kNone;
  SchedStat sched;
  Nanos sched_read = 0;  // when, where it is not read each round
  Nanos held = 0;        // stopped by us
  bool was_stopped = false;
  Nanos stop_queued = 0;  // for how long it queued before it reached our stop
  bool blocked = false;
  bool holds_gil = false;
  bool held_gil = false;      // when the round's look was
  bool gil_was_free = false;  // then, too: it is handed over, perhaps to who has no CPU yet
  bool collects_garbage = false;
  SyscallState call;  // what it is blocked in
  // Of its last stop; of it as it is blocked, when native stacks are asked for.
  std::unique_ptr<NativeCopy> native;
  bool has_native = false;  // `native` is of the same moment as `stack`

  // Blocked when `stack` was read: it holds as long as `sched.slices` does not move.
  bool settled = false;
  uint64_t settled_slices = 0;
};

using WatchedThreads = absl::Span<WatchedThread* const>;

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_WATCHED_THREAD_H_
