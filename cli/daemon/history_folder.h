// The recordings of all targets below one folder, the oldest let go of:
//
//   FOLDER/PID-START_TIME/20261122T184503.123Z.spyhop
//
// Keeps the list of them in memory, made at the start from what is there. Symbolic links in the
// folder are never followed, and what does not have such a name is never touched. Errors are
// errnos. Used by one thread.
#ifndef SPYHOP_CLI_DAEMON_HISTORY_FOLDER_H_
#define SPYHOP_CLI_DAEMON_HISTORY_FOLDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/scoped_fd.h"

namespace spyhop {

class HistoryFolder {
 public:
  // Makes it if need be (0750) and removes temporary files that a killed daemon has left.
  static absl::StatusOr<std::unique_ptr<HistoryFolder>> Open(const std::string& path);

  // A recording that grows. Its file is made with its first bytes (0640).
  class Growing {
   public:
    bool exists() const { return fd_.valid(); }

   private:
    friend class HistoryFolder;
    absl::Time start_;
    std::string target_;
    std::string name_;  // within the folder
    ScopedFd fd_;
    uint64_t size_ = 0;
  };

  Growing Begin(int pid, uint64_t start_time, absl::Time start) const;
  // Whole or not at all; 0 or the errno.
  int Append(Growing& recording, std::string_view bytes);
  void Finish(Growing& recording);

  // Lets go of the oldest ones that do not grow: all from before `oldest`, and what is over `most`
  // bytes.
  void Prune(absl::Time oldest, uint64_t most);
  // Lets go of the oldest one. False: there is none that does not grow.
  bool DropOldest();
  uint64_t bytes() const { return bytes_; }

 private:
  struct Kept {
    absl::Time start;
    uint64_t bytes = 0;
    bool grows = false;
  };

  explicit HistoryFolder(ScopedFd folder) : folder_(std::move(folder)) {}
  void ReadAll();
  void ReadTarget(const std::string& target);
  int Create(Growing& recording);
  std::map<std::string, Kept>::iterator Remove(std::map<std::string, Kept>::iterator kept);

  const ScopedFd folder_;
  std::map<std::string, Kept> kept_;  // by name
  uint64_t bytes_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HISTORY_FOLDER_H_
