#include "report/html_timeline.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "sampler/profile/timeline.h"

namespace spyhop {
namespace {

constexpr size_t kMostThreads = 500;
constexpr size_t kMostBins = 1'000;
constexpr size_t kMostCells = 200'000;

std::vector<ThreadIndex> ThreadsByCpu(const Profile& profile, const Filter& filter) {
  absl::flat_hash_set<ThreadIndex> seen;
  for (const Profile::Span& span : profile.timeline()) seen.insert(span.place.thread);
  std::vector<ThreadIndex> threads;
  for (const ThreadIndex thread : seen) {
    if (filter.KeepsThread(profile.thread(thread))) threads.push_back(thread);
  }
  std::sort(threads.begin(), threads.end(), [&](ThreadIndex a, ThreadIndex b) {
    const Nanos cpu_a = profile.thread(a).times.cpu;
    const Nanos cpu_b = profile.thread(b).times.cpu;
    return cpu_a != cpu_b ? cpu_a > cpu_b : a < b;
  });
  return threads;
}

void Spread(const Profile::Span& span, double weight, Nanos bin,
            std::vector<HtmlTimeline::Bin>& bins) {
  const Nanos begin = std::max<Nanos>(span.begin, 0);
  const Nanos end = std::max(span.end, begin + 1);
  const size_t last = bins.size() - 1;
  for (Nanos at = begin; at < end;) {
    const size_t i = std::min(static_cast<size_t>(at / bin), last);
    const Nanos until = i == last ? end : std::min(end, static_cast<Nanos>(i + 1) * bin);
    const double part = static_cast<double>(until - at) / static_cast<double>(end - begin);
    bins[i][static_cast<size_t>(span.place.time_class)] += weight * part;
    at = until;
  }
}

// Threads that a filter on files or functions leaves without time keep their row: it is empty.
class StackFilter {
 public:
  StackFilter(const Profile& profile, const Filter& filter) : profile_(profile), filter_(filter) {}

  bool Keeps(StackId stack) {
    if (filter_.keeps_all_lines()) return true;
    const auto [entry, fresh] = known_.try_emplace(stack, false);
    if (fresh) entry->second = filter_.KeepsStack(profile_, stack);
    return entry->second;
  }

 private:
  const Profile& profile_;
  const Filter& filter_;
  absl::flat_hash_map<StackId, bool> known_;
};

}  // namespace

HtmlTimeline MakeHtmlTimeline(const Profile& profile, const ViewOptions& options) {
  HtmlTimeline timeline;
  std::vector<ThreadIndex> threads = ThreadsByCpu(profile, options.filter);
  if (threads.empty()) return timeline;
  timeline.left_out = threads.size() - std::min(threads.size(), kMostThreads);
  threads.resize(threads.size() - timeline.left_out);
  Nanos whole = profile.duration();
  for (const Profile::Span& span : profile.timeline()) whole = std::max(whole, span.end);
  timeline.bins = std::min(kMostBins, kMostCells / threads.size());
  timeline.bin = whole / static_cast<Nanos>(timeline.bins) + 1;
  absl::flat_hash_map<ThreadIndex, size_t> row_of;
  for (const ThreadIndex thread : threads) {
    row_of[thread] = timeline.rows.size();
    timeline.rows.push_back({thread, std::vector<HtmlTimeline::Bin>(timeline.bins)});
  }
  const SpanScale scale(profile);
  StackFilter filter(profile, options.filter);
  for (const Profile::Span& span : profile.timeline()) {
    const auto row = row_of.find(span.place.thread);
    if (row == row_of.end() || !filter.Keeps(span.place.stack)) continue;
    Spread(span, scale.Weight(span), timeline.bin, timeline.rows[row->second].bins);
  }
  return timeline;
}

}  // namespace spyhop
