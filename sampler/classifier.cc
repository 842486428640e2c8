#include "sampler/classifier.h"

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/python/instruction_reader.h"
#include "sampler/stopped_class.h"
#include "sampler/target/syscall_names.h"

namespace spyhop {
namespace {

// See FamilyAt: the interpreter may specialise an instruction.
constexpr Nanos kFamilyLife = 100 * kMillisecond;
constexpr size_t kMaxFamilies = 100'000;
constexpr int kSeenToBeGil = 2;
constexpr size_t kMaxGilFutexes = 1000;

}  // namespace

std::string GilReason(std::string_view holder, std::string_view file, int line) {
  return absl::StrCat("held by ", AbslView(holder), " at ",
                      AbslView(file.substr(file.rfind('/') + 1)), ":", line);
}

Classifier::Classifier(Attachment& attachment)
    : attachment_(attachment),
      callers_(attachment.unwinder(), attachment.places()),
      waits_(attachment.files().live_pid(), attachment.memory()) {}

GilReader& Classifier::GilOf(const WatchedThread& thread) const {
  return *attachment_.states().interpreters()[thread.state.interpreter].gil;
}

TimeClass Classifier::OfRunning(const WatchedThread& thread, bool kept_running, Nanos now) {
  if (thread.has_registers() && thread.native->where().in_kernel) return TimeClass::kKernel;
  const OpcodeFamily family = FamilyOfLeaf(thread, now);
  if (thread.has_registers()) {
    return ClassOfStopped(*thread.native, family, thread.collects_garbage, attachment_.places(),
                          callers_, now);
  }
  if (!thread.holds_gil && GilOf(thread).enabled()) return OfOneWithoutGil(family, kept_running);
  return IsInCall(thread, now) ? TimeClass::kNative : TimeClass::kPython;
}

bool Classifier::IsInCall(const WatchedThread& thread, Nanos now) {
  const OpcodeFamily family = FamilyOfLeaf(thread, now);
  return family == OpcodeFamily::kCall || family == OpcodeFamily::kCallNative;
}

// It runs what an instruction has called (numpy's operators let go of the GIL, too), or has woken
// up for an instant to ask for the GIL again, as those who wait do every 5 ms (take_gil). In 2.7
// those who fight for it do nothing else: every hundred instructions, in futex(2)
// (Python/ceval.c, _Py_CheckInterval).
TimeClass Classifier::OfOneWithoutGil(OpcodeFamily family, bool kept_running) const {
  const bool tells = HandsOverAtBreakers(attachment_.interpreter().layout.features.opcodes);
  const bool asks = tells ? family == OpcodeFamily::kEvalBreaker
                          : family == OpcodeFamily::kOther && !kept_running;
  if (!asks) return TimeClass::kNative;
  return attachment_.interpreter().version.major < 3 ? TimeClass::kKernel : TimeClass::kGil;
}

WaitVerdict Classifier::OfBlocked(const WatchedThread& thread, absl::Span<const WaitFrame> frames,
                                  Nanos now) {
  if (WaitsForGil(thread, now)) return {TimeClass::kGil, ""};
  return waits_.Tell(thread.call, frames, thread.tid == attachment_.pid(), now);
}

bool Classifier::WaitsForGil(const WatchedThread& thread, Nanos now) {
  if (thread.call.number != kFutexCall) return false;
  GilReader& gil = GilOf(thread);
  if (!gil.enabled()) return false;
  const std::optional<bool> known = gil.IsLock(RemoteAddress(thread.call.arguments[0]));
  return known ? *known : LearnGil(thread, gil, now);
}

// Stripped builds of 2.7 and 3.6 have no name for the lock. But a thread
// that sleeps on a futex in the middle of an instruction that calls nothing can only want the GIL,
// which the eval loop lets go of between instructions (Python/ceval.c).
bool Classifier::LearnGil(const WatchedThread& thread, const GilReader& gil, Nanos now) {
  const uint64_t address = thread.call.arguments[0];
  const bool held = !gil.holder().is_null() && !thread.holds_gil;
  const bool calls = IsInCall(thread, now);
  if (!calls && held && gil_futexes_.size() < kMaxGilFutexes) ++gil_futexes_[address];
  const auto found = gil_futexes_.find(address);
  return !calls || (found != gil_futexes_.end() && found->second >= kSeenToBeGil);
}

OpcodeFamily Classifier::FamilyOfLeaf(const WatchedThread& thread, Nanos now) {
  if (thread.stack.frames().empty()) return OpcodeFamily::kCall;
  const RawFrame& leaf = thread.stack.frames().front();
  if (leaf.code.is_null()) return OpcodeFamily::kOther;
  if (families_.size() > kMaxFamilies) families_.clear();
  KnownFamily& known = families_[{leaf.code, leaf.instruction}];
  if (now >= known.valid_until) {
    known.family = FamilyAt(attachment_.memory(), attachment_.interpreter().layout, leaf)
                       .value_or(OpcodeFamily::kOther);
    known.valid_until = now + kFamilyLife;
  }
  return known.family;
}

}  // namespace spyhop
