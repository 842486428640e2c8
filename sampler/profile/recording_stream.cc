#include "sampler/profile/recording_stream.h"

#include <protozero/pbf_writer.hpp>

#include <utility>

#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

using namespace recording;  // NOLINT(google-build-using-namespace): numbers of fields

// Loses no more than a second when the profiler is killed.
constexpr Nanos kBlockSpan = kSecond / 2;
constexpr size_t kMostEvents = 1 << 17;

uint32_t What(EventKind kind, TimeClass time_class, uint32_t cause) {
  return kind | static_cast<uint32_t>(time_class) << kClassShift | cause << kCauseShift;
}

void AddTarget(const TargetInfo& info, protozero::pbf_writer& block) {
  protozero::pbf_writer target(block, kTargets);
  target.add_int32(kPid, info.pid);
  for (const std::string& argument : info.command) target.add_bytes(kCommand, argument);
  target.add_bytes(kExecutable, info.executable);
  target.add_bytes(kVersion, info.python_version);
  target.add_bytes(kFlavour, info.flavour);
}

void AddThread(size_t index, const ThreadInfo& info, protozero::pbf_writer& block) {
  protozero::pbf_writer thread(block, kThreads);
  thread.add_uint32(kIndex, static_cast<uint32_t>(index));
  thread.add_uint32(kOfTarget, info.target);
  thread.add_int32(kTid, info.tid);
  thread.add_bytes(kName, info.name);
  thread.add_bool(kIsPython, info.python);
}

void AddFigures(const SamplingFigures& from, protozero::pbf_writer& block) {
  protozero::pbf_writer figures(block, kFigures);
  figures.add_double(kRate, from.rate_hz);
  figures.add_bytes(kPauseMode, from.pause_mode);
  figures.add_uint64(kRounds, from.rounds);
  figures.add_uint64(kLateRounds, from.late_rounds);
  figures.add_int64(kOwnCpu, from.own_cpu);
  figures.add_uint64(kOwnPeakBytes, from.own_peak_rss_bytes);
  const absl::Span<const uint32_t> stops = from.stops.buckets();
  figures.add_packed_uint32(kStopBuckets, stops.begin(), stops.end());
  figures.add_int64(kStopTotal, from.stops.total());
  figures.add_int64(kStopMax, from.stops.max());
}

void AddScale(ThreadIndex thread, const TimeScale& from, protozero::pbf_writer& block) {
  protozero::pbf_writer scale(block, kScales);
  scale.add_uint32(kOfThread, static_cast<uint32_t>(thread));
  scale.add_double(kRunning, from.running);
  scale.add_double(kCpu, from.cpu);
  scale.add_double(kQueued, from.queued);
  scale.add_double(kBlocked, from.blocked);
}

// New frames and stacks, a column for each of their fields.
void AddFrames(const Profile& profile, size_t first, protozero::pbf_writer& block) {
  std::vector<uint32_t> files;
  std::vector<uint32_t> functions;
  std::vector<int32_t> lines;
  std::vector<uint32_t> kinds;
  for (size_t i = first; i < profile.frames().size(); ++i) {
    const Frame& frame = profile.frames().Get(FrameId(i));
    files.push_back(static_cast<uint32_t>(frame.file));
    functions.push_back(static_cast<uint32_t>(frame.function));
    lines.push_back(frame.line);
    kinds.push_back(static_cast<uint32_t>(frame.kind));
  }
  block.add_packed_uint32(kFrameFiles, files.begin(), files.end());
  block.add_packed_uint32(kFrameFunctions, functions.begin(), functions.end());
  block.add_packed_sint32(kFrameLines, lines.begin(), lines.end());
  block.add_packed_uint32(kFrameKinds, kinds.begin(), kinds.end());
}

void AddStacks(const Profile& profile, size_t first, protozero::pbf_writer& block) {
  std::vector<uint32_t> parents;
  std::vector<uint32_t> frames;
  for (size_t i = first; i < profile.stacks().size(); ++i) {
    parents.push_back(static_cast<uint32_t>(i) -
                      static_cast<uint32_t>(profile.stacks().Parent(StackId(i))));
    frames.push_back(static_cast<uint32_t>(profile.stacks().Leaf(StackId(i))));
  }
  block.add_packed_uint32(kStackParents, parents.begin(), parents.end());
  block.add_packed_uint32(kStackFrames, frames.begin(), frames.end());
}

uint64_t PackedCpu(Nanos cpu, Nanos weight) {
  if (cpu == 0) return 0;
  return cpu == weight ? 1 : static_cast<uint64_t>(cpu) + 1;
}

}  // namespace

// The columns of a block's events.
struct RecordingStream::Columns {
  std::vector<uint32_t> whats;
  std::vector<uint32_t> threads;
  std::vector<int64_t> stacks;
  std::vector<uint32_t> reasons;
  std::vector<int64_t> ends;
  std::vector<int64_t> weights;
  std::vector<uint64_t> cpus;
  std::vector<uint32_t> counts;

  void Write(protozero::pbf_writer& block) const {
    block.add_packed_uint32(kEventWhats, whats.begin(), whats.end());
    block.add_packed_uint32(kEventThreads, threads.begin(), threads.end());
    block.add_packed_sint64(kEventStacks, stacks.begin(), stacks.end());
    block.add_packed_uint32(kEventReasons, reasons.begin(), reasons.end());
    block.add_packed_sint64(kEventEnds, ends.begin(), ends.end());
    block.add_packed_sint64(kEventWeights, weights.begin(), weights.end());
    block.add_packed_uint64(kEventCpus, cpus.begin(), cpus.end());
    block.add_packed_uint32(kEventCounts, counts.begin(), counts.end());
  }
};

RecordingStream::RecordingStream(Profile& profile, uint32_t index, Deliver deliver)
    : profile_(profile), index_(index), deliver_(std::move(deliver)) {
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
    next_flush_ = event.end + kBlockSpan;
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
  AddFrames(profile_, std::exchange(frames_, profile_.frames().size()), block);
  AddStacks(profile_, std::exchange(stacks_, profile_.stacks().size()), block);
  for (; targets_ < profile_.targets().size(); ++targets_) {
    AddTarget(profile_.targets()[targets_], block);
  }
  AddThreads(message);
  EncodeEvents().Write(block);
  for (const Scaled& each : scales_) AddScale(each.thread, each.scale, block);
  AddFigures(profile_.figures(), block);
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
    AddThread(i, info, block);
    written.named = true;
    written.name = info.name;
  }
}

// Each stack and end as what it is more than the thread's event before.
RecordingStream::Columns RecordingStream::EncodeEvents() {
  Columns columns;
  for (OfThread& thread : threads_) {
    thread.stack = kNoStack;
    thread.end = 0;
  }
  Nanos end = 0;
  for (const Event& event : events_) {
    OfThread& thread = Of(event.place.thread);
    columns.whats.push_back(event.what);
    columns.threads.push_back(static_cast<uint32_t>(event.place.thread));
    columns.stacks.push_back(int64_t{static_cast<uint32_t>(event.place.stack)} -
                             int64_t{static_cast<uint32_t>(thread.stack)});
    columns.reasons.push_back(static_cast<uint32_t>(event.place.wait_reason));
    columns.ends.push_back(event.end - end);
    columns.weights.push_back(event.weight - (event.end - thread.end));
    columns.cpus.push_back(PackedCpu(event.cpu, event.weight));
    columns.counts.push_back(event.count);
    thread.stack = event.place.stack;
    thread.end = end = event.end;
  }
  return columns;
}

}  // namespace spyhop
