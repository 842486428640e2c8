#include "cli/daemon/control_protocol.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/daemon/fleet_status.h"
#include "report/format.h"
#include "report/json_snapshot.h"
#include "report/text_snapshot.h"
#include "sampler/profile/whole_recording.h"

namespace spyhop {
namespace {

std::string ErrorReply(const absl::Status& status) {
  return FormatControlReply(status, std::nullopt);
}

std::string DocumentReply(const std::string& document) {
  return FormatControlReply(absl::OkStatus(), document.size()) + document;
}

std::string RecordReply(const absl::StatusOr<FleetPart>& part, const std::string& format_name) {
  if (!part.ok()) return ErrorReply(part.status());
  const Profile& profile = *part->profile;
  if (profile.figures().samples == 0) {
    return ErrorReply(absl::ResourceExhaustedError(absl::StrCat(
        "nothing was sampled of process ", part->target.info.pid,
        part->target.paused ? ": it is paused; `spyhop ctl resume` goes on" : " in that time")));
  }
  const Format* format = *FindFormat(format_name);  // checked with the request
  if (format->is_recording) return DocumentReply(WholeRecording(profile));
  StringSink sink;
  format->write(profile, {}, sink);
  return DocumentReply(sink.text());
}

std::string SnapshotReply(const absl::StatusOr<spyhop::Snapshot>& snapshot,
                          const ControlRequest& request) {
  if (!snapshot.ok()) return ErrorReply(snapshot.status());
  StringSink sink;
  if (request.format == "json") {
    WriteJsonSnapshot(*snapshot, sink);
  } else {
    WriteTextSnapshot(*snapshot, {.width = request.width, .color = request.color}, sink);
  }
  return DocumentReply(sink.text());
}

}  // namespace

ControlProtocol::ControlProtocol(Fleet& fleet, ControlPolicy policy,
                                 std::shared_ptr<AnswerThread> thread,
                                 std::shared_ptr<RecordSlots> slots)
    : fleet_(fleet), policy_(policy), thread_(std::move(thread)), slots_(std::move(slots)) {}

std::optional<std::string> ControlProtocol::Admit(int fd, std::string& refusal) {
  const std::optional<ControlPeer> peer = PeerOf(fd);
  const absl::Status allowed =
      peer ? CheckPeer(*peer, policy_) : absl::PermissionDeniedError("it is not known who you are");
  if (!allowed.ok()) {
    refusal = ErrorReply(allowed);
    return std::nullopt;
  }
  return absl::StrCat("user ", peer->user);
}

bool ControlProtocol::IsWhole(std::string_view received, size_t looked_at) const {
  return received.find('\n', looked_at) != received.npos;
}

void ControlProtocol::Answer(const std::string& request, const std::string& who, Done done) {
  thread_->Post([this, line = request.substr(0, request.find('\n')), who, done = std::move(done)] {
    AnswerNow(line, who, done);
  });
}

void ControlProtocol::AnswerNow(const std::string& line, const std::string& who, const Done& done) {
  const absl::StatusOr<ControlRequest> request = ParseControlRequest(line);
  if (!request.ok()) return done(ErrorReply(request.status()));
  switch (request->op) {
    case ControlOp::kStatus:
      return done(Status(*request));
    case ControlOp::kPause:
      return done(ErrorReply(fleet_.Pause(request->pid)));
    case ControlOp::kResume:
      return done(ErrorReply(fleet_.Resume(request->pid)));
    case ControlOp::kRate:
      return done(ErrorReply(fleet_.SetRate(request->pid, request->hz)));
    case ControlOp::kSnapshot:
    case ControlOp::kRecord:
      break;
  }
  RecordSlots::Slot slot = slots_->Take(who);
  if (slot == nullptr) {
    return done(ErrorReply(absl::UnavailableError(absl::StrCat(
        "the daemon makes ", RecordSlots::kMostOfOne, " recordings and snapshots for ", who, ", or ",
        RecordSlots::kMost, " in all, already; try again when some have ended"))));
  }
  request->op == ControlOp::kRecord ? Record(*request, std::move(slot), done)
                                    : Snapshot(*request, std::move(slot), done);
}

std::string ControlProtocol::Status(const ControlRequest& request) const {
  const FleetState state{fleet_.Figures(), fleet_.Targets(), absl::Now()};
  StringSink sink;
  if (request.format == "json") {
    WriteFleetJson(state, sink);
  } else {
    WriteFleetTable(state, request.width, request.color, sink);
  }
  return DocumentReply(sink.text());
}

// Called back from a target's thread: the document is made in ours.
void ControlProtocol::Record(const ControlRequest& request, RecordSlots::Slot slot,
                             const Done& done) {
  fleet_.Record(*request.pid, request.length,
                [thread = thread_, slot = std::move(slot), format = request.format,
                 done](absl::StatusOr<FleetPart> part) {
                  thread->Post([part = std::move(part), slot, format, done] {
                    done(RecordReply(part, format));
                  });
                });
}

void ControlProtocol::Snapshot(const ControlRequest& request, RecordSlots::Slot slot,
                               const Done& done) {
  fleet_.TakeSnapshot(*request.pid, [thread = thread_, slot = std::move(slot), request,
                                     done](absl::StatusOr<spyhop::Snapshot> snapshot) {
    thread->Post([snapshot = std::move(snapshot), slot, request, done] {
      done(SnapshotReply(snapshot, request));
    });
  });
}

std::string ControlProtocol::TooLarge() const {
  return ErrorReply(absl::InvalidArgumentError(
      absl::StrCat("a request is one line of at most ", limits().request_bytes, " bytes")));
}

std::string ControlProtocol::TooSlow() const {
  return ErrorReply(
      absl::DeadlineExceededError(absl::StrCat("a request has to be sent within ",
                                               limits().request_time / kSecond, " seconds")));
}

std::string ControlProtocol::TooMany() const {
  return ErrorReply(absl::UnavailableError(absl::StrCat(
      "the daemon answers ", limits().connections, " others already; try again later")));
}

}  // namespace spyhop
