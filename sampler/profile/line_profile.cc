#include "sampler/profile/line_profile.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace spyhop {
namespace {

constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

struct Bucket {
  const Profile::Key* key;
  const Times* times;
};

// Adds up the buckets of one group (a process, or one of its threads) after the other.
class LineAdder {
 public:
  LineAdder(const Profile& profile, LineGrouping grouping)
      : profile_(profile), grouping_(grouping) {
    absl::flat_hash_map<Frame, uint32_t> lines;
    for (size_t i = 0; i < profile.frames().size(); ++i) {
      Frame place = profile.frames().Get(FrameId(i));
      if (!IsRow(place.kind)) place.kind = FrameKind::kPython;
      if (grouping.per_function) place.line = 0;
      const auto [entry, is_new] = lines.try_emplace(place, static_cast<uint32_t>(places_.size()));
      if (is_new) places_.push_back(place);
      place_of_frame_.push_back(entry->second);
    }
    row_of_place_.assign(places_.size(), kNoRow);
  }

  void AddGroup(std::pair<int, int> pid_tid, const std::vector<Bucket>& buckets) {
    group_ = pid_tid;
    first_row_ = rows_.size();
    for (const Bucket& bucket : buckets) AddBucket(bucket);
    for (size_t i = first_row_; i < rows_.size(); ++i) {
      row_of_place_[row_places_[i]] = kNoRow;
      SortWaits(rows_[i].waits);
    }
  }

  std::vector<LineRow> Take() { return std::move(rows_); }

 private:
  void AddBucket(const Bucket& bucket) {
    ++round_;
    const StackTrie& stacks = profile_.stacks();
    const bool only_rows = HasRow(bucket.key->stack);
    bool is_leaf = true;
    for (StackId s = bucket.key->stack; s != kNoStack; s = stacks.Parent(s)) {
      const FrameId frame = stacks.Leaf(s);
      if (only_rows && !IsRow(profile_.frames().Get(frame).kind)) continue;
      const uint32_t row = RowFor(place_of_frame_[static_cast<size_t>(frame)], *bucket.key);
      if (is_leaf) AddSelf(rows_[row], bucket);
      is_leaf = false;
      if (std::exchange(counted_in_[row], round_) != round_) rows_[row].total += *bucket.times;
    }
  }

  bool IsRow(FrameKind kind) const {
    return kind == FrameKind::kPython || (grouping_.native && kind == FrameKind::kNative);
  }

  bool HasRow(StackId stack) const {
    const StackTrie& stacks = profile_.stacks();
    for (; stack != kNoStack; stack = stacks.Parent(stack)) {
      if (IsRow(profile_.frames().Get(stacks.Leaf(stack)).kind)) return true;
    }
    return false;
  }

  uint32_t RowFor(uint32_t place, const Profile::Key& key) {
    uint32_t& row = row_of_place_[place];
    if (row != kNoRow) return row;
    row = static_cast<uint32_t>(rows_.size());
    const Frame& at = places_[place];
    rows_.push_back({.pid = group_.first,
                     .tid = group_.second,
                     .thread = key.thread,
                     .file = at.file,
                     .line = at.line,
                     .function = at.function,
                     .kind = at.kind});
    row_places_.push_back(place);
    counted_in_.push_back(0);
    return row;
  }

  static void AddSelf(LineRow& row, const Bucket& bucket) {
    row.self += *bucket.times;
    if (bucket.key->wait_reason == StringId{}) return;
    for (Wait& wait : row.waits) {
      if (wait.reason == bucket.key->wait_reason) {
        wait.time += bucket.times->Wall(true);
        return;
      }
    }
    row.waits.push_back({bucket.key->wait_reason, bucket.times->Wall(true)});
  }

  static void SortWaits(std::vector<Wait>& waits) {
    std::sort(waits.begin(), waits.end(), [](const Wait& a, const Wait& b) {
      return a.time != b.time ? a.time > b.time : a.reason < b.reason;
    });
  }

  const Profile& profile_;
  const LineGrouping grouping_;
  std::vector<Frame> places_;  // distinct (file, line, function)
  std::vector<uint32_t> place_of_frame_;
  std::vector<uint32_t> row_of_place_;  // of the present group
  std::vector<uint32_t> row_places_;    // of each row
  std::vector<uint64_t> counted_in_;    // of each row: the last round that added to its total
  std::vector<LineRow> rows_;
  std::pair<int, int> group_;
  size_t first_row_ = 0;
  uint64_t round_ = 0;
};

void SortRows(const Profile& profile, std::vector<LineRow>& rows) {
  const StringTable& strings = profile.strings();
  std::sort(rows.begin(), rows.end(), [&strings](const LineRow& a, const LineRow& b) {
    return std::tuple(a.pid, a.tid, strings.Get(a.file), a.line, strings.Get(a.function)) <
           std::tuple(b.pid, b.tid, strings.Get(b.file), b.line, strings.Get(b.function));
  });
}

}  // namespace

std::optional<FrameId> SelfFrame(const Profile& profile, StackId stack) {
  const StackTrie& stacks = profile.stacks();
  if (stack == kNoStack) return std::nullopt;
  const FrameId leaf = stacks.Leaf(stack);
  for (; stack != kNoStack; stack = stacks.Parent(stack)) {
    const FrameId frame = stacks.Leaf(stack);
    if (profile.frames().Get(frame).kind == FrameKind::kPython) return frame;
  }
  return leaf;
}

std::vector<LineRow> MakeLineProfile(const Profile& profile, LineGrouping grouping,
                                     const BucketFilter& filter) {
  absl::flat_hash_map<std::pair<int, int>, std::vector<Bucket>> groups;
  for (const auto& [key, times] : profile.buckets()) {
    if (filter && !filter(key)) continue;
    const ThreadInfo& thread = profile.thread(key.thread);
    const int pid = profile.targets()[thread.target].pid;
    groups[{pid, grouping.per_thread ? thread.tid : 0}].push_back({&key, &times});
  }
  LineAdder adder(profile, grouping);
  for (const auto& [pid_tid, buckets] : groups) adder.AddGroup(pid_tid, buckets);
  std::vector<LineRow> rows = adder.Take();
  SortRows(profile, rows);
  return rows;
}

}  // namespace spyhop
