#include "report/sample_series.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace spyhop {
namespace {

// Of the profile's duration: how far a slice may lie before its span.
constexpr Nanos kUnseenShare = 200;

// Each stack's place when the call tree is walked depth first, so that stacks with common callers
// are neighbours. A parent's id is always smaller than its children's.
std::vector<size_t> DepthFirstRanks(const StackTrie& stacks) {
  std::vector<size_t> sizes(stacks.size(), 1);
  for (size_t i = stacks.size(); i-- > 1;) {
    sizes[static_cast<size_t>(stacks.Parent(StackId(i)))] += sizes[i];
  }
  std::vector<size_t> ranks(stacks.size(), 0);
  std::vector<size_t> next_child(stacks.size(), 1);
  for (size_t i = 1; i < stacks.size(); ++i) {
    const auto parent = static_cast<size_t>(stacks.Parent(StackId(i)));
    ranks[i] = next_child[parent];
    next_child[parent] += sizes[i];
    next_child[i] = ranks[i] + 1;
  }
  return ranks;
}

// Where slices begin.
class Cursor {
 public:
  explicit Cursor(Nanos duration) : unseen_(duration / kUnseenShare) {}

  // `surplus`: time of the spans before that is still to come.
  void GoTo(const Profile::Span& span, Nanos surplus) {
    const bool follows = last_end_ && span.begin <= *last_end_;
    const Nanos lag = span.begin - now_ - surplus;
    if (!follows || lag > unseen_) now_ = std::max(now_, span.begin);
    last_end_ = span.end;
  }
  Nanos Take(Nanos length) {
    const Nanos begin = now_;
    now_ += length;
    return begin;
  }

 private:
  const Nanos unseen_;
  Nanos now_ = 0;
  std::optional<Nanos> last_end_;
};

}  // namespace

SampleSeries::SampleSeries(const Profile& profile, const ViewOptions& options)
    : profile_(profile),
      options_(options),
      scale_(profile),
      threads_(profile.threads().size()),
      keeps_stack_(profile.stacks().size(), true) {
  for (const TimeDealer::Bucket& bucket : profile.buckets()) {
    threads_[static_cast<size_t>(bucket.first.thread)].buckets.push_back(&bucket);
  }
  for (const Profile::Span& span : profile.timeline()) {
    threads_[static_cast<size_t>(span.place.thread)].spans.push_back(&span);
  }
  const std::vector<size_t> ranks = DepthFirstRanks(profile.stacks());
  const auto order = [&ranks](const TimeDealer::Bucket* bucket) {
    const Profile::Key& place = bucket->first;
    return std::tuple(ranks[static_cast<size_t>(place.stack)], place.time_class, place.wait_reason);
  };
  for (Parts& parts : threads_) {
    std::sort(parts.buckets.begin(), parts.buckets.end(),
              [&](const auto* a, const auto* b) { return order(a) < order(b); });
  }
  for (size_t i = 0; i < keeps_stack_.size(); ++i) {
    keeps_stack_[i] = options.filter.KeepsStack(profile, StackId(i));
  }
}

std::vector<ThreadIndex> SampleSeries::Threads() const {
  std::vector<ThreadIndex> kept;
  for (size_t i = 0; i < threads_.size(); ++i) {
    const ThreadIndex thread{static_cast<uint32_t>(i)};
    if (!threads_[i].buckets.empty() && options_.filter.KeepsThread(profile_.thread(thread))) {
      kept.push_back(thread);
    }
  }
  return kept;
}

bool SampleSeries::Keeps(const Profile::Key& place) const {
  if (place.time_class == TimeClass::kIdle && !options_.idle) return false;
  return keeps_stack_[static_cast<size_t>(place.stack)];
}

std::vector<SampleSlice> SampleSeries::Of(ThreadIndex thread) const {
  const Parts& parts = threads_[static_cast<size_t>(thread)];
  TimeDealer dealer(parts.buckets, parts.spans, scale_);
  Cursor cursor(profile_.duration());
  std::vector<SampleSlice> slices;
  std::vector<TimeDealer::Portion> portions;
  const auto lay = [&] {
    for (const auto& [place, length, count] : portions) {
      const Nanos begin = cursor.Take(length);
      if (!Keeps(place) || (length == 0 && count == 0)) continue;
      slices.push_back({begin, length, place.stack, place.wait_reason, place.time_class, count});
    }
    portions.clear();
  };
  for (const Profile::Span* span : parts.spans) {
    cursor.GoTo(*span, dealer.surplus());
    dealer.Deal(*span, portions);
    lay();
  }
  dealer.DealRest(portions);
  lay();
  return slices;
}

}  // namespace spyhop
