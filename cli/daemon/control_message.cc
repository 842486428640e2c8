#include "cli/daemon/control_message.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/json_reader.h"
#include "report/json_writer.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr double kVersion = 1;

struct OpName {
  std::string_view name;
  ControlOp op;
};
constexpr std::array<OpName, 6> kOps = {{{"status", ControlOp::kStatus},
                                         {"snapshot", ControlOp::kSnapshot},
                                         {"record", ControlOp::kRecord},
                                         {"pause", ControlOp::kPause},
                                         {"resume", ControlOp::kResume},
                                         {"rate", ControlOp::kRate}}};

struct CodeName {
  std::string_view name;
  absl::StatusCode code;
};
constexpr std::array<CodeName, 9> kCodes = {{
    {"bad-request", absl::StatusCode::kInvalidArgument},
    {"not-found", absl::StatusCode::kNotFound},
    {"not-permitted", absl::StatusCode::kPermissionDenied},
    {"nothing-sampled", absl::StatusCode::kResourceExhausted},
    {"not-python", absl::StatusCode::kFailedPrecondition},
    {"unsupported", absl::StatusCode::kUnimplemented},
    {"busy", absl::StatusCode::kUnavailable},
    {"too-slow", absl::StatusCode::kDeadlineExceeded},
    {"failed", absl::StatusCode::kInternal},
}};

std::string_view NameOf(absl::StatusCode code) {
  for (const CodeName& each : kCodes) {
    if (each.code == code) return each.name;
  }
  return "failed";
}

absl::StatusCode CodeOf(std::string_view name) {
  for (const CodeName& each : kCodes) {
    if (each.name == name) return each.code;
  }
  return absl::StatusCode::kInternal;
}

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

// Takes a message's fields one after the other, and keeps the first error.
class Fields {
 public:
  explicit Fields(FlatJson fields) : fields_(std::move(fields)) {}

  // Empty: it is not there, or of another kind, which is an error.
  template <typename T>
  std::optional<T> Take(std::string_view name) {
    const auto found = fields_.find(name);
    if (found == fields_.end()) return std::nullopt;
    const JsonScalar value = std::move(found->second);
    fields_.erase(found);
    if (const T* typed = std::get_if<T>(&value)) return *typed;
    Fail(absl::StrCat("'", std::string(name), "' is of the wrong kind"));
    return std::nullopt;
  }
  std::optional<double> TakeNumber(std::string_view name, double least, double most) {
    const std::optional<double> number = Take<double>(name);
    if (!number || (*number >= least && *number <= most)) return number;
    Fail(absl::StrCat("'", std::string(name), "' is out of range; it may be ", least, " to ", most));
    return std::nullopt;
  }
  std::optional<double> TakeWhole(std::string_view name, double least, double most) {
    const std::optional<double> number = TakeNumber(name, least, most);
    if (!number || std::floor(*number) == *number) return number;
    Fail(absl::StrCat("'", std::string(name), "' has to be a whole number"));
    return std::nullopt;
  }
  void Fail(std::string_view what) { status_.Update(Wrong(what)); }
  absl::Status Finish() {
    if (status_.ok() && !fields_.empty()) {
      Fail(absl::StrCat("this request takes no '", EscapeForTerminal(fields_.begin()->first), "'"));
    }
    return status_;
  }

 private:
  FlatJson fields_;
  absl::Status status_;
};

std::optional<ControlOp> TakeOp(Fields& fields) {
  const std::optional<std::string> name = fields.Take<std::string>("op");
  for (const OpName& each : kOps) {
    if (name && *name == each.name) return each.op;
  }
  fields.Fail("'op' has to be one of: status snapshot record pause resume rate");
  return std::nullopt;
}

void TakePid(Fields& fields, ControlRequest& request) {
  const std::optional<double> pid = fields.TakeWhole("pid", 1, std::numeric_limits<int>::max());
  if (pid) request.pid = static_cast<int>(*pid);
}

void NeedPid(Fields& fields, const ControlRequest& request) {
  if (!request.pid) fields.Fail("'pid' is missing: which process?");
}

