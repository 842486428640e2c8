#include "sampler/python/interpreter_trial.h"

#include <array>
#include <string>
#include <string_view>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/version_detect.h"

namespace spyhop {
namespace {

constexpr char kStartingPayload[] = "spyhop/python-is-starting";

constexpr int kMaxInterpreters = 256;
constexpr int kMaxThreadsChecked = 64;
constexpr int kFirstThreadAttempts = 20;
constexpr int kMaxFramesChecked = 8;  // shims lie between frames of code

absl::Status Mismatch(std::string_view what, RemoteAddress address) {
  return absl::FailedPreconditionError(
      absl::StrFormat("%s at 0x%x", std::string(what), address.value()));
}

// One look at one PyInterpreterState.
class Examination {
 public:
  Examination(RemoteMemory& memory, const Layout& layout, RemoteAddress interpreter)
      : memory_(memory), layout_(layout), reader_(memory, layout), interpreter_(interpreter) {}

  absl::Status Run(Trial& trial);

 private:
  absl::StatusOr<RemoteAddress> FirstThread();
  bool IsOwnThread(RemoteAddress tstate);
  absl::Status CheckThreads(TrialFrames& frames);
  absl::Status CheckDicts();
  void ReadSys(Trial& trial);
  TrialFrames LookAtFrames(RemoteAddress tstate);
  RemoteAddress TopFrame(RemoteAddress tstate);
  bool IsCode(RemoteAddress code);

