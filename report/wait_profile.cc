#include "report/wait_profile.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace spyhop {
namespace {

using PidTid = std::pair<int, int>;

struct Sum {
  Nanos time = 0;
  uint64_t samples = 0;
  std::set<PidTid> threads;

  void Add(const Times& times, PidTid thread) {
    time += times.Wall(true);
    samples += times.samples;
    threads.insert(thread);
  }
};

// By text and not by id, so that rows of equal time have an order that is always the same.
struct RowKey {
  TimeClass time_class;
  std::string_view reason;
  PidTid thread;  // zeros when threads are added up
  auto operator<=>(const RowKey&) const = default;
};

struct LineKey {
  std::string_view file;
  int32_t line;
  std::string_view function;
  auto operator<=>(const LineKey&) const = default;
};

struct Group {
  WaitRow row;
  Sum sum;
  std::map<LineKey, std::pair<Frame, Sum>> lines;
};

bool Counts(TimeClass time_class, bool idle) {
  return time_class == TimeClass::kWait || time_class == TimeClass::kGil ||
         (idle && time_class == TimeClass::kIdle);
}

void AddBucket(const Profile& profile, const Profile::Key& key, const Times& times, PidTid thread,
               Group& group) {
  if (group.sum.threads.empty()) {
    group.row = {.time_class = key.time_class, .reason = key.wait_reason, .thread = key.thread};
  }
  group.row.thread = std::min(group.row.thread, key.thread);
  group.sum.Add(times, thread);
  const std::optional<FrameId> frame = SelfFrame(profile, key.stack);
  if (!frame) return;
  const Frame& place = profile.frames().Get(*frame);
  const StringTable& strings = profile.strings();
  auto& line = group.lines[{strings.Get(place.file), place.line, strings.Get(place.function)}];
  line.first = place;
  line.second.Add(times, thread);
}

WaitRow Finished(Group group) {
  WaitRow row = std::move(group.row);
  row.time = group.sum.time;
  row.samples = group.sum.samples;
  row.threads = group.sum.threads.size();
  for (const auto& [key, line] : group.lines) {
    const auto& [place, sum] = line;
    row.lines.push_back({.file = place.file,
                         .line = place.line,
                         .function = place.function,
                         .time = sum.time,
                         .samples = sum.samples,
                         .threads = sum.threads.size()});
  }
  std::stable_sort(row.lines.begin(), row.lines.end(),
                   [](const WaitingLine& a, const WaitingLine& b) { return a.time > b.time; });
  return row;
}

}  // namespace

std::vector<WaitRow> MakeWaitProfile(const Profile& profile, WaitGrouping grouping,
                                     const BucketFilter& filter) {
  std::map<RowKey, Group> groups;
  for (const auto& [key, times] : profile.buckets()) {
    if (!Counts(key.time_class, grouping.idle) || (filter && !filter(key))) continue;
    const ThreadInfo& info = profile.thread(key.thread);
    const PidTid thread = {profile.targets()[info.target].pid, info.tid};
    Group& group = groups[{key.time_class, profile.strings().Get(key.wait_reason),
                           grouping.per_thread ? thread : PidTid{}}];
    AddBucket(profile, key, times, thread, group);
  }
  std::vector<WaitRow> rows;
  for (auto& [key, group] : groups) rows.push_back(Finished(std::move(group)));
  std::stable_sort(rows.begin(), rows.end(),
                   [](const WaitRow& a, const WaitRow& b) { return a.time > b.time; });
  return rows;
}

}  // namespace spyhop
