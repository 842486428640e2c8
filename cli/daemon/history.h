// Keeps what was sampled on disk, as recordings that `spyhop report` reads, bounded by bytes and
// age; see history_folder.h for the names.
//
// Whoever samples hands over finished blocks; one thread packs and writes them (some 30 us each),
// so a slow disk holds up nobody: what waits is bounded, and a recording that has lost a block ends
// there. A recording is whole after each block, so a killed daemon loses what is younger than
// kBlockSpan. Of a full disk is told once; the oldest recordings make room, and the next part tries
// again. Nothing is synced: after a loss of power the last half minute may be missing.
#ifndef SPYHOP_CLI_DAEMON_HISTORY_H_
#define SPYHOP_CLI_DAEMON_HISTORY_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "cli/daemon/history_folder.h"

namespace spyhop {

class History {
 public:
  static constexpr Nanos kBlockSpan = 4 * kSecond;

  struct Limits {
    uint64_t bytes = 0;
    Nanos age = 0;
  };

  static absl::StatusOr<std::unique_ptr<History>> Open(const std::string& folder,
                                                       const Limits& limits);
  // Writes what waits.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // One part of one target.
  class Recording;
  std::shared_ptr<Recording> Begin(int pid, uint64_t start_time, absl::Time start);
  // One of RecordingStream's messages. Never waits.
  void Add(const std::shared_ptr<Recording>& recording, std::string message);
  void Finish(const std::shared_ptr<Recording>& recording);

  void set_limits(const Limits& limits);
  uint64_t bytes() const { return bytes_; }

 private:
  struct Work {
    std::shared_ptr<Recording> recording;
    std::string message;
    bool last = false;
  };

  History(std::unique_ptr<HistoryFolder> folder, const Limits& limits);
  void Push(Work work);
  void Run();
  void Do(const Work& work);
  void Write(Recording& recording, const std::string& message);
  void NoteResult(int error);
  void Prune();

  const std::unique_ptr<HistoryFolder> folder_;  // the thread's
  bool failing_ = false;                         // idem
  MonotonicClock clock_;
  const absl::Time began_ = absl::Now();
  const Nanos began_at_ = clock_.Now();
  std::atomic<uint64_t> bytes_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  Limits limits_;
  std::deque<Work> waiting_;
  size_t waiting_bytes_ = 0;
  bool closing_ = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HISTORY_H_
