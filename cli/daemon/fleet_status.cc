#include "cli/daemon/fleet_status.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/version.h"
#include "report/escape.h"
#include "report/json_writer.h"
#include "report/table_header.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

double Share(Nanos part, absl::Duration whole) {
  const double seconds = absl::ToDoubleSeconds(whole);
  return seconds > 0 ? static_cast<double>(part) / static_cast<double>(kSecond) / seconds : 0;
}

std::string Percent(double share) { return absl::StrFormat("%.3g%%", share * 100); }

std::string Budget(const std::string& used, bool limited, const std::string& budget) {
  return limited ? absl::StrCat(used, " (budget ", budget, ")") : used;
}

void WriteHeader(const FleetState& state, Sink& sink) {
  const FleetFigures& figures = state.figures;
  sink.Append(absl::StrCat(
      "spyhop ", Version(), ", up ", Since(figures.started, state.now), "; CPU ",
      Budget(Percent(figures.cpu_share), figures.cpu_budget > 0, Percent(figures.cpu_budget)),
      ", memory ",
      Budget(BytesText(figures.resident_bytes), figures.memory_budget > 0,
             BytesText(figures.memory_budget)),
      ", history ", BytesText(figures.history_bytes), "\n"));
  sink.Append(absl::StrCat(Counted(state.targets.size(), "target"), " watched, ", figures.found,
                           " found, ", figures.ended, " ended, ", figures.failures,
                           " could not be sampled\n"));
}

void WriteTarget(const FleetTarget& target, absl::Time now, JsonWriter& json) {
  json.BeginObject()
      .Field("pid", target.info.pid)
      .Field("start_time", target.start_time)
      .Field("rule", std::string_view(target.rule))
      .Field("python", std::string_view(target.info.python_version))
      .Field("flavour", std::string_view(target.info.flavour));
  json.Key("command").BeginArray();
  for (const std::string& argument : target.info.command) json.Value(std::string_view(argument));
  json.EndArray().Key("labels").BeginObject();
  for (const auto& [name, value] : target.labels) json.Field(name, std::string_view(value));
  json.EndObject()
      .Field("watched_seconds", absl::ToDoubleSeconds(now - target.since))
      .Field("state", std::string_view(StateText(target)))
      .Field("paused", target.paused)
      .Field("asked_hz", target.asked_hz)
      .Field("rate_hz", target.rate_hz)
      .Field("threads", target.threads)
      .Field("samples", target.samples)
      .Field("lost", target.lost)
      .Seconds("stopped_seconds", target.stopped)
      .Seconds("stopped_most_seconds", target.stopped_most)
      .Seconds("own_cpu_seconds", target.own_cpu)
      .EndObject();
}

void WriteFigures(const FleetState& state, JsonWriter& json) {
  const FleetFigures& figures = state.figures;
  json.Key("daemon")
      .BeginObject()
      .Field("version", std::string_view(Version()))
      .Field("up_seconds", absl::ToDoubleSeconds(state.now - figures.started))
      .Seconds("own_cpu_seconds", figures.own_cpu)
      .Field("cpu_share", figures.cpu_share)
      .Field("cpu_budget", figures.cpu_budget)
      .Field("resident_bytes", figures.resident_bytes)
      .Field("memory_budget", figures.memory_budget)
      .Field("history_bytes", figures.history_bytes)
      .Field("found", figures.found)
      .Field("ended", figures.ended)
      .Field("failures", figures.failures)
      .Field("reloads", figures.reloads)
      .Field("refused_reloads", figures.refused_reloads)
      .EndObject();
}

}  // namespace

std::string BytesText(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " bytes");
  double number = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; number >= 1024 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return absl::StrFormat("%.1f %s", number, kUnits[unit]);
}

std::string Since(absl::Time then, absl::Time now) {
  const int64_t seconds = std::max<int64_t>(absl::ToInt64Seconds(now - then), 0);
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  if (seconds < 86400) return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%dd%02dh", seconds / 86400, seconds / 3600 % 24);
}

std::string LabelText(const Labels& labels) { return absl::StrJoin(labels, " ", absl::PairFormatter("=")); }

std::string StateText(const FleetTarget& target) {
  if (!target.problem.ok()) return std::string(target.problem.message());
  if (target.paused) return "paused";
  return target.rate_hz < target.asked_hz ? "slowed" : "ok";
}

void WriteFleetTable(const FleetState& state, size_t width, bool color, Sink& sink) {
  WriteHeader(state, sink);
  if (state.targets.empty()) return;
  using Fit = TextColumn::Fit;
  TextTable table({{"pid"},
                   {"watched"},
                   {"hz"},
                   {"samples"},
                   {"stopped"},
                   {"cpu"},
                   {"python", Fit::kCutRight, 6, 12, true},
                   {"rule", Fit::kCutRight, 6, 20, true},
                   {"labels", Fit::kCutRight, 8, 60, true},
                   {"state", Fit::kCutRight, 6, 100},
                   {"command", Fit::kCutRight, 20, 1000}});
  for (const FleetTarget& target : state.targets) {
    const absl::Duration watched = state.now - target.since;
    table.AddRow({absl::StrCat(target.info.pid), Since(target.since, state.now),
                  ShortNumber(target.rate_hz), absl::StrCat(target.samples),
                  Percent(Share(target.stopped, watched)), Percent(Share(target.own_cpu, watched)),
                  EscapeForTerminal(target.info.python_version), EscapeForTerminal(target.rule),
                  EscapeForTerminal(LabelText(target.labels)), EscapeForTerminal(StateText(target)),
                  EscapeForTerminal(absl::StrJoin(target.info.command, " "))});
  }
  table.Write(sink, width, color);
}

void WriteFleetJson(const FleetState& state, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.status/1");
  json.Field("time", std::string_view(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", state.now,
                                                       absl::UTCTimeZone())));
  WriteFigures(state, json);
  json.Key("targets").BeginArray();
  for (const FleetTarget& target : state.targets) WriteTarget(target, state.now, json);
  json.EndArray().EndObject().Newline();
}

}  // namespace spyhop
