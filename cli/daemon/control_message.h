// What is said on the control socket: one line of JSON each way, version 1.
//
//   {"v":1,"op":"snapshot","pid":12}
//   {"v":1,"ok":true,"bytes":5120}            and that many bytes follow
//   {"v":1,"ok":false,"code":"not-found","error":"..."}
//
// Both sides are here, so that they cannot differ. A request with a field that is not known is
// refused: what it asks for would not be done.
#ifndef SPYHOP_CLI_DAEMON_CONTROL_MESSAGE_H_
#define SPYHOP_CLI_DAEMON_CONTROL_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace spyhop {

// Where the daemon has it unless told otherwise.
inline constexpr const char* kDefaultControlPath = "/run/spyhop/control.sock";

inline constexpr Nanos kShortestRecord = kSecond;
inline constexpr Nanos kLongestRecord = 3600 * kSecond;
inline constexpr double kLowestHz = 0.1;
inline constexpr double kHighestHz = 1000;

enum class ControlOp : uint8_t { kStatus, kSnapshot, kRecord, kPause, kResume, kRate };

struct ControlRequest {
  ControlOp op = ControlOp::kStatus;
  std::optional<int> pid;  // kSnapshot and kRecord have one
  double hz = 0;           // of kRate
  Nanos length = 0;        // of kRecord
  // kStatus, kSnapshot: "text" or "json"; kRecord: a name of FormatNames().
  std::string format;
  size_t width = 0;  // of text: columns; 0 = as wide as need be
  bool color = false;
};

// Without the end of the line. kInvalidArgument: what is wrong with it.
absl::StatusOr<ControlRequest> ParseControlRequest(std::string_view line);
std::string FormatControlRequest(const ControlRequest& request);

// With the end of the line; `document`: the size of what follows.
std::string FormatControlReply(const absl::Status& status, std::optional<size_t> document);

struct ControlReplyHead {
  absl::Status status;               // what the daemon says
  std::optional<uint64_t> document;  // bytes that follow
};
// kDataLoss: it is no reply.
absl::StatusOr<ControlReplyHead> ParseControlReply(std::string_view line);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_CONTROL_MESSAGE_H_
