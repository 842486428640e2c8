#include "report/diff_json.h"

#include <algorithm>
#include <string>

#include "absl/time/time.h"
#include "report/json_profile.h"
#include "report/json_writer.h"

namespace spyhop {
namespace {

void WriteSide(std::string_view key, const DiffSummary& side, JsonWriter& json) {
  json.Key(key).BeginObject().Key("targets").BeginArray();
  for (const TargetInfo& target : side.targets) WriteTarget(target, json);
  const std::string start = absl::FormatTime(absl::RFC3339_full, side.start, absl::UTCTimeZone());
  json.EndArray()
      .Field("start", std::string_view(start))
      .Field("duration_s", side.duration_s)
      .Field("achieved_hz", side.achieved_hz)
      .Field("samples", side.samples)
      .Field("busy", side.busy)
      .Field("blocks", uint64_t{side.blocks})
      .EndObject();
}

void WriteRates(std::string_view key, const DiffRates& rates, JsonWriter& json) {
  json.Key(key)
      .BeginObject()
      .Field("self", rates.self)
      .Field("total", rates.total)
      .Field("python", rates[TimeClass::kPython])
      .Field("native", rates[TimeClass::kNative])
      .Field("kernel", rates[TimeClass::kKernel])
      .Field("wait", rates[TimeClass::kWait])
      .Field("gil", rates[TimeClass::kGil])
      .Field("runq", rates[TimeClass::kRunQueue])
      .Field("idle", rates[TimeClass::kIdle])
      .Field("samples", rates.samples)
      .EndObject();
}

void WritePlace(const DiffRow& row, bool is_line, JsonWriter& json) {
  json.Field("file", std::string_view(row.file));
  if (is_line) json.Field("line", row.line);
  json.Field("function", std::string_view(row.function));
  if (row.file_before != row.file) json.Field("file_before", std::string_view(row.file_before));
  if (row.line_before != row.line) json.Field("line_before", row.line_before);
}

void WriteRow(const DiffRow& row, bool is_line, JsonWriter& json) {
  json.BeginObject();
  WritePlace(row, is_line, json);
  json.Field("verdict", Name(row.verdict)).Field("change", row.change);
  if (row.growth) json.Field("growth_percent", 100 * *row.growth);
  if (row.growth_within) {
    json.Field("growth_low_percent", 100 * row.growth_within->low)
        .Field("growth_high_percent", 100 * row.growth_within->high);
  }
  if (row.tested) json.Field("chance", row.chance);
  json.Field("expected", row.expected);
  WriteRates("before", row.before, json);
  WriteRates("after", row.after, json);
  json.EndObject();
}

void WriteRows(std::string_view key, const std::vector<DiffRow>& rows, bool are_lines,
               const Filter& filter, JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const DiffRow& row : rows) {
    if (filter.KeepsLine(row.file, row.function)) WriteRow(row, are_lines, json);
  }
  json.EndArray();
}

void WriteBasis(const ProfileDiff& diff, JsonWriter& json) {
  json.Key("basis")
      .BeginObject()
      .Field("alpha", diff.options.alpha)
      .Field("least_share", diff.options.least_share)
      .Field("least_growth", diff.options.least_growth)
      .Field("idle", diff.options.idle)
      .Field("pace", diff.pace)
      .Field("common_factor", diff.common_factor)
      .Field("phases_too_long", diff.phases_too_long);
  if (diff.resolution) json.Field("resolution_percent", 100 * *diff.resolution);
  json.EndObject();
}

void WriteCounts(std::string_view key, const std::vector<DiffRow>& rows, JsonWriter& json) {
  json.Key(key)
      .BeginObject()
      .Field("slower", std::count_if(rows.begin(), rows.end(), IsSlower))
      .Field("faster", std::count_if(rows.begin(), rows.end(), IsFaster))
      .EndObject();
}

}  // namespace

void WriteDiffJson(const ProfileDiff& diff, const ViewOptions& options, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.diff/1");
  WriteSide("before", diff.before, json);
  WriteSide("after", diff.after, json);
  WriteBasis(diff, json);
  WriteCounts("changed_lines", diff.lines, json);
  WriteCounts("changed_functions", diff.functions, json);
  if (diff.options.fail_above) {
    json.Field("fail_above_percent", *diff.options.fail_above)
        .Field("fails", FailsAbove(diff, *diff.options.fail_above));
  }
  WriteRows("lines", diff.lines, true, options.filter, json);
  WriteRows("functions", diff.functions, false, options.filter, json);
  json.EndObject().Newline();
}

}  // namespace spyhop
