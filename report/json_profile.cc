#include "report/json_profile.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"

namespace spyhop {
namespace {

// Keys are fixed by the schema, so they are spelled out and not made from Name(TimeClass).
void WriteClasses(const Times& times, JsonWriter& json) {
  json.Seconds("python_s", times[TimeClass::kPython])
      .Seconds("native_s", times[TimeClass::kNative])
      .Seconds("kernel_s", times[TimeClass::kKernel])
      .Seconds("wait_s", times[TimeClass::kWait])
      .Seconds("gil_s", times[TimeClass::kGil])
      .Seconds("runq_s", times[TimeClass::kRunQueue])
      .Seconds("idle_s", times[TimeClass::kIdle]);
}

void WriteTimes(std::string_view key, const Times& times, JsonWriter& json) {
  json.Key(key).BeginObject();
  WriteClasses(times, json);
  json.Seconds("cpu_s", times.cpu).Field("samples", times.samples).EndObject();
}

void WriteCauses(std::string_view key, const std::array<uint64_t, kSampleErrorCodes>& counts,
                 JsonWriter& json) {
  json.Key(key).BeginObject();
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) json.Field(Name(static_cast<SampleErrorCode>(i)), counts[i]);
  }
  json.EndObject();
}

double Microseconds(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(kMicrosecond);
}

void WriteStops(const Profile& profile, JsonWriter& json) {
  const DurationHistogram& stops = profile.figures().stops;
  const double sampled = static_cast<double>(profile.sampled());
  json.Key("stops").BeginObject();
  json.Field("count", stops.count())
      .Field("median_us", Microseconds(stops.Percentile(0.5)))
      .Field("p99_us", Microseconds(stops.Percentile(0.99)))
      .Field("max_us", Microseconds(stops.max()))
      .Seconds("total_s", stops.total())
      .Field("share", sampled > 0 ? static_cast<double>(stops.total()) / sampled : 0.0);
  json.EndObject();
}

void WriteSampling(const Profile& profile, JsonWriter& json) {
  const SamplingFigures& figures = profile.figures();
  json.Key("sampling").BeginObject();
  WriteCounts(profile, json);
  WriteStops(profile, json);
  json.Seconds("own_cpu_s", figures.own_cpu)
      .Field("own_peak_rss_bytes", figures.own_peak_rss_bytes)
      .EndObject();
}

void WriteThreads(const Profile& profile, const ViewOptions& options, JsonWriter& json) {
  json.Key("threads").BeginArray();
  for (const ThreadInfo& thread : profile.threads()) {
    if (!options.filter.KeepsThread(thread)) continue;
    json.BeginObject();
    json.Field("pid", profile.targets()[thread.target].pid)
        .Field("tid", thread.tid)
        .Field("name", std::string_view(thread.name))
        .Field("python", thread.python)
        .Seconds("observed_s", thread.observed)
        .Seconds("cpu_s", thread.times.cpu);
    WriteClasses(thread.times, json);
    json.EndObject();
  }
  json.EndArray();
}

void WriteLine(const Profile& profile, const LineRow& row, JsonWriter& json) {
  json.BeginObject();
  json.Field("pid", row.pid)
      .Field("tid", row.tid)
      .Field("file", profile.strings().Get(row.file))
      .Field("line", row.line)
      .Field("function", profile.strings().Get(row.function));
  if (row.kind != FrameKind::kPython) json.Field("kind", Name(row.kind));
  WriteTimes("self", row.self, json);
  WriteTimes("total", row.total, json);
  json.Key("waits").BeginArray();
  for (const Wait& wait : row.waits) {
    json.BeginObject()
        .Field("reason", profile.strings().Get(wait.reason))
        .Seconds("s", wait.time)
        .EndObject();
  }
  json.EndArray().EndObject();
}

