#include "report/speedscope.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "report/json_writer.h"
#include "report/sample_series.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

// The frames that are used, in the order of their first use.
class SharedFrames {
 public:
  uint64_t IndexOf(size_t frame) {
    const auto [known, is_new] = indexes_.try_emplace(frame, frames_.size());
    if (is_new) frames_.push_back(frame);
    return known->second;
  }

  void Write(const Profile& profile, JsonWriter& json) const {
    json.Key("shared").BeginObject().Key("frames").BeginArray();
    for (const size_t number : frames_) {
      const ViewerFrame frame = FrameForViewers(profile, number);
      json.BeginObject().Field("name", std::string_view(frame.function));
      if (!frame.file.empty()) json.Field("file", std::string_view(frame.file));
      if (frame.line > 0) json.Field("line", frame.line);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }

 private:
  std::vector<size_t> frames_;
  absl::flat_hash_map<size_t, uint64_t> indexes_;
};

struct StackTime {
  StackId stack;
  Nanos time;
};

std::vector<StackTime> StackTimes(const std::vector<SampleSlice>& slices) {
  std::vector<StackTime> times;
  for (const SampleSlice& slice : slices) {
    if (slice.length == 0) continue;
    if (!times.empty() && times.back().stack == slice.stack) {
      times.back().time += slice.length;
    } else {
      times.push_back({slice.stack, slice.length});
    }
  }
  return times;
}

void WriteThread(const Profile& profile, const ThreadInfo& thread,
                 const std::vector<StackTime>& times, SharedFrames& frames, JsonWriter& json) {
  Nanos whole = 0;
  for (const StackTime& each : times) whole += each.time;
  json.BeginObject()
      .Field("type", "sampled")
      .Field("name", std::string_view(ThreadTitle(profile, thread)))
      .Field("unit", "nanoseconds")
      .Field("startValue", 0)
      .Field("endValue", whole);
  json.Key("samples").BeginArray();
  for (const StackTime& each : times) {
    json.BeginArray();
    for (const size_t frame : FramesForViewers(profile, each.stack)) {
      json.Value(frames.IndexOf(frame));
    }
    json.EndArray();
  }
  json.EndArray().Key("weights").BeginArray();
  for (const StackTime& each : times) json.Value(each.time);
  json.EndArray().EndObject();
}

}  // namespace

void WriteSpeedscope(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const SampleSeries series(profile, options);
  SharedFrames frames;
  JsonWriter json(sink);
  json.BeginObject()
      .Field("$schema", "https://www.speedscope.app/file-format-schema.json")
      .Field("exporter", "spyhop")
      .Field("name", std::string_view(ProfileTitle(profile)))
      .Key("profiles")
      .BeginArray();
  for (const ThreadIndex thread : series.Threads()) {
    const std::vector<StackTime> times = StackTimes(series.Of(thread));
    if (!times.empty()) WriteThread(profile, profile.thread(thread), times, frames, json);
  }
  json.EndArray();
  frames.Write(profile, json);
  json.EndObject().Newline();
}

}  // namespace spyhop
