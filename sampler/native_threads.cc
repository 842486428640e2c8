#include "sampler/native_threads.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr Nanos kSeekEvery = kSecond;
constexpr Nanos kLookEvery = 100 * kMillisecond;
constexpr size_t kMaxThreads = 256;

}  // namespace

NativeThreads::NativeThreads(const TargetFiles& files, RemoteMemory& memory, Profile& profile,
                             uint32_t target)
    : files_(files), profile_(profile), target_(target), waits_(files.live_pid(), memory) {}

void NativeThreads::Look(Nanos now, WatchedThreads python) {
  if (now < next_look_) return;
  next_look_ = now + kLookEvery;
  if (now >= next_seek_) Seek(now, python);
  // It runs Python now and is the sampler's.
  for (const WatchedThread* thread : python) Drop(thread->tid);
  absl::erase_if(threads_, [&](const auto& entry) {
    if (LookAt(*entry.second, now)) return false;
    entry.second->split.Settle(profile_);
    return true;
  });
}

void NativeThreads::Drop(int tid) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  found->second->split.Settle(profile_);
  threads_.erase(found);
}

void NativeThreads::Seek(Nanos now, WatchedThreads python) {
  next_seek_ = now + kSeekEvery;
  const absl::StatusOr<std::vector<int>> tids = files_.ThreadIds();
  if (!tids.ok()) return;
  absl::flat_hash_set<int> known_tids;
  for (const WatchedThread* thread : python) known_tids.insert(thread->tid);
  for (auto& [tid, thread] : threads_) thread->seen = false;
  absl::flat_hash_set<int> candidates;
  const bool first = !std::exchange(sought_, true);
  for (const int tid : *tids) {
    if (known_tids.contains(tid)) continue;
    const auto known = threads_.find(tid);
    if (known != threads_.end()) {
      known->second->seen = true;
    } else if ((first || candidates_.contains(tid)) && threads_.size() < kMaxThreads) {
      Add(tid, now);
    }
    candidates.insert(tid);
  }
  candidates_ = std::move(candidates);
  absl::erase_if(threads_, [&](const auto& entry) {
    if (!entry.second->seen) entry.second->split.Settle(profile_);
    return !entry.second->seen;
  });
}

void NativeThreads::Add(int tid, Nanos now) {
  auto thread = std::make_unique<NativeThread>(files_.Probe(tid));
  const std::optional<SchedStat> sched = thread->probe.ReadSchedStat();
  const std::optional<CpuTicks> ticks = thread->probe.ReadTicks();
  if (!sched || !ticks) return;
  ThreadInfo info;
  info.target = target_;
  info.tid = tid;
  info.name = files_.ThreadName(tid);
  info.python = false;
  const std::string line = absl::StrCat("<native thread ", info.name, ">");
  const Frame frame{StringId{}, profile_.strings().Intern(line), 0, FrameKind::kNative};
  thread->stack = profile_.stacks().Push(kNoStack, profile_.frames().Intern(frame));
  thread->index = profile_.AddThread(std::move(info));
  thread->sched = *sched;
  thread->last_look = now;
  thread->split.Open(*ticks);
  threads_[tid] = std::move(thread);
}

bool NativeThreads::LookAt(NativeThread& thread, Nanos now) {
  const std::optional<SyscallState> call = thread.probe.ReadSyscall();
  const std::optional<SchedStat> sched = thread.probe.ReadSchedStat();
  if (!sched) return false;
  const bool running = !call || call->running;
  const Nanos queued = sched->run_queue - thread.sched.run_queue;
  const Nanos cpu = sched->on_cpu - thread.sched.on_cpu;
  const Nanos last_look = std::exchange(thread.last_look, now);
  const Nanos blocked = now - last_look - queued - cpu;
  thread.sched = *sched;
  Sample sample;
  sample.thread = thread.index;
  sample.stack = thread.stack;
  sample.count = running ? 1 : 0;
  sample.time_class = TimeClass::kNative;
  // Its CPU time may lag by a tick, which is made up for at the next look.
  sample.weight = running ? std::max(cpu + blocked, Nanos{0}) : cpu;
  sample.end = last_look + sample.weight;
  sample.cpu = cpu;
  if (running || cpu > 0) {
    profile_.Add(sample);
    thread.split.Note(sample, thread.probe.ReadTicks(), KernelSplit::Known::kNothing);
  }
  sample.cpu = 0;
  sample.count = 0;
  sample.time_class = TimeClass::kRunQueue;
  sample.weight = queued;
  sample.end += queued;
  if (queued > 0) profile_.Add(sample);
  if (running) return true;
  const WaitVerdict verdict = waits_.Tell(*call, {}, false, now);
  sample.count = 1;
  sample.time_class = verdict.time_class;
  sample.wait_reason = profile_.strings().Intern(verdict.reason);
  sample.weight = std::max(blocked, Nanos{0});
  sample.end = now;
  profile_.Add(sample);
  return true;
}

void NativeThreads::Rest(Nanos now) {
  for (auto& [tid, thread] : threads_) {
    LookAt(*thread, now);
    thread->split.Settle(profile_);
  }
}

void NativeThreads::Begin(Nanos now) {
  for (auto& [tid, thread] : threads_) {
    thread->last_look = now;
    thread->sched = thread->probe.ReadSchedStat().value_or(thread->sched);
    thread->split.Open(thread->probe.ReadTicks().value_or(CpuTicks()));
  }
}

}  // namespace spyhop
