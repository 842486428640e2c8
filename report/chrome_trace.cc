#include "report/chrome_trace.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/json_writer.h"
#include "report/sample_series.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

// What a slice shows; its category is the frame's kind or, of a state, the time class.
struct Label {
  std::string name;
  std::string_view category;
};

std::vector<Label> FrameLabels(const Profile& profile) {
  std::vector<Label> labels;
  for (size_t i = 0; i <= profile.frames().size(); ++i) {
    const bool known = i < profile.frames().size();
    const FrameKind kind = known ? profile.frames().Get(FrameId(i)).kind : FrameKind::kPython;
    ViewerFrame frame = FrameForViewers(profile, i);
    if (frame.line > 0) absl::StrAppend(&frame.file, ":", frame.line);
    if (!frame.file.empty()) absl::StrAppend(&frame.function, " (", frame.file, ")");
    labels.push_back({std::move(frame.function), Name(kind)});
  }
  return labels;
}

// The class of a thread that is busy with what the frame's kind says.
TimeClass ClassOf(FrameKind kind) {
  switch (kind) {
    case FrameKind::kNative:
      return TimeClass::kNative;
    case FrameKind::kKernel:
      return TimeClass::kKernel;
    case FrameKind::kPython:
    case FrameKind::kGc:
      break;
  }
  return TimeClass::kPython;
}

// What the thread does at its leaf frame, when the frame does not tell.
struct State {
  TimeClass time_class;
  StringId wait_reason;
  friend bool operator==(const State&, const State&) = default;
};

std::optional<State> StateOf(const Profile& profile, const SampleSlice& slice) {
  if (slice.stack != kNoStack) {
    const Frame& leaf = profile.frames().Get(profile.stacks().Leaf(slice.stack));
    if (slice.time_class == ClassOf(leaf.kind)) return std::nullopt;
  }
  return State{slice.time_class, slice.wait_reason};
}

double Microseconds(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(kMicrosecond);
}

constexpr double kTenthOfANanosecond = 1e-4;  // in microseconds

// The slices of one thread.
class ThreadTrack {
 public:
  ThreadTrack(const Profile& profile, const ThreadInfo& thread, const std::vector<Label>& labels,
              JsonWriter& json)
      : profile_(profile),
        pid_(profile.targets()[thread.target].pid),
        tid_(thread.tid),
        labels_(labels),
        json_(json) {}

  // All of the thread's, in order of time. They begin no earlier than `start`; returns their end.
  Nanos Write(const std::vector<SampleSlice>& slices, Nanos start) {
    const Nanos delay = slices.empty() ? 0 : std::max<Nanos>(0, start - slices.front().begin);
    now_ = start;
    for (const SampleSlice& slice : slices) {
      if (slice.length > 0) Add(slice, slice.begin + delay);
    }
    CloseTo(0);
    return now_;
  }

 private:
  void Add(const SampleSlice& slice, Nanos begin) {
    if (begin > now_) CloseTo(0);
    now_ = begin;
    if (slice.stack != stack_ || open_.empty()) GoTo(slice.stack);
    const std::optional<State> state = StateOf(profile_, slice);
    if (state != state_) {
      CloseState();
      state_ = state;
      if (state_) WriteState("B");
    }
    now_ = begin + slice.length;
  }

  void GoTo(StackId stack) {
    const std::vector<size_t> frames = FramesForViewers(profile_, stack);
    const auto shared = std::mismatch(open_.begin(), open_.end(), frames.begin(), frames.end());
    CloseTo(static_cast<size_t>(shared.first - open_.begin()));
    while (open_.size() < frames.size()) {
      open_.push_back(frames[open_.size()]);
      WriteFrame("B");
    }
    stack_ = stack;
  }

  void CloseTo(size_t depth) {
    CloseState();
    while (open_.size() > depth) {
      WriteFrame("E");
      open_.pop_back();
    }
  }

