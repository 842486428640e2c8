#include "cli/daemon/metrics.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/absl_view.h"
#include "base/version.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

using SeriesLabels = std::vector<std::pair<std::string, std::string>>;

double Seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

std::string Quoted(std::string_view value) {
  const std::string clean = ReplaceInvalidUtf8(value);
  return absl::StrReplaceAll(clean, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
}

class Text {
 public:
  // All series of a family come after this, and before the next one.
  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    absl::StrAppend(&text_, "# HELP ", AbslView(name), " ", AbslView(help), "\n# TYPE ",
                    AbslView(name), " ", AbslView(type), "\n");
  }
  void Add(const SeriesLabels& labels, double value) {
    absl::StrAppend(&text_, AbslView(name_));
    char separator = '{';
    for (const auto& [name, label] : labels) {
      absl::StrAppend(&text_, std::string(1, separator), name, "=\"", Quoted(label), "\"");
      separator = ',';
    }
    absl::StrAppendFormat(&text_, "%s %.17g\n", labels.empty() ? "" : "}", value);
  }
  void Single(std::string_view name, std::string_view type, std::string_view help, double value) {
    Family(name, type, help);
    Add({}, value);
  }
  void Count(std::string_view name, std::string_view help, uint64_t value) {
    Single(name, "counter", help, static_cast<double>(value));
  }
  void Bytes(std::string_view name, std::string_view help, uint64_t value) {
    Single(name, "gauge", help, static_cast<double>(value));
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void AddDaemon(const FleetFigures& figures, size_t targets, Text& text) {
  text.Family("spyhop_build_info", "gauge", "The version that runs.");
  text.Add({{"version", Version()}}, 1);
  text.Single("spyhop_start_time_seconds", "gauge", "When the daemon was started, since 1970.",
              absl::ToDoubleSeconds(figures.started - absl::UnixEpoch()));
  text.Single("spyhop_cpu_seconds_total", "counter", "CPU time of the daemon.",
              Seconds(figures.own_cpu));
  text.Single("spyhop_cpu_ratio", "gauge", "CPU of the last ten seconds, of one core.",
              figures.cpu_share);
  text.Single("spyhop_cpu_budget_ratio", "gauge", "CPU that it may take of one core; 0: no limit.",
              figures.cpu_budget);
  text.Bytes("spyhop_resident_memory_bytes", "Memory of the daemon.", figures.resident_bytes);
  text.Bytes("spyhop_memory_budget_bytes", "Memory that it may take; 0: no limit.",
             figures.memory_budget);
  text.Bytes("spyhop_history_bytes", "History on disk.", figures.history_bytes);
  text.Single("spyhop_targets", "gauge", "Processes that are watched.",
              static_cast<double>(targets));
  text.Count("spyhop_targets_found_total", "Processes that were ever watched.", figures.found);
  text.Count("spyhop_targets_ended_total", "Watched processes that have ended.", figures.ended);
  text.Count("spyhop_target_failures_total", "Processes that could not be sampled.",
             figures.failures);
  text.Family("spyhop_config_reloads_total", "counter", "Reloads of the configuration.");
  text.Add({{"result", "taken"}}, static_cast<double>(figures.reloads));
  text.Add({{"result", "refused"}}, static_cast<double>(figures.refused_reloads));
}

void AddServers(const std::vector<ServerFigures>& servers, Text& text) {
  struct Row {
    const char* name;
    const char* type;
    const char* help;
    uint64_t ServerFigures::*value;
  };
  constexpr Row kRows[] = {
      {"spyhop_connections", "gauge", "Connections that are open.", &ServerFigures::open},
      {"spyhop_connections_total", "counter", "Connections that came in.",
       &ServerFigures::accepted},
      {"spyhop_requests_total", "counter", "Requests that were answered.",
       &ServerFigures::answered},
      {"spyhop_connections_refused_total", "counter",
       "Connections not let in, or cut off: too many, too large, too slow.",
       &ServerFigures::refused}};
  for (const Row& row : kRows) {
    text.Family(row.name, row.type, row.help);
    for (const ServerFigures& server : servers) {
      text.Add({{"server", std::string(server.server)}}, static_cast<double>(server.*row.value));
    }
  }
}

// What stands for a target in each family.
SeriesLabels Identity(const FleetTarget& target) {
  return {{"pid", absl::StrCat(target.info.pid)}, {"rule", target.rule}};
}

SeriesLabels Info(const FleetTarget& target) {
  SeriesLabels labels = Identity(target);
  labels.emplace_back("python", target.info.python_version);
  labels.emplace_back("executable", target.info.executable);
  labels.emplace_back("start_ticks", absl::StrCat(target.start_time));
  // Theirs cannot be mistaken for ours.
  for (const auto& [name, value] : target.labels) labels.emplace_back("label_" + name, value);
  return labels;
}

struct TargetFamily {
  const char* name;
  const char* type;
  const char* help;
  double (*value)(const FleetTarget&);
  bool is_sum = true;  // else of the others the largest counts
};

constexpr TargetFamily kTargetFamilies[] = {
    {"spyhop_target_samples_total", "counter", "Samples taken.",
     [](const FleetTarget& t) { return static_cast<double>(t.samples); }},
    {"spyhop_target_lost_samples_total", "counter", "Samples that gave no stack.",
     [](const FleetTarget& t) { return static_cast<double>(t.lost); }},
    {"spyhop_target_stopped_seconds_total", "counter", "Time that its threads were held stopped.",
     [](const FleetTarget& t) { return Seconds(t.stopped); }},
    {"spyhop_target_longest_stop_seconds", "gauge", "The longest stop since it is watched.",
     [](const FleetTarget& t) { return Seconds(t.stopped_most); }, false},
    {"spyhop_target_sampling_cpu_seconds_total", "counter", "CPU time that sampling it has cost.",
     [](const FleetTarget& t) { return Seconds(t.own_cpu); }},
    {"spyhop_target_asked_rate_hertz", "gauge", "Samples a second asked for.",
     [](const FleetTarget& t) { return t.asked_hz; }},
    {"spyhop_target_rate_hertz", "gauge", "Samples a second that the budget grants.",
     [](const FleetTarget& t) { return t.rate_hz; }},
    {"spyhop_target_threads", "gauge", "Its threads.",
     [](const FleetTarget& t) { return static_cast<double>(t.threads); }},
    {"spyhop_target_paused", "gauge", "1: it is not sampled, by spyhop ctl pause.",
     [](const FleetTarget& t) { return t.paused ? 1.0 : 0.0; }},
    {"spyhop_target_failing", "gauge", "1: it cannot be sampled.",
     [](const FleetTarget& t) { return t.problem.ok() ? 0.0 : 1.0; }},
};

void AddTargets(const std::vector<FleetTarget>& targets, Text& text) {
  const size_t own = std::min(targets.size(), kMostTargetSeries);
  text.Family("spyhop_target_info", "gauge", "What each target is; join by pid and rule.");
  for (size_t i = 0; i < own; ++i) text.Add(Info(targets[i]), 1);
  for (const TargetFamily& family : kTargetFamilies) {
    text.Family(family.name, family.type, family.help);
    for (size_t i = 0; i < own; ++i) text.Add(Identity(targets[i]), family.value(targets[i]));
    if (own == targets.size()) continue;
    double others = 0;
    for (size_t i = own; i < targets.size(); ++i) {
      const double value = family.value(targets[i]);
      others = family.is_sum ? others + value : std::max(others, value);
    }
    text.Add({{"pid", "other"}, {"rule", ""}}, others);
  }
}

}  // namespace

std::string MetricsText(const FleetFigures& figures, std::vector<FleetTarget> targets,
                        const std::vector<ServerFigures>& servers) {
  Text text;
  AddDaemon(figures, targets.size(), text);
  AddServers(servers, text);
  // The longest watched first, so that a target keeps its series when others come and go.
  std::stable_sort(targets.begin(), targets.end(), [](const FleetTarget& a, const FleetTarget& b) {
    return std::pair(a.since, a.info.pid) < std::pair(b.since, b.info.pid);
  });
  AddTargets(targets, text);
  return text.Take();
}

}  // namespace spyhop
