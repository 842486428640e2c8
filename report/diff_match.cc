#include "report/diff_match.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace spyhop {
namespace {

using Places = absl::Span<const PlaceWithTime>;
// Self time of the lines of a function; and of all lines of a file.
using TimeOfLine = absl::btree_map<int64_t, double>;
using FileTimes = absl::flat_hash_map<std::pair<std::string_view, int32_t>, double>;
using Files = absl::btree_map<std::string_view, FileTimes>;

// A copy of a file under another name has so much of its time at the same places.
constexpr double kCopyOverlap = 0.5;
// Only files that have so much of all time are looked for under other names.
constexpr double kCopyShare = 0.05;
// Lines have moved when so much of the time is found again there, and less than half of it here.
constexpr double kMovedOverlap = 0.7;
// Moves are tried between so many lines of a function, those with the most time.
constexpr size_t kMostMoved = 8;

Files FilesOf(Places places) {
  Files files;
  for (const PlaceWithTime& line : places) {
    files[line.place.file][{line.place.function, line.place.line}] += line.self;
  }
  return files;
}

double SumOf(const FileTimes& file) {
  double sum = 0;
  for (const auto& [place, time] : file) sum += time;
  return sum;
}

double SumOf(const Files& files) {
  double sum = 0;
  for (const auto& [name, file] : files) sum += SumOf(file);
  return sum;
}

// The part of two files' time that is at the same places, each file's whole time taken as 1.
double Overlap(const FileTimes& a, const FileTimes& b) {
  const double sum_a = SumOf(a);
  const double sum_b = SumOf(b);
  if (sum_a <= 0 || sum_b <= 0) return 0;
  double common = 0;
  for (const auto& [place, time] : a) {
    const auto other = b.find(place);
    if (other != b.end()) common += std::min(time / sum_a, other->second / sum_b);
  }
  return common;
}

bool ShareFunction(const FileTimes& a, const FileTimes& b) {
  absl::flat_hash_set<std::string_view> functions;
  for (const auto& [place, time] : a) functions.insert(place.first);
  return std::any_of(b.begin(), b.end(),
                     [&](const auto& entry) { return functions.contains(entry.first.first); });
}

// Whole parts of the path, from its end.
size_t CommonParts(std::string_view a, std::string_view b) {
  size_t parts = 0;
  while (!a.empty() && !b.empty()) {
    const size_t slash_a = a.rfind('/');
    const size_t slash_b = b.rfind('/');
    if (a.substr(slash_a + 1) != b.substr(slash_b + 1)) break;
    ++parts;
    a = a.substr(0, slash_a == a.npos ? 0 : slash_a);
    b = b.substr(0, slash_b == b.npos ? 0 : slash_b);
  }
  return parts;
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

struct Candidate {
  std::string_view before;
  std::string_view after;
  size_t parts = 0;
  double overlap = 0;
  auto rank() const { return std::tuple(parts, overlap, before, after); }
};

// Finds for files that are in one profile only what they were called in the other one.
class FileMatcher {
 public:
  FileMatcher(const Files& before, const Files& after) : before_(before), after_(after) {}

  // The name before of each file after.
  absl::flat_hash_map<std::string_view, std::string_view> Match() {
    AddByName();
    AddCopies();
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.rank() > b.rank(); });
    absl::flat_hash_map<std::string_view, std::string_view> names;
    absl::flat_hash_set<std::string_view> taken;
    for (const Candidate& candidate : candidates_) {
      if (names.contains(candidate.after) || taken.contains(candidate.before)) continue;
      names[candidate.after] = candidate.before;
      taken.insert(candidate.before);
    }
    return names;
  }

 private:
  void AddByName() {
    absl::flat_hash_map<std::string_view, std::vector<std::string_view>> by_name;
    for (const auto& [path, file] : before_) {
      if (!after_.contains(path)) by_name[NameOf(path)].push_back(path);
    }
    for (const auto& [path, file] : after_) {
      if (before_.contains(path)) continue;
      const auto same = by_name.find(NameOf(path));
      if (same == by_name.end()) continue;
      for (const std::string_view other : same->second) {
        const FileTimes& times = before_.at(other);
        if (!ShareFunction(times, file)) continue;
        candidates_.push_back({other, path, CommonParts(other, path), Overlap(times, file)});
      }
    }
  }

  void AddCopies() {
    const std::vector<std::string_view> large_before = Large(before_, after_);
    for (const std::string_view path : Large(after_, before_)) {
      for (const std::string_view other : large_before) {
        const double overlap = Overlap(before_.at(other), after_.at(path));
        if (overlap >= kCopyOverlap) candidates_.push_back({other, path, 0, overlap});
      }
    }
  }

