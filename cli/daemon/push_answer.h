// What a store's answer means for the request: taken, to be sent again, or to be given up.
#ifndef SPYHOP_CLI_DAEMON_PUSH_ANSWER_H_
#define SPYHOP_CLI_DAEMON_PUSH_ANSWER_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "cli/daemon/http_post.h"

namespace spyhop {

struct PushVerdict {
  enum class Kind : uint8_t { kTaken, kRetry, kRefused };
  Kind kind = Kind::kTaken;
  std::optional<Nanos> retry_after;  // as asked for by the store, in kShortestDelay to kLongestWait
  int64_t rejected = 0;              // profiles that it did not take (OTLP, with kTaken)
  std::string problem;               // one line, harmless; empty with kTaken
};

inline constexpr Nanos kShortestDelay = kSecond;
inline constexpr Nanos kLongestDelay = 60 * kSecond;  // that is chosen by us
inline constexpr Nanos kLongestWait = 300 * kSecond;  // that a store may ask for

// 2xx: taken. 429, 502, 503, 504, and whatever is no answer: again. All else is a refusal, a
// redirect too. `now`: for a Retry-After that is a date.
PushVerdict Judge(const absl::StatusOr<HttpAnswer>& answer, bool is_otlp, absl::Time now);

// Of the header Retry-After (RFC 9110, 10.2.3): seconds or a date.
std::optional<Nanos> ReadRetryAfter(std::string_view text, absl::Time now);

// Doubles from 1 to 2 s up to 30 to 60 s, at random in each span, so that many daemons which one
// store has refused do not come back at once.
class Backoff {
 public:
  explicit Backoff(uint64_t seed) : random_(seed) {}
  Nanos Next();
  void Reset() { failures_ = 0; }

 private:
  std::mt19937_64 random_;
  int failures_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_ANSWER_H_
