#include "report/html_stacks.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace spyhop {
namespace {

constexpr Nanos kFirstBoundPart = 10'000;  // 0.01 %
constexpr uint32_t kNotThere = UINT32_MAX;

size_t Index(StackId stack) { return static_cast<size_t>(stack); }

class StackPicker {
 public:
  StackPicker(const Profile& profile, const ViewOptions& options, const BeforeTimes* before)
      : trie_(profile.stacks()), totals_(trie_.size(), 0) {
    for (const auto& bucket : profile.buckets()) {
      const Profile::Key& key = bucket.first;
      if (!options.filter.KeepsThread(profile.thread(key.thread)) ||
          !options.filter.KeepsStack(profile, key.stack)) {
        continue;
      }
      kept_.push_back(&bucket);
      totals_[Index(key.stack)] += bucket.second.Wall(true);
    }
    if (before != nullptr) before_.insert(before->begin(), before->end());
    for (const auto& [stack, time] : before_) totals_[Index(stack)] += time;
    for (size_t i = totals_.size(); i-- > 1;) {
      totals_[Index(trie_.Parent(StackId(i)))] += totals_[i];
    }
  }

  HtmlStacks Pick(size_t most_nodes) {
    result_.merged_below = Bound(most_nodes);
    NumberNodes();
    AddTimes();
    return std::move(result_);
  }

 private:
  size_t CountFrom(Nanos bound) const {
    return static_cast<size_t>(
        std::count_if(totals_.begin(), totals_.end(), [&](Nanos t) { return t >= bound; }));
  }

  // The time from which a node is kept; 0: all are that have any.
  Nanos Bound(size_t most_nodes) const {
    if (CountFrom(1) <= most_nodes) return 0;
    Nanos bound = std::max<Nanos>(totals_[0] / kFirstBoundPart, 1);
    // Each kept node can get one more below it, for what is merged there.
    while (2 * CountFrom(bound) > most_nodes && bound < totals_[0]) bound *= 2;
    return bound;
  }

  // A node's parent has at least its time: it is kept when the node is, and comes before it.
  void NumberNodes() {
    const Nanos bound = std::max<Nanos>(result_.merged_below, 1);
    number_.assign(trie_.size(), kNotThere);
    number_[0] = Append(0, kNoStack, false);
    for (size_t i = 1; i < totals_.size(); ++i) {
      const uint32_t parent = number_[Index(trie_.Parent(StackId(i)))];
      if (totals_[i] <= 0) continue;
      if (totals_[i] >= bound) {
        number_[i] = Append(parent, StackId(i), false);
      } else {
        number_[i] = OtherBelow(parent);
        ++result_.merged_nodes;
      }
    }
  }

  uint32_t OtherBelow(uint32_t parent) {
    if (result_.nodes[parent].merged) return parent;
    const auto [entry, fresh] = others_.try_emplace(parent, 0);
    if (fresh) entry->second = Append(parent, result_.nodes[parent].stack, true);
    return entry->second;
  }

  uint32_t Append(uint32_t parent, StackId stack, bool merged) {
    result_.nodes.push_back({.parent = parent, .stack = stack, .merged = merged});
    return static_cast<uint32_t>(result_.nodes.size() - 1);
  }

  void AddTimes() {
    std::map<std::tuple<uint32_t, ThreadIndex, size_t>, Nanos> sums;
    for (const auto* bucket : kept_) {
      const auto& [key, times] = *bucket;
      for (size_t c = 0; c < times.by_class.size(); ++c) {
        if (times.by_class[c] == 0) continue;
        sums[{number_[Index(key.stack)], key.thread, c}] += times.by_class[c];
      }
    }
    for (const auto& [where, time] : sums) {
      const auto& [node, thread, time_class] = where;
      result_.times.push_back({node, thread, static_cast<TimeClass>(time_class), time});
    }
    std::map<uint32_t, Nanos> before;
    for (const auto& [stack, time] : before_) {
      if (time > 0) before[number_[Index(stack)]] += time;
    }
    for (const auto& [node, time] : before) result_.before.push_back({node, time});
  }

  const StackTrie& trie_;
  std::vector<const std::pair<const Profile::Key, Times>*> kept_;
  BeforeTimes before_;
  std::vector<Nanos> totals_;  // of each stack of the trie, with all above it; before and now
  std::vector<uint32_t> number_;
  absl::flat_hash_map<uint32_t, uint32_t> others_;  // by parent
  HtmlStacks result_;
};

}  // namespace

HtmlStacks MakeHtmlStacks(const Profile& profile, const ViewOptions& options,
                          const BeforeTimes* before, size_t most_nodes) {
  return StackPicker(profile, options, before).Pick(most_nodes);
}

}  // namespace spyhop
