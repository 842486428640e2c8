#include "sampler/profile/recording_stream.h"

#include <protozero/pbf_writer.hpp>

#include <utility>

#include "sampler/profile/recording_columns.h"
#include "sampler/profile/recording_fields.h"
#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

using namespace recording;  // NOLINT(google-build-using-namespace): numbers of fields

constexpr size_t kMostEvents = 1 << 17;

uint32_t What(EventKind kind, TimeClass time_class, uint32_t cause) {
  return kind | static_cast<uint32_t>(time_class) << kClassShift | cause << kCauseShift;
}

void AddFrames(const Profile& profile, size_t first, RecordingColumns& columns) {
  for (size_t i = first; i < profile.frames().size(); ++i) {
    const Frame& frame = profile.frames().Get(FrameId(i));
    columns.frame_files.push_back(static_cast<uint32_t>(frame.file));
    columns.frame_functions.push_back(static_cast<uint32_t>(frame.function));
    columns.frame_lines.push_back(frame.line);
    columns.frame_kinds.push_back(static_cast<uint32_t>(frame.kind));
  }
}

void AddStacks(const Profile& profile, size_t first, RecordingColumns& columns) {
  for (size_t i = first; i < profile.stacks().size(); ++i) {
    columns.stack_parents.push_back(static_cast<uint32_t>(i) -
                                    static_cast<uint32_t>(profile.stacks().Parent(StackId(i))));
    columns.stack_frames.push_back(static_cast<uint32_t>(profile.stacks().Leaf(StackId(i))));
  }
}

uint64_t PackedCpu(Nanos cpu, Nanos weight) {
  if (cpu == 0) return 0;
  return cpu == weight ? 1 : static_cast<uint64_t>(cpu) + 1;
}

}  // namespace

RecordingStream::RecordingStream(Profile& profile, uint32_t index, Deliver deliver,
                                 Nanos block_span)
    : profile_(profile), index_(index), deliver_(std::move(deliver)), block_span_(block_span) {
  profile_.set_journal(this);
}

RecordingStream::~RecordingStream() { profile_.set_journal(nullptr); }

void RecordingStream::Finish() { Flush(true); }

void RecordingStream::OnSample(const Sample& sample) {
  Add({.what = What(kSample, sample.time_class, static_cast<uint32_t>(sample.truncated)),
       .place = Profile::KeyOf(sample),
       .end = sample.end == 0 ? 0 : sample.end - profile_.begin(),
       .weight = sample.weight,
       .cpu = sample.cpu,
       .count = sample.count});
}

void RecordingStream::OnLost(const Sample& sample, SampleErrorCode cause) {
  Add({.what = What(kLost, sample.time_class, static_cast<uint32_t>(cause)),
       .place = Profile::KeyOf(sample),
       .end = sample.end == 0 ? 0 : sample.end - profile_.begin(),
       .weight = sample.weight,
       .cpu = sample.cpu,
       .count = sample.count});
}

void RecordingStream::OnMove(const Profile::Key& from, TimeClass to, Nanos wall) {
  if (wall <= 0) return;
  Add({.what = What(kMove, from.time_class, static_cast<uint32_t>(to)),
       .place = from,
       .weight = wall});
}

void RecordingStream::OnRescale(ThreadIndex thread, const TimeScale& scale) {
  scales_.push_back({thread, scale});
}

void RecordingStream::Add(const Event& event) {
  if (!scales_.empty() || events_.size() >= kMostEvents) Flush(false);
  if (event.end >= next_flush_) {
    if (!events_.empty()) Flush(false);
    next_flush_ = event.end + block_span_;
  }
  OfThread& of_thread = Of(event.place.thread);
  if (of_thread.event != 0 && Continues(event, events_[of_thread.event - 1])) {
    Event& before = events_[of_thread.event - 1];
    before.end = event.end;
    before.weight += event.weight;
    before.count += event.count;
    return;
  }
  events_.push_back(event);
  of_thread.event = events_.size();
}

// It has stayed where it was, off the CPU.
bool RecordingStream::Continues(const Event& event, const Event& before) const {
  return event.what == before.what && event.place == before.place && event.cpu == 0 &&
         before.cpu == 0 && event.what >> kCauseShift == 0 &&
         (event.what & ((1u << kClassShift) - 1)) == kSample && before.end != 0 &&
         event.end - event.weight == before.end;
}

RecordingStream::OfThread& RecordingStream::Of(ThreadIndex thread) {
  const auto index = static_cast<size_t>(thread);
  if (index >= threads_.size()) threads_.resize(index + 1);
  return threads_[index];
}

void RecordingStream::Flush(bool last) {
  deliver_(Encode(last));
  events_.clear();
  scales_.clear();
  for (OfThread& thread : threads_) thread.event = 0;
}

std::string RecordingStream::Encode(bool last) {
  std::string message;
  protozero::pbf_writer block(message);
  block.add_uint32(kStream, index_);
  const StringTable& strings = profile_.strings();
  for (; strings_ < strings.size(); ++strings_) {
    const std::string_view text = strings.Get(StringId(strings_));
    block.add_bytes(kStrings, text.data(), text.size());
  }
  RecordingColumns columns;
  AddFrames(profile_, std::exchange(frames_, profile_.frames().size()), columns);
  AddStacks(profile_, std::exchange(stacks_, profile_.stacks().size()), columns);
  AddEvents(columns);
  columns.Write(block);
  for (; targets_ < profile_.targets().size(); ++targets_) {
    WriteTargetField(profile_.targets()[targets_], block);
  }
  AddThreads(message);
  for (const Scaled& each : scales_)
    WriteScaleField({static_cast<uint32_t>(each.thread), each.scale}, block);
  WriteFiguresField(profile_.figures(), block);
  block.add_int64(kDuration, profile_.duration());
  block.add_int64(kStart, absl::ToUnixNanos(profile_.start()));
  if (last) block.add_bool(kIsLast, true);
  return message;
}

// The new ones, and those that have another name now.
void RecordingStream::AddThreads(std::string& message) {
  protozero::pbf_writer block(message);
  for (size_t i = 0; i < profile_.threads().size(); ++i) {
    const ThreadInfo& info = profile_.threads()[i];
    OfThread& written = Of(ThreadIndex(i));
    if (written.named && written.name == info.name) continue;
    WriteThreadField({static_cast<uint32_t>(i), info}, block);
    written.named = true;
    written.name = info.name;
  }
}

// Each stack and end as what it is more than the thread's event before.
void RecordingStream::AddEvents(RecordingColumns& columns) {
  for (OfThread& thread : threads_) {
    thread.stack = kNoStack;
    thread.end = 0;
  }
  Nanos end = 0;
  for (const Event& event : events_) {
    OfThread& thread = Of(event.place.thread);
    columns.event_whats.push_back(event.what);
    columns.event_threads.push_back(static_cast<uint32_t>(event.place.thread));
    columns.event_stacks.push_back(int64_t{static_cast<uint32_t>(event.place.stack)} -
                                   int64_t{static_cast<uint32_t>(thread.stack)});
    columns.event_reasons.push_back(static_cast<uint32_t>(event.place.wait_reason));
    columns.event_ends.push_back(event.end - end);
    columns.event_weights.push_back(event.weight - (event.end - thread.end));
    columns.event_cpus.push_back(PackedCpu(event.cpu, event.weight));
    columns.event_counts.push_back(event.count);
    thread.stack = event.place.stack;
    thread.end = end = event.end;
  }
}

}  // namespace spyhop
