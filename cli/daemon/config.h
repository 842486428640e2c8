// What the daemon is told to do: its configuration file, read and checked.
//
// Reading the file itself is cli/config_file.h's; the list of all keys with their ranges and
// defaults is config_keys.h's. Pure; costs microseconds.
#ifndef SPYHOP_CLI_DAEMON_CONFIG_H_
#define SPYHOP_CLI_DAEMON_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/daemon/labels.h"

namespace spyhop {

// [watch NAME]: which processes, and how. All selectors that are not empty must match.
struct WatchRule {
  std::string name;
  std::optional<int> pid;
  std::string command;    // glob over the arguments, joined by spaces
  std::string user;       // name or number
  std::string cgroup;     // glob over the path
  std::string container;  // what the id begins with
  std::string unit;       // glob
  std::string python;     // glob over the version
  double rate_hz = 20;    // 0.1 to 1,000
  bool native = false;
  bool ignore = false;                 // what matches is not watched
  Labels labels;                       // those in the file
  std::vector<std::string> label_env;  // names of environment variables
  bool label_container = false;
  bool label_otel = false;
};

// [push NAME]: where to send profiles.
struct PushTarget {
  enum class Type : uint8_t { kPyroscope, kOtlp };

  std::string name;
  Type type = Type::kPyroscope;
  std::string url;  // http:// or https://, with a host
  Labels labels;    // added to each target's own
  // As written: a value "@FILE" stands for the first line of that file, to be read by the pusher.
  std::vector<std::pair<std::string, std::string>> headers;
  Nanos interval = 60 * kSecond;
  uint64_t spool_bytes = 16 << 20;
  Nanos retry_for = 3600 * kSecond;
  Nanos timeout = 10 * kSecond;
};

struct DaemonConfig {
  double cpu_budget = 0.01;  // of one core; 0: no limit
  uint64_t memory_budget = 256 << 20;
  double stopped_budget = 0.001;            // of each target's time; 0: no limit
  std::string history = "/var/lib/spyhop";  // folder; empty: none
  uint64_t history_bytes = 1 << 30;         // of all targets together
  Nanos history_age = 24 * 3600 * kSecond;
  Nanos segment = 60 * kSecond;
  std::string control = "/run/spyhop/control.sock";  // empty: none
  std::string control_group;                         // empty: root and the daemon's user only
  std::string http;                                  // "HOST:PORT", checked; empty: none
  std::string http_token_file;                       // never empty when `http` is not loopback
  std::string snapshot_folder;                       // empty only when there is no history either
  std::vector<WatchRule> watches;                    // at least one; the first that matches wins
  std::vector<PushTarget> pushes;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_CONFIG_H_
