#include "cli/daemon/http_protocol.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "cli/daemon/fleet_status.h"
#include "cli/daemon/live_page.h"
#include "report/escape.h"
#include "report/pprof.h"

namespace spyhop {
namespace {

constexpr absl::Duration kKeepPages = absl::Seconds(4);
constexpr size_t kMostKeptPages = 8;
constexpr double kDefaultSeconds = 30;  // as Go's net/http/pprof
constexpr double kMostSeconds = 600;

int StatusCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kFailedPrecondition:
      return 503;
    default:
      return 500;
  }
}

HttpReply ErrorReply(const absl::Status& status) {
  // Line by line: a list has several.
  std::string text;
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", EscapeForTerminal(std::string(line)));
  }
  return TextReply(StatusCodeOf(status), text);
}

std::string Fixed(int status, std::string_view text) {
  return FormatHttpReply(TextReply(status, text), true);
}

HttpReply PprofReply(const absl::StatusOr<FleetPart>& part) {
  if (!part.ok()) return ErrorReply(part.status());
  if (part->profile->figures().samples == 0) {
    return ErrorReply(absl::ResourceExhaustedError(
        absl::StrCat("nothing was sampled of process ", part->target.info.pid,
                     part->target.paused ? ": it is paused" : " in that time")));
  }
  StringSink sink;
  WritePprof(*part->profile, {}, sink);
  HttpReply reply;
  // gzip is the format's own, not a transfer's: as net/http/pprof sends it.
  reply.type = "application/octet-stream";
  reply.body = sink.text();
  reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"profile\"");
  return reply;
}

// The process asked for; without one, the only one that there is.
absl::StatusOr<int> PidOf(const HttpRequest& request, const std::vector<FleetTarget>& targets) {
  const auto given = request.query.find("pid");
  if (given != request.query.end()) {
    int pid = 0;
    if (absl::SimpleAtoi(given->second, &pid) && pid > 0) return pid;
    return absl::InvalidArgumentError("pid= has to be the number of a process");
  }
  if (targets.size() == 1) return targets[0].info.pid;
  if (targets.empty()) return absl::NotFoundError("no process is watched");
  std::string message = "which process? Add pid= with one of:";
  for (size_t i = 0; i < std::min(targets.size(), kMostLiveTargets); ++i) {
    const TargetInfo& info = targets[i].info;
    absl::StrAppend(&message, "\n  ", info.pid, "  ",
                    info.command.empty() ? "" : EscapeForTerminal(info.command.back()));
  }
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<Nanos> LengthOf(const HttpRequest& request) {
  const auto given = request.query.find("seconds");
  double seconds = kDefaultSeconds;
  if (given != request.query.end() &&
      !(absl::SimpleAtod(given->second, &seconds) && seconds >= 1 && seconds <= kMostSeconds)) {
    return absl::InvalidArgumentError(absl::StrCat("seconds= has to be 1 to ", kMostSeconds));
  }
  return static_cast<Nanos>(seconds * static_cast<double>(kSecond));
}

}  // namespace

HttpProtocol::HttpProtocol(Fleet& fleet, HttpPolicy policy, HttpSources sources,
                           std::shared_ptr<AnswerThread> thread, std::shared_ptr<RecordSlots> slots)
    : fleet_(fleet),
      policy_(std::move(policy)),
      sources_(std::move(sources)),
      thread_(std::move(thread)),
      slots_(std::move(slots)) {}

std::optional<std::string> HttpProtocol::Admit(int, std::string&) { return "http"; }

bool HttpProtocol::IsWhole(std::string_view received, size_t looked_at) const {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const size_t from = looked_at < kEnd.size() ? 0 : looked_at - kEnd.size() + 1;
  return received.find(kEnd, from) != received.npos;
}

void HttpProtocol::Answer(const std::string& bytes, const std::string&, Done done) {
  thread_->Post([this, bytes, done = std::move(done)] {
    const absl::StatusOr<HttpRequest> request = ParseHttpRequest(bytes);
    if (!request.ok()) return done(FormatHttpReply(ErrorReply(request.status()), true));
    const bool with_body = request->method != "HEAD";
    std::optional<HttpReply> refusal = RefuseHttp(*request, policy_);
    if (refusal) return done(FormatHttpReply(*refusal, with_body));
    Route(*request, [done, with_body](const HttpReply& reply) {
      done(FormatHttpReply(reply, with_body));
    });
  });
}

