#include "cli/option_values.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/quantity.h"
#include "cli/suggest.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr double kLowestRate = 0.1;
constexpr double kHighestRate = 1e6;
constexpr double kShortestDelay = 0.5;
constexpr double kLongestWindowSeconds = 60;
constexpr double kLongestSeconds = 10 * 365.25 * 86400;

absl::Status Wrong(const std::string& option, const std::string& text, const std::string& right) {
  return absl::InvalidArgumentError(
      absl::StrCat(option, " '", EscapeForTerminal(text), "': ", right));
}

template <typename T>
struct Word {
  const char* text;
  T value;
};

template <typename T, size_t N>
std::string Join(const Word<T> (&words)[N]) {
  return absl::StrJoin(
      words, " ", [](std::string* out, const Word<T>& word) { absl::StrAppend(out, word.text); });
}

template <typename T, size_t N>
absl::StatusOr<T> OneOf(const std::string& option, const std::string& text,
                        const Word<T> (&words)[N]) {
  std::vector<std::string> known;
  for (const Word<T>& word : words) {
    if (text == word.text) return word.value;
    known.push_back(word.text);
  }
  return Wrong(option, text, absl::StrCat("use one of: ", Join(words), Suggestion(text, known)));
}

absl::StatusOr<Nanos> ParseSpan(const char* option, const std::string& text, const char* accepted) {
  const std::optional<double> seconds = NumberWithUnit(text, kDurationUnits);
  if (seconds && *seconds > 0 && *seconds <= kLongestSeconds) {
    return static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
  }
  return Wrong(option, text, accepted);
}

constexpr Word<PauseMode> kPauseWords[] = {{"auto", PauseMode::kAuto},
                                           {"never", PauseMode::kNever}};
constexpr Word<NativeDetail> kNativeWords[] = {{"folded", NativeDetail::kFolded},
                                               {"all", NativeDetail::kAll}};
constexpr Word<SortKey> kSortWords[] = {{"self", SortKey::kSelf},     {"total", SortKey::kTotal},
                                        {"python", SortKey::kPython}, {"native", SortKey::kNative},
                                        {"system", SortKey::kSystem}, {"wait", SortKey::kWait},
                                        {"gil", SortKey::kGil},       {"cpu", SortKey::kCpu}};
constexpr Word<TableView> kViewWords[] = {{"lines", TableView::kLines},
                                          {"functions", TableView::kFunctions},
                                          {"threads", TableView::kThreads},
                                          {"waits", TableView::kWaits}};
constexpr Word<ColorMode> kColorWords[] = {
    {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};

}  // namespace

absl::StatusOr<int> ParsePid(const std::string& text) {
  int pid = 0;
  const bool is_hex = absl::StartsWithIgnoreCase(text, "0x");
  const bool parsed = is_hex ? absl::SimpleHexAtoi(text, &pid) : absl::SimpleAtoi(text, &pid);
  if (parsed && pid > 0) return pid;
  return Wrong("--pid", text, "a process id is a number above 0, like 1234 or 0x4d2");
}

absl::StatusOr<double> ParseRate(const std::string& text) {
  constexpr Unit kUnits[] = {{"khz", 1e3}, {"mhz", 1e6}, {"hz", 1}};
  const std::optional<double> rate = NumberWithUnit(text, kUnits);
  if (rate && *rate >= kLowestRate && *rate <= kHighestRate) return *rate;
  return Wrong("--rate", text, "samples per second are 0.1 to 1000000, like 100, 100hz or 1khz");
}

absl::StatusOr<Nanos> ParseDuration(const std::string& text) {
  return ParseSpan("--duration", text, "a duration is above 0, like 10, 0.5, 30s, 2m or 1h");
}

absl::StatusOr<Nanos> ParseEvery(const std::string& text) {
  return ParseSpan("--every", text, "a time is above 0, like 1, 0.5, 500ms or 2m");
}

absl::StatusOr<Nanos> ParseInstant(const std::string& text) {
  const std::optional<double> seconds = NumberWithUnit(text, kDurationUnits);
  if (seconds && *seconds >= 0 && *seconds <= kLongestSeconds) {
    return static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
  }
  return Wrong("--from or --to", text, "a time since the start is like 0, 10, 0.5, 30s, 2m or 1h");
}

absl::StatusOr<Nanos> ParseDelay(const std::string& text) {
  const std::optional<double> seconds = NumberWithUnit(text, kDurationUnits);
  if (seconds && *seconds >= kShortestDelay && *seconds <= kLongestSeconds) {
    return static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
  }
  return Wrong("--delay", text, "the time between two tables is 0.5 or more, like 2, 500ms or 1m");
}

