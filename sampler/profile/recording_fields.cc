#include "sampler/profile/recording_fields.h"

#include <algorithm>
#include <vector>

#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

Nanos ReadTime(protozero::pbf_reader& field) {
  return std::clamp<Nanos>(field.get_int64(), 0, kMostDuration);
}

}  // namespace

TargetInfo ReadTarget(protozero::pbf_reader message) {
  TargetInfo info;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Varint(recording::kPid):
        info.pid = message.get_int32();
        break;
      case Bytes(recording::kCommand):
        info.command.push_back(message.get_string());
        break;
      case Bytes(recording::kExecutable):
        info.executable = message.get_string();
        break;
      case Bytes(recording::kVersion):
        info.python_version = message.get_string();
        break;
      case Bytes(recording::kFlavour):
        info.flavour = message.get_string();
        break;
      default:
        message.skip();
    }
  }
  return info;
}

IndexedThread ReadThread(protozero::pbf_reader message) {
  IndexedThread thread;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Varint(recording::kIndex):
        thread.index = message.get_uint32();
        break;
      case Varint(recording::kOfTarget):
        thread.info.target = message.get_uint32();
        break;
      case Varint(recording::kTid):
        thread.info.tid = message.get_int32();
        break;
      case Bytes(recording::kName):
        thread.info.name = message.get_string();
        break;
      case Varint(recording::kIsPython):
        thread.info.python = message.get_bool();
        break;
      default:
        message.skip();
    }
  }
  return thread;
}

ThreadScale ReadScale(protozero::pbf_reader message) {
  ThreadScale scale;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Varint(recording::kOfThread):
        scale.thread = message.get_uint32();
        break;
      case Fixed64(recording::kRunning):
        scale.scale.running = message.get_double();
        break;
      case Fixed64(recording::kCpu):
        scale.scale.cpu = message.get_double();
        break;
      case Fixed64(recording::kQueued):
        scale.scale.queued = message.get_double();
        break;
      case Fixed64(recording::kBlocked):
        scale.scale.blocked = message.get_double();
        break;
      default:
        message.skip();
    }
  }
  return scale;
}

void ReadFigures(protozero::pbf_reader message, SamplingFigures& figures) {
  std::vector<uint32_t> stops;
  Nanos stop_total = 0;
  Nanos stop_max = 0;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Fixed64(recording::kRate):
        figures.rate_hz = message.get_double();
        break;
      case Bytes(recording::kPauseMode):
        figures.pause_mode = message.get_string();
        break;
      case Varint(recording::kRounds):
        figures.rounds = message.get_uint64();
        break;
      case Varint(recording::kLateRounds):
        figures.late_rounds = message.get_uint64();
        break;
      case Varint(recording::kOwnCpu):
        figures.own_cpu = ReadTime(message);
        break;
      case Varint(recording::kOwnPeakBytes):
        figures.own_peak_rss_bytes = message.get_uint64();
        break;
      case Bytes(recording::kStopBuckets): {
        const auto buckets = message.get_packed_uint32();
        stops.assign(buckets.begin(), buckets.end());
        break;
      }
      case Varint(recording::kStopTotal):
        stop_total = ReadTime(message);
        break;
      case Varint(recording::kStopMax):
        stop_max = ReadTime(message);
        break;
      default:
        message.skip();
    }
  }
  figures.stops = DurationHistogram::From(stops, stop_total, stop_max);
}

void WriteTargetField(const TargetInfo& info, protozero::pbf_writer& block) {
  protozero::pbf_writer target(block, recording::kTargets);
  target.add_int32(recording::kPid, info.pid);
  for (const std::string& argument : info.command) target.add_bytes(recording::kCommand, argument);
  target.add_bytes(recording::kExecutable, info.executable);
  target.add_bytes(recording::kVersion, info.python_version);
  target.add_bytes(recording::kFlavour, info.flavour);
}

void WriteThreadField(const IndexedThread& indexed, protozero::pbf_writer& block) {
  const ThreadInfo& info = indexed.info;
  protozero::pbf_writer thread(block, recording::kThreads);
  thread.add_uint32(recording::kIndex, indexed.index);
  thread.add_uint32(recording::kOfTarget, info.target);
  thread.add_int32(recording::kTid, info.tid);
  thread.add_bytes(recording::kName, info.name);
  thread.add_bool(recording::kIsPython, info.python);
}

void WriteFiguresField(const SamplingFigures& from, protozero::pbf_writer& block) {
  protozero::pbf_writer figures(block, recording::kFigures);
  figures.add_double(recording::kRate, from.rate_hz);
  figures.add_bytes(recording::kPauseMode, from.pause_mode);
  figures.add_uint64(recording::kRounds, from.rounds);
  figures.add_uint64(recording::kLateRounds, from.late_rounds);
  figures.add_int64(recording::kOwnCpu, from.own_cpu);
  figures.add_uint64(recording::kOwnPeakBytes, from.own_peak_rss_bytes);
  const absl::Span<const uint32_t> stops = from.stops.buckets();
  figures.add_packed_uint32(recording::kStopBuckets, stops.begin(), stops.end());
  figures.add_int64(recording::kStopTotal, from.stops.total());
  figures.add_int64(recording::kStopMax, from.stops.max());
}

void WriteScaleField(const ThreadScale& from, protozero::pbf_writer& block) {
  protozero::pbf_writer scale(block, recording::kScales);
  scale.add_uint32(recording::kOfThread, from.thread);
  scale.add_double(recording::kRunning, from.scale.running);
  scale.add_double(recording::kCpu, from.scale.cpu);
  scale.add_double(recording::kQueued, from.scale.queued);
  scale.add_double(recording::kBlocked, from.scale.blocked);
}

}  // namespace spyhop
