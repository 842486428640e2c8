// The words of `spyhop ctl`, as the request to the daemon: "rate 50 1234".
#ifndef SPYHOP_CLI_CTL_REQUEST_H_
#define SPYHOP_CLI_CTL_REQUEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/daemon/control_message.h"

namespace spyhop {

struct CtlWord {
  std::string_view name;
  ControlOp op;
  std::string_view summary;
  bool takes_pid = false;
};

// In the order of the help.
const std::vector<CtlWord>& CtlWords();

// Op, process and rate. kInvalidArgument: what is missing, or too much.
absl::StatusOr<ControlRequest> ParseCtlWords(const std::vector<std::string>& words);

}  // namespace spyhop

#endif  // SPYHOP_CLI_CTL_REQUEST_H_
