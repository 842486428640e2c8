#include "sampler/profile/recording_replay.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/profile/recording_columns.h"
#include "sampler/profile/recording_fields.h"
#include "sampler/profile/recording_format.h"
#include "sampler/profile/recording_range.h"
#include "sampler/profile/recording_tables.h"

namespace spyhop {
namespace {

using namespace recording;  // NOLINT(google-build-using-namespace): numbers of fields

constexpr int64_t kLatestStart = int64_t{1} << 62;  // in 2116
constexpr uint64_t kMostCount = uint64_t{1} << 62;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("a block of the recording holds ", std::string(what)));
}

struct Event {
  EventKind kind = kSample;
  uint32_t cause = 0;
  Sample sample;  // with its end since the recording's start
};

}  // namespace

class RecordingReplay::Impl {
 public:
  Impl(Profile& profile, TimeRange range) : profile_(profile), range_(range), tables_(profile) {}

  absl::Status Add(std::string_view message);
  bool is_whole() const { return is_whole_; }
  Nanos time() const { return time_; }
  void Finish();

 private:
  struct OfThread {  // its event before, in this block
    int64_t stack = 0;
    Nanos end = 0;
  };

  absl::Status AddMessage(std::string_view message);
  bool Read(protozero::pbf_reader& block, RecordingColumns& columns,
            std::vector<protozero::data_view>& scales);
  bool AddEvents(const RecordingColumns& columns);
  std::optional<Event> EventAt(const RecordingColumns& columns, size_t i, Nanos& end);
  bool AddEvent(Event event);
  bool IsSound(const Sample& sample);
  void Move(const Event& event);
  bool Rescale(const std::vector<protozero::data_view>& scales);

  Profile& profile_;
  RangeCut range_;
  RecordingTables tables_;
  std::vector<OfThread> threads_;
  Nanos time_ = 0;  // all that was added
  uint64_t count_ = 0;
  Nanos duration_ = 0;
  Nanos last_end_ = 0;
  bool is_whole_ = false;
};

absl::Status RecordingReplay::Impl::Add(std::string_view message) {
  try {
    return AddMessage(message);
  } catch (const protozero::exception&) {  // the library's way to say so; it goes no further
    return Damaged("what is no message");
  }
}

absl::Status RecordingReplay::Impl::AddMessage(std::string_view message) {
  RecordingColumns columns;
  std::vector<protozero::data_view> scales;
  protozero::pbf_reader block(message.data(), message.size());
  while (block.next()) {
    if (!Read(block, columns, scales)) return Damaged("too many names, or threads of no process");
  }
  if (!tables_.AddFrames(columns.frame_files, columns.frame_functions, columns.frame_lines,
                         columns.frame_kinds) ||
      !tables_.AddStacks(columns.stack_parents, columns.stack_frames)) {
    return Damaged("stacks of what it does not name");
  }
  if (!AddEvents(columns)) return Damaged("samples that cannot be");
  if (!Rescale(scales)) return Damaged("times that cannot be");
  return absl::OkStatus();
}

bool RecordingReplay::Impl::Read(protozero::pbf_reader& block, RecordingColumns& columns,
                                 std::vector<protozero::data_view>& scales) {
  switch (block.tag_and_type()) {
    case Bytes(kStrings): {
      const protozero::data_view text = block.get_view();
      return tables_.AddString({text.data(), text.size()});
    }
    case Bytes(kTargets):
      return tables_.AddTarget(ReadTarget(block.get_message()));
    case Bytes(kThreads):
      return tables_.AddThread(ReadThread(block.get_message()));
    case Bytes(kScales):
      scales.push_back(block.get_view());
      return true;
    case Bytes(kFigures):
      ReadFigures(block.get_message(), profile_.figures());
      return true;
    case Varint(kDuration):
      duration_ = std::clamp<Nanos>(block.get_int64(), 0, kMostDuration);
      return true;
    case Varint(kStart):
      profile_.set_start(
          absl::FromUnixNanos(std::clamp<int64_t>(block.get_int64(), 0, kLatestStart)),
          RangeCut::kBegin);
      return true;
    case Varint(kIsLast):
      is_whole_ = block.get_bool();
      return true;
    default:
      columns.Read(block);
      return true;
  }
}

bool RecordingReplay::Impl::AddEvents(const RecordingColumns& columns) {
  if (!columns.EventsAreAligned()) return false;
  threads_.assign(profile_.threads().size(), {});
  Nanos end = 0;
  for (size_t i = 0; i < columns.event_whats.size(); ++i) {
    std::optional<Event> event = EventAt(columns, i, end);
    if (!event || !AddEvent(*std::move(event))) return false;
  }
  return true;
}