  void CloseState() {
    if (state_) WriteState("E");
    state_.reset();
  }

  // speedscope tells slices by name and arguments: so an end has them, too.
  void BeginEvent(std::string_view phase, const Label& label) {
    json_.BeginObject().Field("ph", phase).Field("name", std::string_view(label.name));
    if (phase == "B") json_.Field("cat", label.category);
    json_.Field("ts", Timestamp(phase, label.name)).Field("pid", pid_).Field("tid", tid_);
  }

  // speedscope sorts ends and beginnings apart. Of one instant it takes the ends first, but not
  // while the first beginning has the name of an end (recursion): then what ends later goes wrong.
  // Such beginnings come a tenth of a nanosecond later.
  double Timestamp(std::string_view phase, const std::string& name) {
    if (std::exchange(instant_, now_) != now_) {
      ended_.clear();
      begins_later_.reset();
    }
    if (phase == "E") {
      ended_.push_back(name);
    } else if (!begins_later_) {
      begins_later_ = std::find(ended_.begin(), ended_.end(), name) != ended_.end();
    }
    return Microseconds(now_) + (begins_later_.value_or(false) ? kTenthOfANanosecond : 0);
  }

  void WriteFrame(std::string_view phase) {
    BeginEvent(phase, labels_[open_.back()]);
    json_.EndObject();
  }

  void WriteState(std::string_view phase) {
    const std::string_view time_class = Name(state_->time_class);
    const std::string reason = ViewerName(profile_.strings().Get(state_->wait_reason));
    BeginEvent(phase, {reason.empty() ? std::string(time_class)
                                      : absl::StrCat(AbslView(time_class), ": ", reason),
                       time_class});
    json_.Key("args").BeginObject().Field("class", time_class);
    if (!reason.empty()) json_.Field("wait_reason", std::string_view(reason));
    json_.EndObject().EndObject();
  }

  const Profile& profile_;
  const int pid_;
  const int tid_;
  const std::vector<Label>& labels_;
  JsonWriter& json_;
  Nanos now_ = 0;
  StackId stack_ = kNoStack;
  std::vector<size_t> open_;  // frames whose slices have begun, root first
  std::optional<State> state_;
  Nanos instant_ = -1;                // of the last event
  std::vector<std::string> ended_;    // names of what has ended at that instant
  std::optional<bool> begins_later_;  // what begins at that instant; none: nothing yet
};

// Metadata: the name of a process, or of a thread.
void WriteName(const char* event, int pid, int tid, std::string_view name, JsonWriter& json) {
  json.BeginObject()
      .Field("ph", "M")
      .Field("name", event)
      .Field("ts", 0)
      .Field("pid", pid)
      .Field("tid", tid)
      .Key("args")
      .BeginObject()
      .Field("name", name)
      .EndObject()
      .EndObject();
}

}  // namespace

void WriteChromeTrace(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const SampleSeries series(profile, options);
  const std::vector<Label> labels = FrameLabels(profile);
  JsonWriter json(sink);
  json.BeginObject().Field("displayTimeUnit", "ms").Key("traceEvents").BeginArray();
  for (const TargetInfo& target : profile.targets()) {
    WriteName("process_name", target.pid, target.pid, ProcessName(target), json);
  }
  // After an exec the same tid comes again; without a timeline both would begin at the start.
  absl::flat_hash_map<std::pair<int, int>, Nanos> ends;
  for (const ThreadIndex index : series.Threads()) {
    const ThreadInfo& thread = profile.thread(index);
    const int pid = profile.targets()[thread.target].pid;
    WriteName("thread_name", pid, thread.tid, ViewerName(thread.name), json);
    Nanos& end = ends[{pid, thread.tid}];
    end = ThreadTrack(profile, thread, labels, json).Write(series.Of(index), end);
  }
  json.EndArray().EndObject().Newline();
}

}  // namespace spyhop
