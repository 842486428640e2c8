#include "report/gecko.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "report/gecko_tables.h"
#include "report/json_writer.h"
#include "report/sample_series.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

constexpr int kGeckoVersion = 24;
constexpr int kProcessedVersion = 49;
constexpr double kUsualRateHz = 100;  // where the profile does not say

double Milliseconds(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(kMillisecond);
}

// A row of a thread's table of samples.
struct SampleRow {
  std::optional<size_t> stack;
  Nanos time = 0;
  Nanos weight = 0;
  Nanos cpu = 0;  // since the row before
};

// What the slice has of its bucket's CPU time, by its length.
Nanos CpuOf(const Profile& profile, ThreadIndex thread, const SampleSlice& slice) {
  const auto bucket =
      profile.buckets().find({thread, slice.stack, slice.wait_reason, slice.time_class});
  if (bucket == profile.buckets().end()) return 0;
  const Times& times = bucket->second;
  const double share =
      static_cast<double>(slice.length) / static_cast<double>(times[slice.time_class]);
  return std::llround(static_cast<double>(times.cpu) * share);
}

// From each sample to the next one nothing changes: so gaps have rows, and the end.
std::vector<SampleRow> MakeRows(const Profile& profile, const SampleSeries& series,
                                ThreadIndex thread, GeckoTables& tables,
                                GeckoCategories& categories) {
  std::vector<SampleRow> rows;
  Nanos end = 0;
  Nanos cpu = 0;
  for (const SampleSlice& slice : series.Of(thread)) {
    if (slice.length == 0) continue;
    if (!rows.empty() && slice.begin > end) {
      rows.push_back({.time = end, .cpu = std::exchange(cpu, 0)});
    }
    rows.push_back({tables.Stack(slice.stack, categories.Of(slice)), slice.begin, slice.length,
                    std::exchange(cpu, CpuOf(profile, thread, slice))});
    end = slice.end();
  }
  if (!rows.empty()) rows.push_back({.time = end, .cpu = cpu});
  return rows;
}

void WriteRows(const std::vector<SampleRow>& rows, JsonWriter& json) {
  json.Key("samples").BeginObject().Field("length", rows.size()).Key("stack").BeginArray();
  for (const SampleRow& row : rows) row.stack ? json.Value(*row.stack) : json.Null();
  json.EndArray().Key("time").BeginArray();
  for (const SampleRow& row : rows) json.Value(Milliseconds(row.time));
  json.EndArray().Key("weight").BeginArray();
  for (const SampleRow& row : rows) json.Value(Milliseconds(row.weight));
  json.EndArray().Key("threadCPUDelta").BeginArray();
  for (const SampleRow& row : rows) json.Value(row.cpu);
  json.EndArray().Field("weightType", "tracing-ms").EndObject();
}

void WriteNoMarkers(JsonWriter& json) {
  json.Key("markers").BeginObject().Field("length", 0);
  for (const char* column : {"data", "name", "startTime", "endTime", "phase", "category"}) {
    json.Key(column).BeginArray().EndArray();
  }
  json.EndObject();
}

void WriteThread(const Profile& profile, const ThreadInfo& thread,
                 const std::vector<SampleRow>& rows, const GeckoTables& tables, JsonWriter& json) {
  const TargetInfo& target = profile.targets()[thread.target];
  json.BeginObject()
      .Field("name", std::string_view(ViewerName(thread.name)))
      .Field("isMainThread", thread.tid == target.pid)
      .Field("processType", "default")
      .Field("processName", std::string_view(ProcessName(target)))
      .Field("processStartupTime", 0)
      .Key("processShutdownTime")
      .Null()
      .Field("registerTime", Milliseconds(rows.front().time))
      .Field("unregisterTime", Milliseconds(rows.back().time))
      .Field("pid", std::string_view(absl::StrCat(target.pid)))
      .Field("tid", thread.tid)
      .Key("pausedRanges")
      .BeginArray()
      .EndArray();
  WriteRows(rows, json);
  WriteNoMarkers(json);
  tables.Write(json);
  json.EndObject();
}

void WriteMeta(const Profile& profile, const GeckoCategories& categories, JsonWriter& json) {
  const double rate = profile.figures().rate_hz > 0 ? profile.figures().rate_hz : kUsualRateHz;
  const auto start = static_cast<Nanos>(absl::ToUnixNanos(profile.start()));
  json.Key("meta")
      .BeginObject()
      .Field("version", kGeckoVersion)
      .Field("preprocessedProfileVersion", kProcessedVersion)
      .Field("product", std::string_view(ProfileTitle(profile)))
      .Field("importedFrom", "Spyhop")
      .Field("processType", 0)
      .Field("interval", Milliseconds(kSecond) / rate)
      .Field("startTime", Milliseconds(start))
      .Field("stackwalk", 1)
      .Field("debug", false)
      .Field("symbolicated", true)
      .Field("usesOnlyOneStackType", true)
      .Field("doesNotUseFrameImplementation", true)
      .Field("sourceCodeIsNotOnSearchfox", true);
  json.Key("sampleUnits")
      .BeginObject()
      .Field("time", "ms")
      .Field("eventDelay", "ms")
      .Field("threadCPUDelta", "ns")
      .EndObject();
  json.Key("markerSchema").BeginArray().EndArray().Key("categories");
  categories.Write(profile, json);
  json.EndObject();
}

}  // namespace

void WriteGecko(const Profile& profile, const ViewOptions& options, Sink& sink) {
  const SampleSeries series(profile, options);
  GeckoCategories categories;
  JsonWriter json(sink);
  json.BeginObject().Key("libs").BeginArray().EndArray().Key("threads").BeginArray();
  for (const ThreadIndex index : series.Threads()) {
    GeckoTables tables(profile);
    const std::vector<SampleRow> rows = MakeRows(profile, series, index, tables, categories);
    if (!rows.empty()) WriteThread(profile, profile.thread(index), rows, tables, json);
  }
  json.EndArray();
  WriteMeta(profile, categories, json);
  json.EndObject().Newline();
}

}  // namespace spyhop