void HttpProtocol::Route(const HttpRequest& request, const DoneReply& done) {
  const std::string& path = request.path;
  if (path == "/") return done(Keep(path, [this] { return Live(); }));
  if (path == "/style.css") return done(LiveStyle());
  if (path == "/profile") return done(ProfileOf(request));
  if (path == "/healthz") return done(Health());
  if (path == "/metrics") return done(Metrics());
  if (path == "/debug/pprof" || path == "/debug/pprof/") return done(PprofIndex(fleet_.Targets()));
  if (path == "/debug/pprof/profile") return RecordPprof(request, done);
  done(TextReply(404, "there are: / /profile /metrics /healthz /debug/pprof/ /debug/pprof/profile"));
}

HttpReply HttpProtocol::Keep(const std::string& page, const std::function<HttpReply()>& make) {
  const absl::Time now = absl::Now();
  std::erase_if(kept_, [now](const auto& each) { return now - each.second.made > kKeepPages; });
  const auto found = kept_.find(page);
  if (found != kept_.end()) return found->second.reply;
  HttpReply reply = make();
  if (kept_.size() < kMostKeptPages) kept_[page] = {absl::Now(), reply};
  return reply;
}

HttpReply HttpProtocol::Health() const {
  absl::Status status = sources_.health ? sources_.health() : absl::OkStatus();
  const std::vector<FleetTarget> targets = fleet_.Targets();
  const auto fails = [](const FleetTarget& target) { return !target.problem.ok(); };
  if (status.ok() && !targets.empty() && std::all_of(targets.begin(), targets.end(), fails)) {
    status = absl::UnavailableError(absl::StrCat("none of the processes can be sampled; the first: ",
                                                 StateText(targets.front())));
  }
  if (status.ok()) return TextReply(200, "ok");
  return TextReply(503, EscapeForTerminal(std::string(status.message())));
}

HttpReply HttpProtocol::Metrics() const {
  HttpReply reply;
  reply.type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = MetricsText(fleet_.Figures(), fleet_.Targets(),
                           sources_.servers ? sources_.servers() : std::vector<ServerFigures>());
  if (sources_.more_metrics) reply.body += sources_.more_metrics();
  return reply;
}

HttpReply HttpProtocol::Live() const {
  const FleetState state{fleet_.Figures(), fleet_.Targets(), absl::Now()};
  std::vector<LiveTarget> targets;
  for (size_t i = 0; i < std::min(state.targets.size(), kMostLiveTargets); ++i) {
    const FleetTarget& target = state.targets[i];
    targets.push_back({target, fleet_.Recent(target.info.pid, kLiveSpan)});
  }
  return LivePage(state, targets);
}

HttpReply HttpProtocol::ProfileOf(const HttpRequest& request) {
  const absl::StatusOr<int> pid = PidOf(request, fleet_.Targets());
  if (!pid.ok()) return ErrorReply(pid.status());
  return Keep(absl::StrCat("/profile ", *pid),
              [&] { return ProfilePage(*pid, fleet_.Recent(*pid, kLiveSpan)); });
}

void HttpProtocol::RecordPprof(const HttpRequest& request, const DoneReply& done) {
  const absl::StatusOr<int> pid = PidOf(request, fleet_.Targets());
  if (!pid.ok()) return done(ErrorReply(pid.status()));
  const absl::StatusOr<Nanos> length = LengthOf(request);
  if (!length.ok()) return done(ErrorReply(length.status()));
  if (request.method == "HEAD") return done(TextReply(200, ""));
  RecordSlots::Slot slot = slots_->Take("http");
  if (slot == nullptr) {
    HttpReply reply = TextReply(503, "too many recordings at a time; try again later");
    reply.headers.emplace_back("Retry-After", "5");
    return done(std::move(reply));
  }
  fleet_.Record(*pid, *length, [thread = thread_, slot = std::move(slot),
                                done](absl::StatusOr<FleetPart> part) {
    thread->Post([part = std::move(part), slot, done] { done(PprofReply(part)); });
  });
}

std::string HttpProtocol::TooLarge() const {
  return Fixed(431, "a request may have 8 KiB, and no body");
}

std::string HttpProtocol::TooSlow() const {
  return Fixed(408, "the request has to be sent within 10 seconds");
}

std::string HttpProtocol::TooMany() const {
  return Fixed(503, "too many connections at a time; try again later");
}

}  // namespace spyhop