// `end`: of the event before, then of this one.
std::optional<Event> RecordingReplay::Impl::EventAt(const RecordingColumns& columns, size_t i,
                                                    Nanos& end) {
  const std::optional<ThreadIndex> thread = tables_.Thread(columns.event_threads[i]);
  if (!thread) return std::nullopt;
  OfThread& before = threads_[columns.event_threads[i]];
  Nanos since_before = 0;
  Event event{.kind = static_cast<EventKind>(columns.event_whats[i] & ((1u << kClassShift) - 1)),
              .cause = columns.event_whats[i] >> kCauseShift};
  Sample& sample = event.sample;
  if (__builtin_add_overflow(before.stack, columns.event_stacks[i], &before.stack) ||
      __builtin_add_overflow(end, columns.event_ends[i], &end) ||
      __builtin_sub_overflow(end, before.end, &since_before) ||
      __builtin_add_overflow(since_before, columns.event_weights[i], &sample.weight)) {
    return std::nullopt;
  }
  before.end = end;
  const std::optional<StackId> stack = tables_.Stack(before.stack);
  const std::optional<StringId> reason = tables_.String(columns.event_reasons[i]);
  const uint32_t time_class =
      columns.event_whats[i] >> kClassShift & ((1u << (kCauseShift - kClassShift)) - 1);
  if (!stack || !reason || time_class >= kTimeClasses || end < 0) return std::nullopt;
  sample.thread = *thread;
  sample.stack = *stack;
  sample.wait_reason = *reason;
  sample.time_class = static_cast<TimeClass>(time_class);
  sample.end = end;
  const uint64_t cpu = columns.event_cpus[i];
  sample.cpu = cpu == 1 ? sample.weight : cpu == 0 ? 0 : static_cast<Nanos>(cpu - 1);
  sample.count = columns.event_counts[i];
  return event;
}

bool RecordingReplay::Impl::IsSound(const Sample& sample) {
  if (sample.weight < 0 || sample.weight > kMostThreadTime || sample.cpu < 0 ||
      sample.cpu > kMostThreadTime || sample.end > kMostDuration) {
    return false;
  }
  time_ += std::max(sample.weight, sample.cpu);
  count_ += sample.count;
  return time_ <= kMostThreadTime && count_ <= kMostCount;
}

bool RecordingReplay::Impl::AddEvent(Event event) {
  Sample& sample = event.sample;
  if (!IsSound(sample)) return false;
  if (event.kind == kMove) {
    if (event.cause >= kTimeClasses) return false;
    Move(event);
    return true;
  }
  if ((event.kind != kSample && event.kind != kLost) || event.cause >= kSampleErrorCodes) {
    return false;
  }
  last_end_ = std::max(last_end_, sample.end);
  if (!range_.Cut(sample)) return true;
  if (sample.end != 0) sample.end += RangeCut::kBegin;
  const auto cause = static_cast<SampleErrorCode>(event.cause);
  if (event.kind == kLost) {
    profile_.AddLost(sample, cause);
  } else {
    sample.truncated = cause;
    profile_.Add(sample);
  }
  return true;
}

void RecordingReplay::Impl::Move(const Event& event) {
  const Profile::Key from = Profile::KeyOf(event.sample);
  const auto to = static_cast<TimeClass>(event.cause);
  const Nanos moved = profile_.Move(from, to, range_.PartOf(from, event.sample.weight));
  range_.NoteMove(from, to, event.sample.weight, moved);
}

bool RecordingReplay::Impl::Rescale(const std::vector<protozero::data_view>& scales) {
  absl::flat_hash_map<ThreadIndex, TimeScale> by_thread;
  double most = 1;
  for (const protozero::data_view& view : scales) {
    const ThreadScale read = ReadScale(protozero::pbf_reader(view));
    const std::optional<ThreadIndex> thread = tables_.Thread(read.thread);
    const TimeScale& scale = read.scale;
    if (!thread) return false;
    for (const double factor : {scale.running, scale.cpu, scale.queued, scale.blocked}) {
      if (!(factor >= 0)) return false;  // nor NaN
      most = std::max(most, factor);
    }
    by_thread[*thread] = scale;
  }
  // All of it could have been scaled by the largest.
  const double longest = static_cast<double>(time_) * most;
  if (longest > static_cast<double>(kMostThreadTime)) return false;
  time_ = std::max(time_, static_cast<Nanos>(longest));
  profile_.Rescale(by_thread);
  return true;
}

void RecordingReplay::Impl::Finish() { range_.Apply(std::max(duration_, last_end_), profile_); }

RecordingReplay::RecordingReplay(Profile& profile, TimeRange range)
    : impl_(std::make_unique<Impl>(profile, range)) {}

RecordingReplay::~RecordingReplay() = default;

absl::Status RecordingReplay::Add(std::string_view message) { return impl_->Add(message); }
Nanos RecordingReplay::time() const { return impl_->time(); }
bool RecordingReplay::is_whole() const { return impl_->is_whole(); }
void RecordingReplay::Finish() { impl_->Finish(); }

absl::StatusOr<uint32_t> RecordingReplay::StreamOf(std::string_view message) {
  try {
    protozero::pbf_reader block(message.data(), message.size());
    while (block.next()) {
      if (block.tag_and_type() == Varint(kStream)) return block.get_uint32();
      block.skip();
    }
    return 0;
  } catch (const protozero::exception&) {
    return Damaged("what is no message");
  }
}

}  // namespace spyhop