  static std::vector<std::string_view> Large(const Files& files, const Files& others) {
    const double least = kCopyShare * SumOf(files);
    std::vector<std::string_view> large;
    for (const auto& [path, file] : files) {
      if (!others.contains(path) && SumOf(file) >= least) large.push_back(path);
    }
    return large;
  }

  const Files& before_;
  const Files& after_;
  std::vector<Candidate> candidates_;
};

// One function in both profiles: self time and index of each of its lines.
struct FunctionLines {
  absl::btree_map<int64_t, std::pair<double, size_t>> before;
  absl::btree_map<int64_t, std::pair<double, size_t>> after;
};

class MoveFinder {
 public:
  explicit MoveFinder(const FunctionLines& lines)
      : before_(Shares(lines.before)), after_(Shares(lines.after)) {}

  // How many lines further on the function's lines are after; 0 when that is not clear.
  int64_t Find() const {
    const double unmoved = OverlapWhenMoved(0);
    double most = 0;
    int64_t found = 0;
    for (const int64_t from : Largest(before_)) {
      for (const int64_t to : Largest(after_)) {
        const double overlap = OverlapWhenMoved(to - from);
        const bool nearer = overlap == most && std::abs(to - from) < std::abs(found);
        if (overlap < most || (overlap == most && !nearer)) continue;
        most = overlap;
        found = to - from;
      }
    }
    return most >= kMovedOverlap && unmoved < most / 2 ? found : 0;
  }

 private:
  static TimeOfLine Shares(const absl::btree_map<int64_t, std::pair<double, size_t>>& lines) {
    double sum = 0;
    for (const auto& [line, entry] : lines) sum += entry.first;
    TimeOfLine shares;
    for (const auto& [line, entry] : lines) {
      if (line > 0 && sum > 0) shares[line] = entry.first / sum;
    }
    return shares;
  }

  static std::vector<int64_t> Largest(const TimeOfLine& lines) {
    std::vector<std::pair<double, int64_t>> by_time;
    for (const auto& [line, time] : lines) by_time.emplace_back(-time, line);
    std::sort(by_time.begin(), by_time.end());
    if (by_time.size() > kMostMoved) by_time.resize(kMostMoved);
    std::vector<int64_t> largest;
    for (const auto& [time, line] : by_time) largest.push_back(line);
    return largest;
  }

  double OverlapWhenMoved(int64_t by) const {
    double common = 0;
    for (const auto& [line, time] : before_) {
      const auto other = after_.find(line + by);
      if (other != after_.end()) common += std::min(time, other->second);
    }
    return common;
  }

  const TimeOfLine before_;
  const TimeOfLine after_;
};

void AddLines(const FunctionLines& lines, size_t function, std::vector<MatchedLine>& matched) {
  const int64_t move = MoveFinder(lines).Find();
  for (const auto& [line, entry] : lines.before) {
    MatchedLine match{.before = entry.second, .function = function};
    const int64_t to = line > 0 ? line + move : line;
    const auto after = lines.after.find(to);
    const bool both_numbered = (line > 0) == (to > 0);
    if (both_numbered && after != lines.after.end()) match.after = after->second.second;
    matched.push_back(match);
  }
  for (const auto& [line, entry] : lines.after) {
    const int64_t from = line > 0 ? line - move : line;
    if ((line > 0) == (from > 0) && lines.before.contains(from)) continue;
    matched.push_back({.after = entry.second, .function = function});
  }
}

}  // namespace

MatchedPlaces MatchPlaces(absl::Span<const PlaceWithTime> before,
                          absl::Span<const PlaceWithTime> after) {
  const Files files_before = FilesOf(before);
  const Files files_after = FilesOf(after);
  const auto names = FileMatcher(files_before, files_after).Match();
  MatchedPlaces matched;
  std::vector<FunctionLines> lines;
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, size_t> index;
  const auto function_of = [&](std::string_view file, std::string_view function) {
    const auto [entry, is_new] = index.try_emplace({file, function}, lines.size());
    if (is_new) {
      lines.emplace_back();
      matched.functions.emplace_back();
    }
    return entry->second;
  };
  for (size_t i = 0; i < before.size(); ++i) {
    const DiffPlace& place = before[i].place;
    const size_t function = function_of(place.file, place.function);
    matched.functions[function].before = DiffPlace{place.file, place.function};
    lines[function].before[place.line] = {before[i].self, i};
  }
  for (size_t i = 0; i < after.size(); ++i) {
    const DiffPlace& place = after[i].place;
    const auto renamed = names.find(place.file);
    const size_t function =
        function_of(renamed == names.end() ? place.file : renamed->second, place.function);
    matched.functions[function].after = DiffPlace{place.file, place.function};
    lines[function].after[place.line] = {after[i].self, i};
  }
  for (size_t i = 0; i < lines.size(); ++i) AddLines(lines[i], i, matched.lines);
  return matched;
}

}  // namespace spyhop
