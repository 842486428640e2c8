// How many recordings and snapshots the daemon makes at a time for those who ask: so many in all,
// and so many for one of them, so that no one takes all. Thread-safe.
#ifndef SPYHOP_CLI_DAEMON_RECORD_SLOTS_H_
#define SPYHOP_CLI_DAEMON_RECORD_SLOTS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace spyhop {

class RecordSlots : public std::enable_shared_from_this<RecordSlots> {
 public:
  static constexpr size_t kMost = 32;
  static constexpr size_t kMostOfOne = 16;

  // Holds its place until the last copy has ended. Null: there is none left.
  using Slot = std::shared_ptr<const void>;
  Slot Take(const std::string& who);

 private:
  void GiveBack(const std::string& who);

  std::mutex mutex_;
  std::map<std::string, size_t> taken_;
  size_t all_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_RECORD_SLOTS_H_
