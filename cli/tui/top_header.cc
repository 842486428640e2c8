#include "cli/tui/top_header.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/table_cells.h"
#include "report/table_header.h"

namespace spyhop {
namespace {

double Seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

double Percent(Nanos part, Nanos whole) {
  return whole > 0 ? 100 * Seconds(part) / Seconds(whole) : 0;
}

uint64_t Sum(const std::array<uint64_t, kSampleErrorCodes>& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

// "3.4 s", "12 min 5 s", "2 h 3 min".
std::string Elapsed(Nanos time) {
  const auto seconds = static_cast<int64_t>(time / kSecond);
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  return absl::StrCat(seconds / 3600, " h ", seconds / 60 % 60, " min");
}

std::string StopText(const TopData& data) {
  Nanos sampled = 0;
  DurationHistogram stops;
  for (const TopProcess& process : data.processes) {
    sampled += process.profile.duration();
    stops.Merge(process.profile.figures().stops);
  }
  if (stops.count() == 0) return "never stopped";
  return absl::StrFormat("stopped %.2f %% (median %s)", Percent(stops.total(), sampled),
                         ShortDuration(stops.Percentile(0.5)));
}

}  // namespace

std::string TargetText(const TopData& data, size_t width) {
  if (data.processes.size() == 1) {
    const bool ended = data.processes.front().ended;
    const std::string mark = ended ? "(ended) " : "";
    const size_t room = width == 0 ? 0 : std::max<size_t>(1, width - std::min(width, mark.size()));
    return mark + TargetLines(data.profile(), room).back();
  }
  std::vector<std::string> pids;
  for (const TopProcess& process : data.processes) {
    pids.push_back(absl::StrCat(process.pid, process.ended ? " (ended)" : ""));
  }
  return absl::StrCat(pids.size(), " processes: ", absl::StrJoin(pids, " "));
}

std::string RateText(const TopData& data) {
  double hz = 0;
  uint64_t threads = 0;
  uint64_t lost = 0;
  uint64_t truncated = 0;
  uint64_t samples = 0;
  for (const TopProcess& process : data.processes) {
    const SamplingFigures& figures = process.profile.figures();
    hz += process.profile.AchievedHz() / static_cast<double>(data.processes.size());
    threads += process.ended ? 0 : process.threads;
    samples += figures.samples;
    lost += Sum(figures.lost);
    truncated += Sum(figures.truncated);
  }
  const double asked = data.processes.front().profile.figures().rate_hz;
  if (asked == 0) return absl::StrCat(Elapsed(data.elapsed), ": the first second is being sampled");
  std::string text = absl::StrCat(
      Elapsed(data.elapsed), absl::StrFormat(" at %.1f Hz (asked: ", hz), ShortNumber(asked), "), ",
      Counted(threads, "thread"), ", ", Counted(samples, "sample"), ", ", lost, " lost");
  if (truncated > 0) absl::StrAppend(&text, ", ", truncated, " truncated");
  absl::StrAppend(&text, absl::StrFormat(", own CPU %.1f %%, ", 100 * data.own_cpu),
                  StopText(data));
  if (data.let_go > 0) {
    absl::StrAppend(&text, ", ", ShortDuration(data.let_go), " at rare places not kept");
  }
  return text;
}

TopLine ClassLine(const TopData& data, bool utf8) {
  Times times;
  Nanos whole = 0;
  for (const ThreadInfo& thread : data.profile().threads()) times += thread.times;
  for (const TopProcess& process : data.processes) {
    whole = std::max(whole, process.profile.duration());
  }
  TopLine line;
  for (const TimeClass c : kAllClasses) {
    line.push_back({absl::StrCat(AbslView(BarCharacter(c, utf8)), " "), StyleOf(c)});
    line.push_back({absl::StrFormat("%s %.1f  ", AbslView(Name(c)), Percent(times[c], whole))});
  }
  return line;
}

std::string ChoiceText(const TopData& data, const TopState& state) {
  std::vector<std::string> parts;
  parts.push_back(
      absl::StrCat("by ", AbslView(Name(state.sort)), state.reverse ? " (reverse)" : ""));
  parts.push_back(state.window == 0 ? "since the start"
                                    : absl::StrCat("last ", state.window / kSecond, " s"));
  if (state.idle) parts.push_back("with idle");
  if (state.per_thread) parts.push_back("per thread");
  if (state.choice) {
    parts.push_back(state.choice->tid != 0 ? absl::StrCat("thread ", state.choice->tid)
                                           : absl::StrCat("process ", state.choice->pid));
  }
  if (!state.filter.empty()) {
    parts.push_back(absl::StrCat("filter '", EscapeForTerminal(state.filter), "'"));
  }
  if (state.paused) parts.push_back("PAUSED");
  const bool all_ended = std::all_of(data.processes.begin(), data.processes.end(),
                                     [](const TopProcess& process) { return process.ended; });
  if (all_ended) parts.push_back("ENDED");
  return absl::StrJoin(parts, ", ");
}

}  // namespace spyhop
