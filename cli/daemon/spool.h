// Requests that wait to be accepted by a store, in memory, bounded by bytes.
//
// Next is the one that was tried least often, of those the oldest: a request that a store cannot
// digest does not hold up the others. When there is no room, the oldest are dropped. Used under its
// owner's lock.
#ifndef SPYHOP_CLI_DAEMON_SPOOL_H_
#define SPYHOP_CLI_DAEMON_SPOOL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/clock.h"

namespace spyhop {

struct PushRequest {
  std::string url;
  std::string content_type;
  std::string body;  // gzip
  absl::Time start;  // of the profile
  Nanos created = 0;
  int attempts = 0;  // so far

  // What it takes in memory, about.
  uint64_t bytes() const { return sizeof(*this) + url.size() + content_type.size() + body.size(); }
};

class Spool {
 public:
  explicit Spool(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // Returns how many were dropped for it; it may be one of them.
  size_t Put(PushRequest request);
  // Takes the next one out, not its bytes: either of the following must be called with it. There
  // must be one.
  PushRequest Take();
  void PutBack(PushRequest request);
  void Forget(const PushRequest& request);
  // Drops those; returns how many.
  size_t DropIf(const std::function<bool(const PushRequest&)>& drop);

  bool empty() const { return requests_.empty(); }
  // With the one taken.
  uint64_t bytes() const { return bytes_; }
  size_t size() const { return requests_.size() + taken_; }

 private:
  using Key = std::pair<int, uint64_t>;  // attempts, and a number that grows

  void DropOldest();

  const uint64_t most_bytes_;
  std::map<Key, PushRequest> requests_;
  uint64_t bytes_ = 0;
  size_t taken_ = 0;
  uint64_t number_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_SPOOL_H_
