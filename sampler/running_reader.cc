#include "sampler/running_reader.h"

#include <sched.h>

#include <algorithm>

namespace spyhop {
namespace {

// A read that raced is repeated so often.
constexpr int kTries = 8;
// A thread whose stack was seen to change is under suspicion for so many samples more, at most so
// many ...
constexpr int kSuspicion = 8;
constexpr int kMovingFor = 64;
// ... in which so many double copies in a row have to agree.
constexpr int kAgreements = 3;
constexpr uint64_t kMaxRandomSpin = 3 * kMicrosecond;
// Whoever moves to a CPU that others want may have to queue there, for one of their slices or more:
// after a move that took longer than this, none is made for so many times as long.
constexpr Nanos kPromptMove = 500 * kMicrosecond;
constexpr Nanos kPauseOfMoves = 4;

}  // namespace

void RunningReader::Read(const ThreadStates& states, WatchedThread& thread,
                         const Options& options) {
  if (thread.second_walker == nullptr) {
    thread.second_walker = MakeFrameWalker(layout_);
    thread.second_stack = std::make_unique<RawStack>(kMaxFrames);
    thread.earlier_stack = std::make_unique<RawStack>(kMaxFrames);
  }
  if (options.share_cpu && thread.moving > 1 && ReadFromItsCpu(thread)) {
    --thread.moving;
    return thread.Keep();
  }
  GilReader& gil = *states.interpreters()[thread.state.interpreter].gil;
  const uint8_t* copy = states.copy_of(thread.state);
  int agreed = 0;
  for (int i = 0; i < kTries; ++i) {
    if (i != 0) {
      SpinAtRandom();
      if (!CopyThreadState(thread)) break;
      copy = tstate_copy_.data();
    }
    thread.walker->Prepare(memory_, thread.state.address, copy, CopyBudget::kBounded);
    thread.second_walker->Prepare(memory_, thread.state.address, copy, CopyBudget::kBounded);
    const bool same = ReadTwice(thread, gil, options.must_lack_gil);
    if (options.must_lack_gil && gil.holder() == thread.state.address) break;
    agreed = same ? CountAgreement(thread, agreed) : 0;
    if (!same) thread.moving = std::min(thread.moving + kSuspicion, kMovingFor);
    if (agreed >= (thread.moving > 0 ? kAgreements : 1)) {
      thread.moving = std::max(thread.moving - 1, 0);
      return thread.Keep();
    }
  }
  thread.Lose(options.must_lack_gil ? SampleErrorCode::kNotSeen : SampleErrorCode::kChanged);
}

// A stack that is put together from two instants differs from a second copy of it, made right
// behind in the same call (the leaf's instruction left aside). It can be the same by chance where
// the program comes back to the same place in just that time: for a thread without the GIL, before
// and after, that is ruled out; one that was seen to move must be met in the same place more often.
bool RunningReader::ReadTwice(WatchedThread& thread, GilReader& gil, bool must_lack_gil) {
  batch_.clear();
  if (must_lack_gil) gil.AppendTo(batch_);
  const size_t first = batch_.size();
  thread.walker->AppendTo(batch_);
  thread.second_walker->AppendTo(batch_);
  if (must_lack_gil) {
    gil_after_ = gil;
    gil_after_->AppendTo(batch_);
  }
  memory_.ReadBatch(absl::MakeSpan(batch_));
  const ReadRequest* requests = batch_.data() + first;
  requests += thread.walker->Walk(memory_, requests, thread.stack);
  thread.second_walker->Walk(memory_, requests, *thread.second_stack);
  if (thread.walker->missed() || thread.second_walker->missed()) return false;
  if (must_lack_gil) {
    gil.Settle(batch_.front());
    gil_after_->Settle(batch_.back());
    if (gil.holder() == thread.state.address) return false;
    if (gil_after_->holder() == thread.state.address) return false;
  }
  return thread.stack.SameChain(*thread.second_stack) &&
         (thread.stack.whole() || thread.stack.error().code == SampleErrorCode::kTooDeep);
}

bool RunningReader::ReadFromItsCpu(WatchedThread& thread) {
  const Nanos begin = clock_.Now();
  if (begin < next_move_) return false;
  const bool read = ReadOnItsCpu(thread);
  cpu_sharing_.End();
  const Nanos end = clock_.Now();
  if (end - begin > kPromptMove) next_move_ = end + kPauseOfMoves * (end - begin);
  return read;
}

// While we run on the CPU the thread is on, it does not; and as long as its slices do not move
// (they are counted before a thread can do anything), it has not been put on another: 0 impossible
// stacks of 413,308. The order matters: slices, CPU, stack, slices.
bool RunningReader::ReadOnItsCpu(WatchedThread& thread) {
  const Nanos deadline = clock_.Now() + kPromptMove;
  for (int i = 0; i < kTries && clock_.Now() < deadline; ++i) {
    const std::optional<int> cpu = thread.probe.ReadCpu();
    if (!cpu || !cpu_sharing_.MoveTo(*cpu)) return false;
    const std::optional<SchedStat> before = thread.probe.ReadSchedStat();
    if (!before || thread.probe.ReadCpu() != sched_getcpu()) continue;
    if (!CopyThreadState(thread)) break;
    thread.walker->Prepare(memory_, thread.state.address, tstate_copy_.data(),
                           CopyBudget::kBounded);
    batch_.clear();
    thread.walker->AppendTo(batch_);
    memory_.ReadBatch(absl::MakeSpan(batch_));
    thread.walker->Walk(memory_, batch_.data(), thread.stack);
    const std::optional<SchedStat> after = thread.probe.ReadSchedStat();
    if (!after || after->slices != before->slices) continue;
    thread.sched = *after;
    return true;
  }
  return false;
}

bool RunningReader::CopyThreadState(const WatchedThread& thread) {
  tstate_copy_.resize(layout_.thread.size);
  return memory_.ReadAll(thread.state.address, tstate_copy_.data(), tstate_copy_.size());
}

// How often in a row the stack has been the same, this time included.
int RunningReader::CountAgreement(WatchedThread& thread, int agreed) {
  if (agreed > 0 && !thread.stack.SameChain(*thread.earlier_stack)) agreed = 0;
  if (thread.moving > 0) *thread.earlier_stack = thread.stack;
  return agreed + 1;
}

// So that a program which comes back to the same place at a steady pace is not met there each time.
void RunningReader::SpinAtRandom() {
  const Nanos until = clock_.Now() + static_cast<Nanos>(random_() % kMaxRandomSpin);
  while (clock_.Now() < until) {
  }
}

}  // namespace spyhop