  RemoteMemory& memory_;
  const Layout& layout_;
  ObjectReader reader_;
  RemoteAddress interpreter_;
};

absl::Status Examination::Run(Trial& trial) {
  if (!interpreter_.MayHoldPointer()) return Mismatch("no interpreter can lie", interpreter_);
  if (const absl::Status status = CheckDicts(); !status.ok()) return status;
  if (const absl::Status status = CheckThreads(trial.frames); !status.ok()) return status;
  ReadSys(trial);
  return absl::OkStatus();
}

// The first thread state, if it points back. Threads come and go at the head of the list.
absl::StatusOr<RemoteAddress> Examination::FirstThread() {
  const RemoteAddress head = layout_.interpreter.threads_head.At(interpreter_);
  RemoteAddress tstate;
  for (int i = 0; i < kFirstThreadAttempts; ++i) {
    const std::optional<RemoteAddress> first = memory_.ReadPointer(head);
    if (!first) return Mismatch("unreadable list of threads", head);
    if (first->is_null()) return StartingError("its interpreter has no thread");
    if (!first->MayHoldPointer()) return Mismatch("no thread state can lie", *first);
    if (IsOwnThread(*first)) return *first;
    tstate = *first;
  }
  return Mismatch("thread state of another owner", tstate);
}

bool Examination::IsOwnThread(RemoteAddress tstate) {
  return tstate.MayHoldPointer() &&
         memory_.ReadPointer(layout_.thread.interp.At(tstate)) == interpreter_;
}

absl::Status Examination::CheckThreads(TrialFrames& frames) {
  const absl::StatusOr<RemoteAddress> first = FirstThread();
  if (!first.ok()) return first.status();
  RemoteAddress tstate = *first;
  for (int i = 0; i < kMaxThreadsChecked && IsOwnThread(tstate); ++i) {
    const TrialFrames here = LookAtFrames(tstate);
    if (here == TrialFrames::kGood || frames == TrialFrames::kNone) frames = here;
    if (frames == TrialFrames::kGood) break;
    tstate = memory_.ReadPointer(layout_.thread.next.At(tstate)).value_or(RemoteAddress());
  }
  return absl::OkStatus();
}

RemoteAddress Examination::TopFrame(RemoteAddress tstate) {
  const auto pointer = [this](RemoteAddress at) {
    return memory_.ReadPointer(at).value_or(RemoteAddress());
  };
  switch (layout_.features.frame_model) {
    case FrameModel::kFrameObjects:
      return pointer(layout_.thread.frame.At(tstate));
    case FrameModel::kCurrentFrame:
      return pointer(layout_.thread.current_frame.At(tstate));
    case FrameModel::kCFrame:
      break;
  }
  const RemoteAddress cframe = pointer(layout_.thread.cframe.At(tstate));
  return cframe ? pointer(layout_.cframe.current_frame.At(cframe)) : cframe;
}

TrialFrames Examination::LookAtFrames(RemoteAddress tstate) {
  const bool objects = layout_.features.frame_model == FrameModel::kFrameObjects;
  const PointerField code_field = objects ? layout_.frame_object.f_code : layout_.iframe.code;
  const PointerField previous = objects ? layout_.frame_object.f_back : layout_.iframe.previous;
  RemoteAddress frame = TopFrame(tstate);
  if (!frame) return TrialFrames::kNone;
  for (int i = 0; i < kMaxFramesChecked && frame.MayHoldPointer(); ++i) {
    const auto code = memory_.ReadPointer(code_field.At(frame));
    if (!code) break;
    if (IsCode(RemoteAddress(code->value() & ~layout_.features.code_tag_mask))) {
      return TrialFrames::kGood;
    }
    frame = memory_.ReadPointer(previous.At(frame)).value_or(RemoteAddress());
  }
  return TrialFrames::kBad;
}

bool Examination::IsCode(RemoteAddress code) {
  if (!code.MayHoldPointer() || reader_.TypeName(code) != "code") return false;
  const auto filename = memory_.ReadPointer(layout_.code.filename.At(code));
  return filename && reader_.String(*filename).has_value();
}

absl::Status Examination::CheckDicts() {
  const InterpreterLayout& fields = layout_.interpreter;
  for (const PointerField field : {fields.modules, fields.sysdict, fields.builtins}) {
    const auto dict = memory_.ReadPointer(field.At(interpreter_));
    if (!dict) return Mismatch("unreadable interpreter", interpreter_);
    if (dict->is_null()) return StartingError("its interpreter has no modules");
    if (reader_.TypeName(*dict) != "dict") return Mismatch("not a dict", *dict);
  }
  return absl::OkStatus();
}

void Examination::ReadSys(Trial& trial) {
  const auto sysdict = memory_.ReadPointer(layout_.interpreter.sysdict.At(interpreter_));
  if (!sysdict) return;
  trial.version = ReadHexVersion(memory_, layout_, *sysdict);
  trial.debug = reader_.Item(*sysdict, "gettotalrefcount").has_value();
  if (const auto object = reader_.Item(*sysdict, "maxunicode")) {
    trial.max_unicode = reader_.Integer(*object);
  }
}

}  // namespace

absl::Status StartingError(std::string_view message) {
  absl::Status status = absl::FailedPreconditionError(std::string(message));
  status.SetPayload(kStartingPayload, absl::Cord());
  return status;
}

bool IsStarting(const absl::Status& status) {
  return status.GetPayload(kStartingPayload).has_value();
}

// The first interpreter of the list that passes; a new sub-interpreter may not be complete.
absl::StatusOr<Trial> TryInterpreter(RemoteMemory& memory, const Layout& layout,
                                     RemoteAddress interpreter) {
  absl::Status error = absl::OkStatus();
  RemoteAddress candidate = interpreter;
  for (int i = 0; candidate && i < kMaxInterpreters; ++i) {
    Trial trial{.first = interpreter};
    const absl::Status status = Examination(memory, layout, candidate).Run(trial);
    if (status.ok()) return trial;
    if (error.ok()) error = status;
    if (!candidate.MayHoldPointer()) break;
    candidate = memory.ReadPointer(layout.interpreter.next.At(candidate)).value_or(RemoteAddress());
  }
  return error.ok() ? StartingError("it has no interpreter") : error;
}

absl::StatusOr<Trial> TryInterpreterList(RemoteMemory& memory, const Layout& layout,
                                         RemoteAddress head_variable) {
  const std::optional<RemoteAddress> first = memory.ReadPointer(head_variable);
  if (!first) return Mismatch("unreadable list of interpreters", head_variable);
  if (first->is_null()) return StartingError("it has no interpreter");
  return TryInterpreter(memory, layout, *first);
}

}  // namespace spyhop
