#include "cli/daemon/history.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/start_thread.h"
#include "sampler/profile/recording_block.h"
#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

constexpr size_t kMostWaiting = size_t{32} << 20;  // bytes
constexpr int kMostDropped = 64;                   // to make room for one block
constexpr auto kPruneEvery = std::chrono::seconds(5);

}  // namespace

class History::Recording {
 public:
  explicit Recording(HistoryFolder::Growing begun) : growing(std::move(begun)) {}

  HistoryFolder::Growing growing;   // the thread's
  bool cut = false;                 // idem: a block is missing, so what follows makes no sense
  std::atomic<bool> behind{false};  // idem, for there was no room for it to wait
};

absl::StatusOr<std::unique_ptr<History>> History::Open(const std::string& folder,
                                                       const Limits& limits) {
  absl::StatusOr<std::unique_ptr<HistoryFolder>> opened = HistoryFolder::Open(folder);
  if (!opened.ok()) return opened.status();
  std::unique_ptr<History> history(new History(*std::move(opened), limits));
  absl::StatusOr<std::thread> thread = StartThread([writer = history.get()] { writer->Run(); });
  if (!thread.ok()) return thread.status();
  history->thread_ = *std::move(thread);
  return history;
}

History::History(std::unique_ptr<HistoryFolder> folder, const Limits& limits)
    : folder_(std::move(folder)), bytes_(folder_->bytes()), limits_(limits) {}

History::~History() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<History::Recording> History::Begin(int pid, uint64_t start_time, absl::Time start) {
  return std::make_shared<Recording>(folder_->Begin(pid, start_time, start));
}

void History::Add(const std::shared_ptr<Recording>& recording, std::string message) {
  Push({recording, std::move(message)});
}

void History::Finish(const std::shared_ptr<Recording>& recording) { Push({recording, {}, true}); }

void History::Push(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_bytes_ + work.message.size() > kMostWaiting) {
      work.recording->behind = true;
      if (!work.last) return;
    }
    waiting_bytes_ += work.message.size();
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void History::set_limits(const Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

void History::Run() {
  Prune();
  std::unique_lock lock(mutex_);
  auto next_prune = std::chrono::steady_clock::now() + kPruneEvery;
  while (true) {
    changed_.wait_until(lock, next_prune, [this] { return closing_ || !waiting_.empty(); });
    std::deque<Work> taken = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    const bool closing = closing_;
    lock.unlock();
    for (const Work& work : taken) Do(work);
    if (closing && taken.empty()) return;
    if (std::chrono::steady_clock::now() >= next_prune) {
      Prune();
      next_prune = std::chrono::steady_clock::now() + kPruneEvery;
    }
    lock.lock();
  }
}

void History::Do(const Work& work) {
  Recording& recording = *work.recording;
  if (work.last) {
    folder_->Finish(recording.growing);
  } else if (!recording.cut) {
    Write(recording, work.message);
  }
  if (recording.behind) recording.cut = true;
  bytes_ = folder_->bytes();
}

// A disk that is full may have room when older recordings are gone.
void History::Write(Recording& recording, const std::string& message) {
  std::string bytes = PackBlock(message);
  if (!recording.growing.exists()) bytes.insert(0, recording::kMagic);
  int error = folder_->Append(recording.growing, bytes);
  const bool full = error == ENOSPC || error == EDQUOT;
  for (int i = 0; full && error != 0 && i < kMostDropped && folder_->DropOldest(); ++i) {
    error = folder_->Append(recording.growing, bytes);
  }
  recording.cut = error != 0;
  NoteResult(error);
}

void History::NoteResult(int error) {
  if (error != 0 && !failing_) {
    LogError(absl::StrCat("the history cannot be written: ", strerror(error),
                          "; sampling goes on, and each new part tries again"));
  }
  if (error == 0 && failing_) LogInfo("the history is written again");
  failing_ = error != 0;
}

// A clock that jumps ahead does not make all that is there old.
void History::Prune() {
  Limits limits;
  {
    const std::lock_guard lock(mutex_);
    limits = limits_;
  }
  const absl::Time by_monotonic = began_ + absl::Nanoseconds(clock_.Now() - began_at_);
  const absl::Time now = std::min(absl::Now(), by_monotonic);
  folder_->Prune(now - absl::Nanoseconds(limits.age), limits.bytes);
  bytes_ = folder_->bytes();
}

}  // namespace spyhop
