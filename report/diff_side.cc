#include "report/diff_side.h"

#include <algorithm>
#include <utility>

#include "sampler/profile/line_profile.h"

namespace spyhop {
namespace {

double Seconds(double nanos) { return nanos / static_cast<double>(kSecond); }

// The rows of all processes, each place once.
std::vector<DiffPlaceTimes> PlacesOf(const Profile& profile, bool per_function) {
  std::vector<DiffPlaceTimes> places;
  absl::flat_hash_map<DiffPlace, size_t> index;
  for (const LineRow& row :
       MakeLineProfile(profile, {.per_thread = false, .per_function = per_function})) {
    const DiffPlace place{profile.strings().Get(row.file), profile.strings().Get(row.function),
                          row.line};
    const auto [entry, is_new] = index.try_emplace(place, places.size());
    if (is_new) places.push_back({.place = place});
    places[entry->second].self += row.self;
    places[entry->second].total += row.total;
  }
  return places;
}

// Shares a span's weight out to the blocks that it touches. `length`: of a block.
void AddSpan(const Profile::Span& span, double weight, double length, std::vector<double>& blocks) {
  const double last = static_cast<double>(blocks.size()) - 1;
  const auto block_of = [&](Nanos instant) {
    return std::clamp(static_cast<double>(instant) / length, 0.0, last + 1);
  };
  const double begin = block_of(span.begin);
  const double end = block_of(span.end);
  const auto first = static_cast<size_t>(std::min(begin, last));
  if (end - begin <= 0) {
    blocks[first] += weight;
    return;
  }
  for (size_t i = first; i < blocks.size() && static_cast<double>(i) < end; ++i) {
    const double from = std::max(begin, static_cast<double>(i));
    const double until = std::min(end, static_cast<double>(i) + 1);
    blocks[i] += weight * (until - from) / (end - begin);
  }
}

// What was moved after the samples had been taken is spread like the rest.
void ScaleToSum(BlockSeries& series) {
  double sum = 0;
  for (const double block : series.blocks) sum += block;
  const double even = series.sum / static_cast<double>(series.blocks.size());
  for (double& block : series.blocks) block = sum > 0 ? block * series.sum / sum : even;
}

}  // namespace

DiffSide::DiffSide(const Profile& profile, bool with_idle)
    : profile_(profile),
      scale_(profile),
      with_idle_(with_idle),
      lines_(PlacesOf(profile, false)),
      functions_(PlacesOf(profile, true)),
      wall_(Seconds(static_cast<double>(profile.duration()))) {
  uint64_t samples = 0;
  for (size_t i = 0; i < lines_.size(); ++i) {
    line_index_[lines_[i].place] = i;
    busy_ += SelfSeconds(lines_[i].self);
    samples += lines_[i].self.Samples(with_idle);
  }
  if (samples > 0) sample_ = busy_ / static_cast<double>(samples);
}

double DiffSide::SelfSeconds(const Times& self) const {
  return Seconds(static_cast<double>(self.Wall(with_idle_)));
}

double DiffSide::rounds() const {
  if (profile_.timeline().empty() || wall_ <= 0) return 0;
  const uint64_t rounds = profile_.figures().rounds;
  return static_cast<double>(rounds > 0 ? rounds : profile_.figures().samples);
}

BlockSeries DiffSide::SeriesOfClock(size_t blocks) const {
  const double length = wall_ / static_cast<double>(std::max(blocks, size_t{1}));
  return {.blocks = std::vector<double>(blocks, length), .sum = wall_};
}

std::vector<BlockSeries> DiffSide::SeriesOf(absl::Span<const int> group_of_line, size_t groups,
                                            size_t blocks) const {
  BlockSeries nothing;
  nothing.blocks.assign(blocks, 0);
  nothing.sample = sample_;
  std::vector<BlockSeries> series(groups, nothing);
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (group_of_line[i] != kNoGroup) series[group_of_line[i]].sum += SelfSeconds(lines_[i].self);
  }
  if (blocks == 0) return series;
  const std::vector<int> group_of_stack = GroupOfStack(group_of_line);
  const double length = static_cast<double>(profile_.duration()) / static_cast<double>(blocks);
  for (const Profile::Span& span : profile_.timeline()) {
    if (!with_idle_ && span.place.time_class == TimeClass::kIdle) continue;
    const int group = group_of_stack[static_cast<size_t>(span.place.stack)];
    if (group != kNoGroup) {
      AddSpan(span, Seconds(scale_.Weight(span)), length, series[group].blocks);
    }
  }
  for (BlockSeries& group : series) ScaleToSum(group);
  return series;
}

// Where the self time of each stack goes to.
std::vector<int> DiffSide::GroupOfStack(absl::Span<const int> group_of_line) const {
  std::vector<int> groups(profile_.stacks().size(), kNoGroup);
  for (size_t i = 1; i < groups.size(); ++i) {
    const std::optional<FrameId> id = SelfFrame(profile_, StackId(i));
    if (!id) continue;
    const Frame& frame = profile_.frames().Get(*id);
    const auto line = line_index_.find(DiffPlace{
        profile_.strings().Get(frame.file), profile_.strings().Get(frame.function), frame.line});
    if (line != line_index_.end()) groups[i] = group_of_line[line->second];
  }
  return groups;
}

}  // namespace spyhop