void TakeText(Fields& fields, ControlRequest& request) {
  request.format = fields.Take<std::string>("format").value_or("text");
  if (request.format != "text" && request.format != "json") {
    fields.Fail("'format' has to be one of: text json");
  }
  request.width = static_cast<size_t>(fields.TakeWhole("width", 0, 10'000).value_or(0));
  request.color = fields.Take<bool>("color").value_or(false);
}

void TakeRecord(Fields& fields, ControlRequest& request) {
  const std::optional<double> seconds =
      fields.TakeNumber("seconds", static_cast<double>(kShortestRecord) / kSecond,
                        static_cast<double>(kLongestRecord) / kSecond);
  if (seconds) {
    request.length = static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
  } else {
    fields.Fail("'seconds' is missing: how long?");
  }
  request.format = fields.Take<std::string>("format").value_or("recording");
  const auto format = FindFormat(request.format);
  if (!format.ok()) fields.Fail(std::string(format.status().message()));
}

void TakeArguments(Fields& fields, ControlRequest& request) {
  switch (request.op) {
    case ControlOp::kStatus:
      return TakeText(fields, request);
    case ControlOp::kSnapshot:
      NeedPid(fields, request);
      return TakeText(fields, request);
    case ControlOp::kRecord:
      NeedPid(fields, request);
      return TakeRecord(fields, request);
    case ControlOp::kPause:
    case ControlOp::kResume:
      return;
    case ControlOp::kRate:
      const std::optional<double> hz = fields.TakeNumber("hz", kLowestHz, kHighestHz);
      if (!hz) fields.Fail("'hz' is missing: which rate?");
      request.hz = hz.value_or(0);
  }
}

}  // namespace

absl::StatusOr<ControlRequest> ParseControlRequest(std::string_view line) {
  absl::StatusOr<FlatJson> object = ReadFlatJson(line);
  if (!object.ok()) return object.status();
  Fields fields(*std::move(object));
  const std::optional<double> version = fields.Take<double>("v");
  if (version != kVersion) return Wrong("'v' has to be 1: the version of these messages");
  ControlRequest request;
  const std::optional<ControlOp> op = TakeOp(fields);
  if (op) {
    request.op = *op;
    if (*op != ControlOp::kStatus) TakePid(fields, request);
    TakeArguments(fields, request);
  }
  const absl::Status status = fields.Finish();
  if (!status.ok()) return status;
  return request;
}

std::string FormatControlRequest(const ControlRequest& request) {
  StringSink sink;
  {
    JsonWriter json(sink);
    json.BeginObject().Field("v", static_cast<int>(kVersion));
    json.Field("op", kOps[static_cast<size_t>(request.op)].name);
    if (request.pid) json.Field("pid", *request.pid);
    if (request.op == ControlOp::kRate) json.Field("hz", request.hz);
    if (request.op == ControlOp::kRecord) json.Seconds("seconds", request.length);
    if (!request.format.empty()) json.Field("format", std::string_view(request.format));
    if (request.width != 0) json.Field("width", request.width);
    if (request.color) json.Field("color", true);
    json.EndObject().Newline();
  }
  return sink.text();
}

std::string FormatControlReply(const absl::Status& status, std::optional<size_t> document) {
  StringSink sink;
  {
    JsonWriter json(sink);
    json.BeginObject().Field("v", static_cast<int>(kVersion)).Field("ok", status.ok());
    if (!status.ok()) {
      // Whoever reads a reply is as careful as we are: what is longer would be refused.
      constexpr size_t kMostText = 500;
      json.Field("code", NameOf(status.code()));
      json.Field("error", Utf8Prefix(std::string(status.message()), kMostText));
    } else if (document) {
      json.Field("bytes", *document);
    }
    json.EndObject().Newline();
  }
  return sink.text();
}

absl::StatusOr<ControlReplyHead> ParseControlReply(std::string_view line) {
  absl::StatusOr<FlatJson> object = ReadFlatJson(line);
  if (!object.ok()) return absl::DataLossError(object.status().message());
  Fields fields(*std::move(object));
  const std::optional<double> version = fields.Take<double>("v");
  const std::optional<bool> ok = fields.Take<bool>("ok");
  const std::string code = fields.Take<std::string>("code").value_or("failed");
  const std::string error = fields.Take<std::string>("error").value_or("it does not say why");
  constexpr double kMostDocument = 1e12;
  const std::optional<double> bytes = fields.TakeWhole("bytes", 0, kMostDocument);
  if (version != kVersion || !ok) return absl::DataLossError("not a reply of version 1");
  ControlReplyHead head;
  if (!*ok) head.status = absl::Status(CodeOf(code), error);
  if (*ok && bytes) head.document = static_cast<uint64_t>(*bytes);
  return head;
}

}  // namespace spyhop
