#include "sampler/python/thread_match.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "sampler/target/thread_probe.h"

namespace spyhop {
namespace {

// struct pthread of glibc is about 2.3 KiB, its tid lies within the first 1 KiB (nptl/descr.h);
// musl's whole struct is smaller (src/internal/pthread_impl.h).
constexpr size_t kPthreadBytes = 1024;
// From the stack pointer of a blocked thread to its innermost eval loop and beyond.
constexpr size_t kSearchedStack = 64 << 10;

// An idle thread state's cframe is its own (root_cframe), not one on a stack.
bool InsideThreadState(const ThreadStates::ThreadEntry& thread) {
  constexpr uint64_t kLargestThreadState = 4096;
  return thread.on_stack.value() - thread.address.value() < kLargestThreadState;
}

bool IsIdle(const ThreadStates::ThreadEntry& thread) {
  return thread.frame.is_null() && (thread.on_stack.is_null() || InsideThreadState(thread));
}

// To 3.11 a new thread state has its maker's ids until its own thread runs (Python/pystate.c,
// new_threadstate). A thread has but one state in an interpreter: the other one is to be matched
// later.
void DropStatesNotStarted(const std::vector<ThreadStates::ThreadEntry>& threads,
                          std::vector<int>& tids) {
  const std::vector<int> claimed = tids;
  for (size_t i = 0; i < threads.size(); ++i) {
    if (claimed[i] == 0 || !IsIdle(threads[i])) continue;
    for (size_t j = 0; j < threads.size(); ++j) {
      const bool owner = claimed[j] == claimed[i] && !IsIdle(threads[j]) &&
                         threads[j].interpreter == threads[i].interpreter;
      if (owner) tids[i] = 0;
    }
  }
}

}  // namespace

std::vector<int> ThreadMatcher::Match(const std::vector<ThreadStates::ThreadEntry>& threads) {
  RefreshThreads();
  if (!tid_offset_) tid_offset_ = LearnOffset(threads);
  std::vector<int> tids = FromPthreads(threads);
  for (size_t i = 0; i < threads.size(); ++i) {
    if (tids[i] == 0) tids[i] = SeenFromHere(static_cast<int>(threads[i].native_id));
  }
  DropStatesNotStarted(threads, tids);
  CorrectOwners(threads, tids);
  return tids;
}

// To 3.12 a subinterpreter's first thread state keeps the ids of the thread that made it, whoever
// runs it (Modules/_xxsubinterpretersmodule.c swaps it in). Its place on a C stack tells.
void ThreadMatcher::CorrectOwners(const std::vector<ThreadStates::ThreadEntry>& threads,
                                  std::vector<int>& tids) {
  for (size_t i = 0; i < threads.size(); ++i) {
    const ThreadStates::ThreadEntry& thread = threads[i];
    if (tids[i] == 0 || std::count(tids.begin(), tids.end(), tids[i]) < 2) continue;
    int owner = 0;
    if (!thread.on_stack.is_null() && !InsideThreadState(thread)) {
      owner = OwnerByStackRange(threads, thread.on_stack);
    } else if (thread.on_stack.is_null() && !thread.frame.is_null()) {
      owner = OwnerByStackContent(thread.frame, tids[i]);
    }
    if (owner != 0) tids[i] = owner;
  }
}

// A thread's stack ends below its struct pthread (nptl, allocate_stack); the main thread's lies
// above all of them.
int ThreadMatcher::OwnerByStackRange(const std::vector<ThreadStates::ThreadEntry>& threads,
                                     RemoteAddress place) {
  uint64_t nearest = UINT64_MAX;
  int owner = files_.pid();
  const std::vector<int> tids = FromPthreads(threads);
  for (size_t i = 0; i < threads.size(); ++i) {
    const uint64_t pthread = threads[i].pthread_id;
    if (pthread <= place.value() || pthread >= nearest) continue;
    if (tids[i] == 0 || tids[i] == files_.pid()) continue;
    nearest = pthread;
    owner = tids[i];
  }
  return owner;
}

// The eval loop keeps its frame in a register that the functions it calls save on the stack, twice
// or more; another thread's stack may hold the address of old, once. 0 when no stack of a blocked
// thread holds it.
int ThreadMatcher::OwnerByStackContent(RemoteAddress frame, int claimed) {
  int owner = claimed;
  auto most = CountOnStack(claimed, frame);
  for (const auto& [inside, tid] : tids_) {
    const auto count = CountOnStack(tid, frame);
    if (count > most) owner = tid;
    most = std::max(most, count);
  }
  return most == 0 ? 0 : owner;
}

ptrdiff_t ThreadMatcher::CountOnStack(int tid, RemoteAddress frame) {
  const std::optional<SyscallState> call = files_.Probe(tid).ReadSyscall();
  if (!call || call->running) return 0;
  std::vector<uint64_t> words(kSearchedStack / sizeof(uint64_t));
  const size_t got = memory_.ReadSome(call->stack_pointer.AlignedDown(sizeof(uint64_t)),
                                      words.data(), kSearchedStack);
  const auto end = words.begin() + static_cast<ptrdiff_t>(got / sizeof(uint64_t));
  return std::count(words.begin(), end, frame.value());
}

void ThreadMatcher::RefreshThreads() {
  tids_.clear();
  absl::StatusOr<std::vector<int>> tids = files_.ThreadIds();
  if (!tids.ok()) return;
  if (!in_namespace_) {
    absl::StatusOr<ProcessStatus> status = files_.Status();
    if (!status.ok()) return;
    in_namespace_ = status->namespace_ids.size() > 1;
  }
  for (const int tid : *tids) {
    int inside = tid;
    if (*in_namespace_) {
      absl::StatusOr<ProcessStatus> thread = files_.ThreadStatus(tid);
      if (!thread.ok()) continue;
      inside = thread->namespace_ids.back();
    }
    tids_[inside] = tid;
  }
}

std::vector<int> ThreadMatcher::FromPthreads(
    const std::vector<ThreadStates::ThreadEntry>& threads) {
  std::vector<int> tids(threads.size());
  if (tid_offset_) ReadIds(threads, tids);
  for (size_t i = 0; i < threads.size(); ++i) {
    if (const int known = files_.ThreadOfPthread(threads[i].pthread_id)) tids[i] = known;
  }
  return tids;
}

void ThreadMatcher::ReadIds(const std::vector<ThreadStates::ThreadEntry>& threads,
                            std::vector<int>& tids) {
  std::vector<ReadRequest> batch;
  for (size_t i = 0; i < threads.size(); ++i) {
    const RemoteAddress place = RemoteAddress(threads[i].pthread_id).Plus(*tid_offset_);
    batch.push_back({place, &tids[i], sizeof(tids[i]), 0});
  }
  memory_.ReadBatch(absl::MakeSpan(batch));
  for (size_t i = 0; i < threads.size(); ++i) {
    tids[i] = batch[i].complete() ? SeenFromHere(tids[i]) : 0;
  }
}

int ThreadMatcher::SeenFromHere(int inside) const {
  const auto found = tids_.find(inside);
  return found == tids_.end() ? 0 : found->second;
}

// The offset at which every thread's struct holds a tid of this process, no two the same.
std::optional<uint32_t> ThreadMatcher::LearnOffset(
    const std::vector<ThreadStates::ThreadEntry>& threads) {
  std::vector<std::vector<int32_t>> structs;
  absl::flat_hash_set<uint64_t> seen;
  for (const ThreadStates::ThreadEntry& thread : threads) {
    if (!seen.insert(thread.pthread_id).second) continue;
    std::vector<int32_t> words(kPthreadBytes / sizeof(int32_t));
    if (!memory_.ReadAll(RemoteAddress(thread.pthread_id), words.data(), kPthreadBytes)) continue;
    structs.push_back(std::move(words));
  }
  if (structs.empty()) return std::nullopt;
  for (size_t word = 0; word < kPthreadBytes / sizeof(int32_t); ++word) {
    absl::flat_hash_set<int> found;
    const bool fits = std::all_of(structs.begin(), structs.end(), [&](const auto& words) {
      return tids_.contains(words[word]) && found.insert(words[word]).second;
    });
    if (fits) return static_cast<uint32_t>(word * sizeof(int32_t));
  }
  return std::nullopt;
}

}  // namespace spyhop