absl::StatusOr<Nanos> ParseWindow(const std::string& text) {
  const std::optional<double> seconds = NumberWithUnit(text, kDurationUnits);
  if (seconds && *seconds >= 0 && *seconds <= kLongestWindowSeconds) {
    return static_cast<Nanos>(*seconds * static_cast<double>(kSecond));
  }
  return Wrong("--window", text, "the time shown is up to 60 s, like 5 or 15s; 0: since the start");
}

absl::StatusOr<uint64_t> ParseIterations(const std::string& text) {
  uint64_t iterations = 0;
  if (absl::SimpleAtoi(text, &iterations) && iterations > 0) return iterations;
  return Wrong("--iterations", text, "the number of tables is 1 or more");
}

absl::StatusOr<size_t> ParseLimit(const std::string& text) {
  uint32_t limit = 0;
  if (absl::SimpleAtoi(text, &limit)) return size_t{limit};
  return Wrong("--limit", text, "the number of rows is 0 (all of them) or more");
}

absl::StatusOr<size_t> ParseRepeat(const std::string& text) {
  uint32_t times = 0;
  if (absl::SimpleAtoi(text, &times)) return size_t{times};
  return Wrong("--repeat", text, "the number of snapshots is 1 or more, or 0 (until Ctrl-C)");
}

absl::StatusOr<double> ParsePercent(const std::string& text) {
  constexpr Unit kUnits[] = {{"%", 1}};
  const std::optional<double> percent = NumberWithUnit(text, kUnits);
  if (percent && *percent <= 1e6) return *percent;
  return Wrong("--fail-above", text, "a percentage is 0 or more, like 10 or 2.5");
}

absl::StatusOr<PauseMode> ParsePause(const std::string& text) {
  return OneOf("--pause", text, kPauseWords);
}

absl::StatusOr<NativeDetail> ParseNative(const std::string& text) {
  return OneOf("--native", text, kNativeWords);
}

absl::StatusOr<SortKey> ParseSort(const std::string& text) {
  return OneOf("--sort", text, kSortWords);
}

absl::StatusOr<TableView> ParseView(const std::string& text) {
  return OneOf("--view", text, kViewWords);
}

absl::StatusOr<TableView> ParseDiffView(const std::string& text) {
  constexpr Word<TableView> kWords[] = {{"lines", TableView::kLines},
                                        {"functions", TableView::kFunctions}};
  return OneOf("--view", text, kWords);
}

absl::StatusOr<TopView> ParseTopView(const std::string& text) {
  constexpr Word<TopView> kWords[] = {{"lines", TopView::kLines},
                                      {"functions", TopView::kFunctions},
                                      {"threads", TopView::kThreads},
                                      {"stacks", TopView::kStacks},
                                      {"processes", TopView::kProcesses}};
  return OneOf("--view", text, kWords);
}

absl::StatusOr<ColorMode> ParseColor(const std::string& text) {
  return OneOf("--color", text, kColorWords);
}

std::string PauseModes() { return Join(kPauseWords); }
std::string NativeDetails() { return Join(kNativeWords); }
std::string SortKeys() { return Join(kSortWords); }
std::string TableViews() { return Join(kViewWords); }
std::string ColorModes() { return Join(kColorWords); }

absl::StatusOr<std::vector<OutputSpec>> PairOutputs(const std::vector<std::string>& files,
                                                    const std::vector<std::string>& formats) {
  const std::vector<std::string> paths = files.empty() ? std::vector<std::string>{"-"} : files;
  if (formats.size() > 1 && formats.size() != paths.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(formats.size(), " formats (-f) for ", paths.size(),
                     " outputs (-o): give one for all of them, or one for each in the same order"));
  }
  std::vector<OutputSpec> outputs;
  for (size_t i = 0; i < paths.size(); ++i) {
    absl::StatusOr<const Format*> format =
        formats.empty() ? absl::StatusOr<const Format*>(GuessFormat(paths[i]))
                        : FindFormat(formats[formats.size() > 1 ? i : 0]);
    if (!format.ok()) return format.status();
    for (const OutputSpec& other : outputs) {
      if (other.path != paths[i]) continue;
      return Wrong("--output", paths[i], "the same file twice; the second would replace the first");
    }
    outputs.push_back({paths[i], *format});
  }
  return outputs;
}

absl::Status CheckView(const std::string& view, bool sorted,
                       const std::vector<OutputSpec>& outputs) {
  const bool has_table = std::any_of(outputs.begin(), outputs.end(), [](const OutputSpec& output) {
    return output.format->name == "table";
  });
  if (!has_table) {
    return Wrong("--view", view,
                 "views are of the format table, and no output has it; add -f table, or leave "
                 "--view out");
  }
  if (view == "waits" && sorted) {
    return Wrong("--view", view, "it is sorted by time; leave --sort out");
  }
  return absl::OkStatus();
}

}  // namespace spyhop