void WriteLines(const Profile& profile, const ViewOptions& options, JsonWriter& json) {
  const std::vector<LineRow> rows =
      MakeLineProfile(profile, {.per_thread = true, .native = options.native},
                      OfKeptThreads(profile, options.filter));
  json.Key("lines").BeginArray();
  for (const LineRow& row : rows) {
    const StringTable& strings = profile.strings();
    if (options.filter.KeepsLine(strings.Get(row.file), strings.Get(row.function))) {
      WriteLine(profile, row, json);
    }
  }
  json.EndArray();
}

void WriteStack(const Profile& profile, const Profile::Key& key, const Times& times,
                JsonWriter& json) {
  const ThreadInfo& thread = profile.thread(key.thread);
  json.BeginObject()
      .Field("pid", profile.targets()[thread.target].pid)
      .Field("tid", thread.tid)
      .Key("frames")
      .BeginArray();
  for (const FrameId id : profile.stacks().Frames(key.stack)) {
    const Frame& frame = profile.frames().Get(id);
    const bool native = frame.kind == FrameKind::kNative;
    const std::string_view file = profile.strings().Get(frame.file);
    json.BeginObject()
        .Field("file", native ? std::string_view() : file)
        .Field("line", frame.line)
        .Field("function", profile.strings().Get(frame.function))
        .Field("kind", Name(frame.kind));
    if (native) json.Field("module", file);
    json.EndObject();
  }
  json.EndArray().Field("class", Name(key.time_class));
  if (key.wait_reason != StringId{}) {
    json.Field("wait_reason", profile.strings().Get(key.wait_reason));
  }
  json.Seconds("s", times.Wall(true)).Field("samples", times.samples).EndObject();
}

void WriteStacks(const Profile& profile, const ViewOptions& options, JsonWriter& json) {
  std::vector<const std::pair<const Profile::Key, Times>*> kept;
  for (const auto& bucket : profile.buckets()) {
    if (options.filter.KeepsThread(profile.thread(bucket.first.thread)) &&
        options.filter.KeepsStack(profile, bucket.first.stack)) {
      kept.push_back(&bucket);
    }
  }
  const auto order = [](const Profile::Key& key) {
    return std::tuple(key.thread, key.stack, key.time_class, key.wait_reason);
  };
  std::sort(kept.begin(), kept.end(),
            [&](const auto* a, const auto* b) { return order(a->first) < order(b->first); });
  json.Key("stacks").BeginArray();
  for (const auto* bucket : kept) WriteStack(profile, bucket->first, bucket->second, json);
  json.EndArray();
}

}  // namespace

void WriteCounts(const Profile& profile, JsonWriter& json) {
  const SamplingFigures& figures = profile.figures();
  json.Field("rate_hz", figures.rate_hz)
      .Field("achieved_hz", profile.AchievedHz())
      .Field("pause", std::string_view(figures.pause_mode))
      .Field("rounds", figures.rounds)
      .Field("samples", figures.samples)
      .Field("late_rounds", figures.late_rounds);
  WriteCauses("truncated", figures.truncated, json);
  WriteCauses("lost", figures.lost, json);
}

void WriteTarget(const TargetInfo& target, JsonWriter& json) {
  json.BeginObject().Field("pid", target.pid).Key("command").BeginArray();
  for (const std::string& argument : target.command) json.Value(std::string_view(argument));
  json.EndArray()
      .Field("executable", std::string_view(target.executable))
      .Key("python")
      .BeginObject()
      .Field("version", std::string_view(target.python_version))
      .Field("flavour", std::string_view(target.flavour))
      .EndObject()
      .EndObject();
}

void WriteJsonProfile(const Profile& profile, const ViewOptions& options, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.profile/1").Key("targets").BeginArray();
  for (const TargetInfo& target : profile.targets()) WriteTarget(target, json);
  json.EndArray()
      .Field("start", std::string_view(absl::FormatTime(absl::RFC3339_full, profile.start(),
                                                        absl::UTCTimeZone())))
      .Seconds("duration_s", profile.duration());
  WriteSampling(profile, json);
  WriteThreads(profile, options, json);
  WriteLines(profile, options, json);
  if (options.stacks) WriteStacks(profile, options, json);
  json.EndObject().Newline();
}

}  // namespace spyhop
