#include "cli/ctl_request.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/option_values.h"
#include "cli/suggest.h"
#include "report/escape.h"

namespace spyhop {
namespace {

absl::Status Usage(const std::string& message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<ControlOp> FindOp(const std::string& word) {
  std::vector<std::string> names;
  for (const CtlWord& each : CtlWords()) {
    if (each.name == word) return each.op;
    names.emplace_back(each.name);
  }
  return Usage(absl::StrCat("ctl has no '", EscapeForTerminal(word), "'",
                            Suggestion(word, names)));
}

absl::Status TakeRate(std::vector<std::string>& rest, ControlRequest& request) {
  if (rest.empty()) return Usage("which rate? Like: spyhop ctl rate 50");
  const absl::StatusOr<double> hz = ParseRate(rest[0]);
  if (!hz.ok()) return hz.status();
  if (*hz < kLowestHz || *hz > kHighestHz) {
    return Usage(absl::StrCat("rate '", rest[0], "': use ", kLowestHz, " to ", kHighestHz, " Hz"));
  }
  request.hz = *hz;
  rest.erase(rest.begin());
  return absl::OkStatus();
}

absl::Status TakePid(std::vector<std::string>& rest, ControlRequest& request) {
  const bool needed = request.op == ControlOp::kSnapshot || request.op == ControlOp::kRecord;
  if (rest.empty() && needed) return Usage("which process? `spyhop ctl status` lists them");
  if (rest.empty() || request.op == ControlOp::kStatus) return absl::OkStatus();
  const absl::StatusOr<int> pid = ParsePid(rest[0]);
  if (!pid.ok()) return pid.status();
  request.pid = *pid;
  rest.erase(rest.begin());
  return absl::OkStatus();
}

}  // namespace

const std::vector<CtlWord>& CtlWords() {
  static const auto& words = *new std::vector<CtlWord>{
      {"status", ControlOp::kStatus, "the processes that are watched, and what it costs"},
      {"snapshot", ControlOp::kSnapshot, "every thread's stack now", true},
      {"record", ControlOp::kRecord, "a profile of the next seconds", true},
      {"pause", ControlOp::kPause, "sample it, or all, no more", true},
      {"resume", ControlOp::kResume, "go on", true},
      {"rate", ControlOp::kRate, "another rate, until the next reload"},
  };
  return words;
}

absl::StatusOr<ControlRequest> ParseCtlWords(const std::vector<std::string>& words) {
  if (words.empty()) {
    return Usage("ask for what? One of: status snapshot record pause resume rate");
  }
  const absl::StatusOr<ControlOp> op = FindOp(words[0]);
  if (!op.ok()) return op.status();
  ControlRequest request;
  request.op = *op;
  std::vector<std::string> rest(words.begin() + 1, words.end());
  if (*op == ControlOp::kRate) {
    const absl::Status rate = TakeRate(rest, request);
    if (!rate.ok()) return rate;
  }
  const absl::Status pid = TakePid(rest, request);
  if (!pid.ok()) return pid;
  if (!rest.empty()) return Usage(absl::StrCat("unexpected '", EscapeForTerminal(rest[0]), "'"));
  return request;
}

}  // namespace spyhop
