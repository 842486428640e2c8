#include "report/table_header.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kMostTargets = 8;
constexpr size_t kMostOfCommand = 300;

double Seconds(Nanos time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

std::string Percent(double part, double whole) {
  return whole > 0 ? absl::StrFormat("%.2f %%", 100 * part / whole) : "0 %";
}

std::string TargetLine(const TargetInfo& target, size_t width) {
  std::string command = EscapeForTerminal(absl::StrJoin(target.command, " "));
  if (command.empty()) command = EscapeForTerminal(target.executable);
  const std::string start =
      absl::StrCat("Process ", target.pid, ", Python ", EscapeForTerminal(target.python_version),
                   " (", EscapeForTerminal(target.flavour), "): ");
  const size_t room = width == 0 ? kMostOfCommand : width - std::min(width - 1, start.size());
  return absl::StrCat(start, CutRight(command, room));
}

std::string RateLine(const Profile& profile) {
  const SamplingFigures& figures = profile.figures();
  return absl::StrFormat(
      "Sampled %s at %s Hz (asked: %s Hz) from %s: %s in %s", ShortDuration(profile.duration()),
      ShortNumber(profile.AchievedHz()), ShortNumber(figures.rate_hz),
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", profile.start(), absl::UTCTimeZone()),
      Counted(figures.samples, "sample"), Counted(figures.rounds, "round"));
}

std::string LossLine(const SamplingFigures& figures) {
  return absl::StrCat("Late rounds: ", figures.late_rounds,
                      "; truncated: ", CountsByCause(figures.truncated),
                      "; lost: ", CountsByCause(figures.lost));
}

std::string CostLine(const Profile& profile) {
  const SamplingFigures& figures = profile.figures();
  const DurationHistogram& stops = figures.stops;
  const double sampled = Seconds(profile.sampled());
  std::string line = "Target never stopped";
  if (stops.count() > 0) {
    line =
        absl::StrCat("Target stopped ", Counted(stops.count(), "time"), ", ",
                     Percent(Seconds(stops.total()), sampled), " of the time: median ",
                     ShortDuration(stops.Percentile(0.5)), ", p99 ",
                     ShortDuration(stops.Percentile(0.99)), ", max ", ShortDuration(stops.max()));
  }
  return absl::StrCat(line, "; own CPU ", ShortDuration(figures.own_cpu), " (",
                      Percent(Seconds(figures.own_cpu), Seconds(profile.duration())),
                      " of a core), memory ",
                      ShortNumber(static_cast<double>(figures.own_peak_rss_bytes) / 1e6), " MB");
}

// Time of threads without Python frames, and of samples that gave no stack.
Nanos TimeInNoLine(const Profile& profile, const ViewOptions& options, const Times& whole) {
  Times in_lines;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.stack == kNoStack) continue;
    if (options.filter.KeepsThread(profile.thread(key.thread))) in_lines += times;
  }
  return whole.Wall(options.idle) - in_lines.Wall(options.idle);
}

bool IsWorthAWord(Nanos part, Nanos whole) { return part > 0 && part * 1000 >= whole; }

std::string MeaningLine(const Profile& profile, const ViewOptions& options) {
  const Times times = TimesOfKeptThreads(profile, options.filter);
  const Nanos whole = times.Wall(options.idle);
  const Nanos idle = times[TimeClass::kIdle];
  std::string left_out;
  if (!options.idle && idle > 0) {
    left_out = absl::StrCat("; idle left out: ", ShortDuration(idle), " (--idle counts it)");
  }
  std::vector<std::string> parts;
  if (const Nanos queued = times[TimeClass::kRunQueue]; IsWorthAWord(queued, whole)) {
    parts.push_back(absl::StrCat(ShortDuration(queued), " ready for a CPU (runq)"));
  }
  if (const Nanos no_line = TimeInNoLine(profile, options, times); IsWorthAWord(no_line, whole)) {
    parts.push_back(absl::StrCat(ShortDuration(no_line), " in no line (no Python stack)"));
  }
  return absl::StrCat("Wall-clock time of all threads; 100 % = ", ShortDuration(whole),
                      parts.empty() ? "" : ", of it ", absl::StrJoin(parts, ", "), left_out);
}

}  // namespace

void WriteWrapped(const std::string& line, size_t width, Sink& sink) {
  std::string shown;
  size_t columns = 0;
  for (const absl::string_view word : absl::StrSplit(line, ' ')) {
    const bool fits = columns == 0 || width == 0 || columns + 1 + word.size() <= width;
    absl::StrAppend(&shown, columns == 0 ? "" : fits ? " " : "\n  ", word);
    columns = fits ? columns + (columns == 0 ? 0 : 1) + word.size() : 2 + word.size();
  }
  sink.Append(shown);
  sink.Append("\n");
}

std::string CountsByCause(const std::array<uint64_t, kSampleErrorCodes>& counts) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    parts.push_back(absl::StrCat(counts[i], " ", AbslView(Name(static_cast<SampleErrorCode>(i)))));
  }
  return parts.empty() ? "none" : absl::StrJoin(parts, ", ");
}

Times TimesOfKeptThreads(const Profile& profile, const Filter& filter) {
  Times sum;
  for (const ThreadInfo& thread : profile.threads()) {
    if (filter.KeepsThread(thread)) sum += thread.times;
  }
  return sum;
}

std::string ShortDuration(Nanos duration) {
  const double seconds = Seconds(duration);
  if (duration < kMillisecond) return absl::StrCat(ShortNumber(seconds * 1e6), " us");
  if (duration < kSecond) return absl::StrCat(ShortNumber(seconds * 1e3), " ms");
  return absl::StrCat(ShortNumber(seconds), " s");
}

std::string Counted(uint64_t count, std::string_view thing, std::string_view plural) {
  if (count == 1) return absl::StrCat("1 ", AbslView(thing));
  if (plural.empty()) return absl::StrCat(count, " ", AbslView(thing), "s");
  return absl::StrCat(count, " ", AbslView(plural));
}

std::string ShortNumber(double number) {
  std::string text = absl::StrFormat("%.*f", std::abs(number) < 10 ? 2 : 1, number);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::vector<std::string> TargetLines(const Profile& profile, size_t width) {
  const auto& targets = profile.targets();
  std::vector<std::string> lines;
  for (size_t i = 0; i < std::min(targets.size(), kMostTargets); ++i) {
    lines.push_back(TargetLine(targets[i], width));
  }
  if (targets.size() > kMostTargets) {
    lines.push_back(absl::StrCat(
        "and ", Counted(targets.size() - kMostTargets, "more process", "more processes")));
  }
  return lines;
}

std::vector<std::string> FigureLines(const Profile& profile, const ViewOptions& options) {
  return {RateLine(profile), LossLine(profile.figures()), CostLine(profile),
          MeaningLine(profile, options)};
}

void WriteTableHeader(const Profile& profile, const ViewOptions& options, Sink& sink) {
  for (const std::string& line : TargetLines(profile, options.width)) {
    sink.Append(absl::StrCat(line, "\n"));
  }
  for (const std::string& line : FigureLines(profile, options)) {
    WriteWrapped(line, options.width, sink);
  }
}

}  // namespace spyhop
