#include "sampler/python/thread_match.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace spyhop {
namespace {

// struct pthread of glibc is about 2.3 KiB, its tid lies within the first 1 KiB (nptl/descr.h);
// musl's whole struct is smaller (src/internal/pthread_impl.h).
constexpr size_t kPthreadBytes = 1024;

}  // namespace

std::vector<int> ThreadMatcher::Match(const std::vector<ThreadStates::ThreadEntry>& threads) {
  RefreshThreads();
  if (!tid_offset_) tid_offset_ = LearnOffset(threads);
  std::vector<int> tids;
  for (const ThreadStates::ThreadEntry& thread : threads) {
    int tid = FromPthread(thread.pthread_id);
    if (tid == 0 && thread.native_id != 0) {
      const auto found = tids_.find(static_cast<int>(thread.native_id));
      if (found != tids_.end()) tid = found->second;
    }
    tids.push_back(tid);
  }
  return tids;
}

void ThreadMatcher::RefreshThreads() {
  tids_.clear();
  absl::StatusOr<ProcessStatus> status = files_.Status();
  absl::StatusOr<std::vector<int>> tids = files_.ThreadIds();
  if (!status.ok() || !tids.ok()) return;
  const bool translate = status->namespace_ids.size() > 1;
  for (const int tid : *tids) {
    int inside = tid;
    if (translate) {
      absl::StatusOr<ProcessStatus> thread = files_.ThreadStatus(tid);
      if (!thread.ok()) continue;
      inside = thread->namespace_ids.back();
    }
    tids_[inside] = tid;
  }
}

int ThreadMatcher::FromPthread(uint64_t pthread_id) {
  if (!tid_offset_) return 0;
  const auto inside = memory_.Read<int32_t>(RemoteAddress(pthread_id).Plus(*tid_offset_));
  if (!inside) return 0;
  const auto found = tids_.find(*inside);
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
