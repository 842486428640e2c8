// What has become of the profiles that were to be sent to one store, for /metrics and the log.
#ifndef SPYHOP_CLI_DAEMON_PUSH_FIGURES_H_
#define SPYHOP_CLI_DAEMON_PUSH_FIGURES_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace spyhop {

// Why a request was given up.
enum class PushDrop : uint8_t {
  kRefused,    // the store answered so that it makes no sense to ask again
  kSpoolFull,  // the oldest, to make room
  kExpired,    // not taken within `retry-for`
  kTooOld,     // Pyroscope takes nothing older than an hour
  kTooLarge,   // one stack alone is more than stores take
  kBusy,       // parts came faster than they could be written
  kEnded,      // the daemon ended before it was taken
};
inline constexpr int kPushDrops = 7;
std::string_view Name(PushDrop cause);  // "refused", "spool-full", ...

struct PushFigures {
  std::string target;       // the section's name
  uint64_t sent = 0;        // requests that were accepted
  uint64_t sent_bytes = 0;  // of them, as sent: gzip
  uint64_t retries = 0;     // requests that have to be sent again
  uint64_t splits = 0;      // profiles that were sent in several requests, being too large for one
  uint64_t rejected = 0;    // OTLP profiles of accepted requests that the store did not take
  std::array<uint64_t, kPushDrops> dropped{};  // requests (kBusy: parts), by cause
  uint64_t spool_bytes = 0;                    // waiting, now
  uint64_t spool_requests = 0;
  std::string problem;  // the last answer was a refusal, and which; empty: it was not

  uint64_t& operator[](PushDrop cause) { return dropped[static_cast<size_t>(cause)]; }
  uint64_t operator[](PushDrop cause) const { return dropped[static_cast<size_t>(cause)]; }
};

// Prometheus' text format 0.0.4, whole families, a line for each target. Empty when there is none.
std::string PushMetrics(absl::Span<const PushFigures> targets);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_FIGURES_H_
