#include "report/html_data.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "report/html_gil.h"
#include "report/html_names.h"
#include "report/html_sources.h"
#include "report/html_stacks.h"
#include "report/html_timeline.h"
#include "report/json_profile.h"
#include "report/json_writer.h"
#include "report/wait_profile.h"
#include "sampler/profile/line_profile.h"

namespace spyhop {
namespace {

constexpr size_t kMostLinesOfWait = 5;

void WriteTimes(const Times& times, JsonWriter& json) {
  json.BeginArray();
  for (const Nanos time : times.by_class) json.Value(time);
  json.EndArray();
}

void WriteTargets(const Profile& profile, JsonWriter& json) {
  json.Key("targets").BeginArray();
  for (const TargetInfo& target : profile.targets()) {
    json.BeginObject().Field("pid", target.pid).Key("command").BeginArray();
    for (const std::string& word : target.command) json.Value(std::string_view(HtmlText(word)));
    json.EndArray()
        .Field("executable", std::string_view(HtmlText(target.executable)))
        .Field("version", std::string_view(HtmlText(target.python_version)))
        .Field("flavour", std::string_view(HtmlText(target.flavour)))
        .EndObject();
  }
  json.EndArray();
}

void WriteSampling(const Profile& profile, JsonWriter& json) {
  const SamplingFigures& figures = profile.figures();
  const DurationHistogram& stops = figures.stops;
  json.Key("sampling").BeginObject();
  WriteCounts(profile, json);
  json.Key("stops").BeginObject();
  json.Field("count", stops.count())
      .Field("median_ns", stops.Percentile(0.5))
      .Field("p99_ns", stops.Percentile(0.99))
      .Field("max_ns", stops.max())
      .Field("total_ns", stops.total())
      .EndObject();
  json.Field("own_cpu_ns", figures.own_cpu)
      .Field("own_peak_rss_bytes", figures.own_peak_rss_bytes)
      .EndObject();
}

void WriteHeader(const Profile& profile, const ViewOptions& options, JsonWriter& json) {
  json.Field("schema", "spyhop.html/1").Key("classes").BeginArray();
  for (int c = 0; c < kTimeClasses; ++c) json.Value(Name(static_cast<TimeClass>(c)));
  json.EndArray()
      .Key("options")
      .BeginObject()
      .Field("idle", options.idle)
      .Field("filtered", !options.filter.keeps_all_lines())
      .EndObject();
  WriteTargets(profile, json);
  json.Field("start", std::string_view(absl::FormatTime(absl::RFC3339_full, profile.start(),
                                                        absl::UTCTimeZone())))
      .Field("duration_ns", profile.duration())
      .Field("sampled_ns", profile.sampled());
  WriteSampling(profile, json);
}

void WriteThreads(const Profile& profile, const ViewOptions& options, JsonWriter& json) {
  json.Key("threads").BeginArray();
  for (const ThreadInfo& thread : profile.threads()) {
    if (!options.filter.KeepsThread(thread)) continue;
    json.BeginObject()
        .Field("pid", profile.targets()[thread.target].pid)
        .Field("tid", thread.tid)
        .Field("name", std::string_view(HtmlText(thread.name)))
        .Field("python", thread.python)
        .Field("observed_ns", thread.observed)
        .Field("cpu_ns", thread.times.cpu)
        .Key("times");
    WriteTimes(thread.times, json);
    json.EndObject();
  }
  json.EndArray();
}

std::vector<LineRow> KeptLines(const Profile& profile, const ViewOptions& options) {
  std::vector<LineRow> rows =
      MakeLineProfile(profile, {.per_thread = false}, OfKeptThreads(profile, options.filter));
  std::erase_if(rows, [&](const LineRow& row) {
    const StringTable& strings = profile.strings();
    return !options.filter.KeepsLine(strings.Get(row.file), strings.Get(row.function));
  });
  return rows;
}

void WriteLines(const std::vector<LineRow>& rows, HtmlNames& names, JsonWriter& json) {
  json.Key("lines").BeginArray();
  for (const LineRow& row : rows) {
    json.BeginArray()
        .Value(row.pid)
        .Value(names.String(row.file))
        .Value(row.line)
        .Value(names.String(row.function))
        .Value(static_cast<uint32_t>(row.kind))
        .Value(row.self.cpu)
        .Value(row.self.samples);
    WriteTimes(row.self, json);
    WriteTimes(row.total, json);
    json.EndArray();
  }
  json.EndArray();
}

void WriteSources(const std::vector<HtmlSource>& sources, HtmlNames& names, JsonWriter& json) {
  json.Key("sources").BeginArray();
  for (const HtmlSource& source : sources) {
    json.BeginObject().Field("pid", source.pid).Field("file", names.String(source.file));
    if (!source.numbers.empty()) {
      json.Key("numbers").BeginArray();
      for (const int number : source.numbers) json.Value(number);
      json.EndArray();
    }
    json.Key("text").BeginArray();
    for (const std::string& line : source.lines) json.Value(std::string_view(line));
    json.EndArray().EndObject();
  }
  json.EndArray();
}

// One array for each of several fields of the same rows.
template <typename Rows, typename Field>
void WriteColumn(std::string_view key, const Rows& rows, Field field, JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const auto& row : rows) json.Value(field(row));
  json.EndArray();
}

void WriteStacks(const Profile& profile, const HtmlStacks& stacks, HtmlNames& names,
                 JsonWriter& json) {
  json.Key("stacks").BeginObject().Key("up").BeginArray();
  for (size_t i = 0; i < stacks.nodes.size(); ++i) json.Value(i - stacks.nodes[i].parent);
  json.EndArray();
  const uint32_t other = stacks.merged_nodes > 0 ? names.OtherFrame() : 0;
  bool is_root = true;
  WriteColumn(
      "frame", stacks.nodes,
      [&](const HtmlStacks::Node& node) {
        if (std::exchange(is_root, false)) return int64_t{-1};
        return int64_t{node.merged ? other : names.FrameOf(profile.stacks().Leaf(node.stack))};
      },
      json);
  json.Key("merged")
      .BeginObject()
      .Field("nodes", stacks.merged_nodes)
      .Field("below_ns", stacks.merged_below)
      .EndObject()
      .EndObject();
}

void WriteSamples(const HtmlStacks& stacks, const HtmlNames& names, bool with_before,
                  JsonWriter& json) {
  using Self = HtmlStacks::SelfTime;
  json.Key("samples").BeginObject();
  WriteColumn(
      "node", stacks.times, [](const Self& self) { return self.node; }, json);
  WriteColumn(
      "thread", stacks.times, [&](const Self& self) { return names.Thread(self.thread); }, json);
  WriteColumn(
      "class", stacks.times,
      [](const Self& self) { return static_cast<uint32_t>(self.time_class); }, json);
  WriteColumn(
      "ns", stacks.times, [](const Self& self) { return self.time; }, json);
  json.EndObject();
  if (!with_before) return;
  using Before = HtmlStacks::BeforeTime;
  json.Key("before").BeginObject();
  WriteColumn(
      "node", stacks.before, [](const Before& before) { return before.node; }, json);
  WriteColumn(
      "ns", stacks.before, [](const Before& before) { return before.time; }, json);
  json.EndObject();
}

// LENGTH, N, then N times CLASS, PER MILLE.
using BinContent = std::vector<std::pair<uint32_t, int64_t>>;

BinContent ContentOf(const HtmlTimeline::Bin& bin, Nanos length) {
  BinContent content;
  for (size_t c = 0; c < bin.size(); ++c) {
    const int64_t per_mille = std::llround(bin[c] * 1000 / static_cast<double>(length));
    if (per_mille > 0) content.emplace_back(static_cast<uint32_t>(c), per_mille);
  }
  return content;
}

void WriteRun(size_t length, const BinContent& content, JsonWriter& json) {
  json.Value(length).Value(content.size());
  for (const auto& [time_class, per_mille] : content) json.Value(time_class).Value(per_mille);
}

void WriteRuns(const std::vector<HtmlTimeline::Bin>& bins, Nanos length, JsonWriter& json) {
  json.Key("runs").BeginArray();
  BinContent present;
  size_t repeated = 0;
  for (const HtmlTimeline::Bin& bin : bins) {
    BinContent content = ContentOf(bin, length);
    if (repeated > 0 && content != present) {
      WriteRun(repeated, present, json);
      repeated = 0;
    }
    present = std::move(content);
    ++repeated;
  }
  if (repeated > 0) WriteRun(repeated, present, json);
  json.EndArray();
}

void WriteTimeline(const HtmlTimeline& timeline, const HtmlNames& names, JsonWriter& json) {
  json.Key("timeline");
  if (timeline.bins == 0) {
    json.Null();
    return;
  }
  json.BeginObject()
      .Field("bin_ns", timeline.bin)
      .Field("bins", timeline.bins)
      .Field("left_out", timeline.left_out)
      .Key("rows")
      .BeginArray();
  for (const HtmlTimeline::Row& row : timeline.rows) {
    json.BeginObject().Field("thread", names.Thread(row.thread));
    WriteRuns(row.bins, timeline.bin, json);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

BucketFilter OfKeptStacks(const Profile& profile, const Filter& filter) {
  return [&profile, &filter](const Profile::Key& key) {
    return filter.KeepsThread(profile.thread(key.thread)) && filter.KeepsStack(profile, key.stack);
  };
}

void WriteWaits(const Profile& profile, const ViewOptions& options, HtmlNames& names,
                JsonWriter& json) {
  json.Key("waits").BeginArray();
  for (const WaitRow& row :
       MakeWaitProfile(profile, {.idle = true}, OfKeptStacks(profile, options.filter))) {
    json.BeginArray()
        .Value(static_cast<uint32_t>(row.time_class))
        .Value(names.String(row.reason))
        .Value(row.time)
        .Value(row.samples)
        .Value(row.threads)
        .BeginArray();
    for (size_t i = 0; i < std::min(row.lines.size(), kMostLinesOfWait); ++i) {
      const WaitingLine& line = row.lines[i];
      json.BeginArray()
          .Value(names.String(line.file))
          .Value(line.line)
          .Value(names.String(line.function))
          .Value(line.time)
          .EndArray();
    }
    json.EndArray().EndArray();
  }
  json.EndArray();
}

void WriteGil(const Profile& profile, const ViewOptions& options, HtmlNames& names,
              JsonWriter& json) {
  const HtmlGil gil = MakeHtmlGil(profile, OfKeptStacks(profile, options.filter));
  json.Key("gil").BeginObject().Key("rows").BeginArray();
  for (const HtmlGil::Row& row : gil.rows) {
    const GilHolder holder = ParseGilReason(profile.strings().Get(row.reason));
    json.BeginArray()
        .Value(names.Thread(row.thread))
        .Value(names.String(row.waiter.file))
        .Value(row.waiter.line)
        .Value(names.String(row.waiter.function))
        .Value(names.String(holder.thread))
        .Value(names.String(holder.place))
        .Value(row.time)
        .EndArray();
  }
  json.EndArray()
      .Field("left_out_rows", gil.left_out_rows)
      .Field("left_out_ns", gil.left_out_time)
      .EndObject();
}

}  // namespace

void WriteHtmlData(const Profile& profile, const ViewOptions& options, const BeforeTimes* before,
                   Sink& sink) {
  JsonWriter json(sink);
  HtmlNames names(profile, options.filter);
  json.BeginObject();
  WriteHeader(profile, options, json);
  WriteThreads(profile, options, json);
  const std::vector<LineRow> rows = KeptLines(profile, options);
  WriteLines(rows, names, json);
  WriteSources(ReadHtmlSources(profile, rows, options.open_source), names, json);
  const HtmlStacks stacks = MakeHtmlStacks(profile, options, before);
  WriteStacks(profile, stacks, names, json);
  WriteSamples(stacks, names, before != nullptr, json);
  WriteTimeline(MakeHtmlTimeline(profile, options), names, json);
  WriteWaits(profile, options, names, json);
  WriteGil(profile, options, names, json);
  names.Write(json);
  json.EndObject();
}

}  // namespace spyhop
