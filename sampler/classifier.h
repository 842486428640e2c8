// What a thread was doing when it was looked at: its class (docs/time-classes.md defines them) and,
// when it waits, for what.
//
// Works on what a round has read, after the target has been resumed. A thread on a CPU costs two
// hash look-ups and, every 0.1 s for each place in the program, a small read; one that has just
// gone to sleep is as dear as its wait reason (wait_reason.h). Learns where the GIL's lock lies in
// versions that do not tell (2.7, 3.6), from threads that wait for it.
#ifndef SPYHOP_SAMPLER_CLASSIFIER_H_
#define SPYHOP_SAMPLER_CLASSIFIER_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "interp_layouts/opcodes.h"
#include "sampler/attachment.h"
#include "sampler/profile/time_class.h"
#include "sampler/stopped_callers.h"
#include "sampler/wait_reason.h"

namespace spyhop {

// The reason of a wait for the GIL: "held by worker-1 at views.py:33".
std::string GilReason(std::string_view holder, std::string_view file, int line);

class Classifier {
 public:
  // Must outlive this.
  explicit Classifier(Attachment& attachment);

  // Of a thread on a CPU: kPython, kNative, kKernel; or kGil for one that was met on its way back
  // to the GIL (2.7: kKernel). `kept_running`: it has been on its CPU, at this instruction, since
  // it was last seen. Whether a thread without the GIL is in the kernel it does not say: see
  // KernelSplit.
  TimeClass OfRunning(const WatchedThread& thread, bool kept_running, Nanos now);
  // Is the leaf frame at an instruction that calls what may be a C function?
  bool IsInCall(const WatchedThread& thread, Nanos now);
  // Of a blocked one: kWait, kIdle, or kGil (then without a reason). `frames` are leaf first.
  WaitVerdict OfBlocked(const WatchedThread& thread, absl::Span<const WaitFrame> frames, Nanos now);

 private:
  struct KnownFamily {
    OpcodeFamily family;
    Nanos valid_until;
  };

  TimeClass OfOneWithoutGil(OpcodeFamily family, bool kept_running) const;
  bool WaitsForGil(const WatchedThread& thread, Nanos now);
  bool LearnGil(const WatchedThread& thread, const GilReader& gil, Nanos now);
  GilReader& GilOf(const WatchedThread& thread) const;
  OpcodeFamily FamilyOfLeaf(const WatchedThread& thread, Nanos now);

  Attachment& attachment_;
  StoppedCallers callers_;
  WaitReasons waits_;
  // By (code, instruction).
  absl::flat_hash_map<std::pair<RemoteAddress, uint64_t>, KnownFamily> families_;
  // How often a thread that wants the GIL was seen to sleep on an address.
  absl::flat_hash_map<uint64_t, int> gil_futexes_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CLASSIFIER_H_
