#include "report/call_profile.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

// A cost, and the number of the stack that last added to it.
struct Tally {
  CallCost cost;
  uint64_t last_stack = 0;
};

class CallAdder {
 public:
  CallAdder(const Profile& profile, bool native) : profile_(profile), native_(native) {
    for (size_t i = 0; i <= profile.frames().size(); ++i) {
      function_of_frame_.push_back(FunctionFor(FrameForViewers(profile, i)));
    }
  }

  void AddStack(StackId stack, const Times& times) {
    ++stack_number_;
    times_ = &times;
    const std::vector<size_t> leaf_first = CountedFrames(stack);
    for (size_t i = 0; i < leaf_first.size(); ++i) {
      const size_t function = function_of_frame_[leaf_first[i]];
      NoteLine(functions_[function].first_line, LineOf(leaf_first[i]));
      Count(functions_[function].tally, i == 0);
      if (i + 1 == leaf_first.size()) break;
      Count(calls_[{function, function_of_frame_[leaf_first[i + 1]]}], i == 0);
    }
  }

  // Those that were met, in the order of their names.
  std::vector<CalledFunction> Take() {
    std::vector<CalledFunction> result;
    std::vector<size_t> new_index(functions_.size());
    for (const size_t i : ByName()) {
      const Function& function = functions_[i];
      if (function.tally.last_stack == 0) continue;
      new_index[i] = result.size();
      result.push_back({std::string(names_.Get(function.file)),
                        std::string(names_.Get(function.name)),
                        function.first_line,
                        function.tally.cost,
                        {}});
    }
    for (const auto& [call, tally] : calls_) {
      result[new_index[call.first]].callers.push_back({new_index[call.second], tally.cost});
    }
    for (CalledFunction& function : result) {
      std::sort(function.callers.begin(), function.callers.end(),
                [](const Caller& a, const Caller& b) { return a.function < b.function; });
    }
    return result;
  }

 private:
  struct Function {
    StringId file;
    StringId name;
    int32_t first_line = 0;
    Tally tally;
  };

  size_t FunctionFor(const ViewerFrame& frame) {
    const std::pair key(names_.Intern(frame.file), names_.Intern(frame.function));
    const auto [entry, is_new] = functions_by_name_.try_emplace(key, functions_.size());
    if (is_new) functions_.push_back({.file = key.first, .name = key.second});
    return entry->second;
  }

  // Numbered as for viewers. All of them when none is a function here.
  std::vector<size_t> CountedFrames(StackId stack) const {
    std::vector<size_t> frames = FramesForViewers(profile_, stack);
    std::reverse(frames.begin(), frames.end());
    std::vector<size_t> counted;
    std::copy_if(frames.begin(), frames.end(), std::back_inserter(counted),
                 [this](size_t frame) { return IsFunction(frame); });
    return counted.empty() ? frames : counted;
  }

  const Frame* Known(size_t frame) const {
    return frame < profile_.frames().size() ? &profile_.frames().Get(FrameId(frame)) : nullptr;
  }

  bool IsFunction(size_t frame) const {
    const FrameKind kind = Known(frame) == nullptr ? FrameKind::kPython : Known(frame)->kind;
    return kind == FrameKind::kPython || (native_ && kind == FrameKind::kNative);
  }

  int32_t LineOf(size_t frame) const { return Known(frame) == nullptr ? 0 : Known(frame)->line; }

  static void NoteLine(int32_t& first_line, int32_t line) {
    if (line > 0 && (first_line == 0 || line < first_line)) first_line = line;
  }

  void Count(Tally& tally, bool is_leaf) const {
    const Nanos wall = times_->Wall(true);
    tally.cost.frames += times_->samples;
    if (is_leaf) tally.cost.self += wall;
    if (std::exchange(tally.last_stack, stack_number_) == stack_number_) return;
    tally.cost.samples += times_->samples;
    tally.cost.total += wall;
  }

  std::vector<size_t> ByName() const {
    std::vector<size_t> order(functions_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto name = [this](size_t i) {
      return std::pair(names_.Get(functions_[i].file), names_.Get(functions_[i].name));
    };
    std::sort(order.begin(), order.end(),
              [&name](size_t a, size_t b) { return name(a) < name(b); });
    return order;
  }

  const Profile& profile_;
  const bool native_;
  StringTable names_;
  std::vector<Function> functions_;
  std::vector<size_t> function_of_frame_;  // numbered as for viewers
  absl::flat_hash_map<std::pair<StringId, StringId>, size_t> functions_by_name_;
  absl::flat_hash_map<std::pair<size_t, size_t>, Tally> calls_;  // by callee and caller
  uint64_t stack_number_ = 0;                                    // of the one being added, from 1
  const Times* times_ = nullptr;                                 // its times
};

}  // namespace

std::vector<CalledFunction> MakeCallProfile(const Profile& profile, const ViewOptions& options) {
  std::map<StackId, Times> stacks;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.time_class == TimeClass::kIdle && !options.idle) continue;
    if (!options.filter.KeepsThread(profile.thread(key.thread))) continue;
    if (!options.filter.KeepsStack(profile, key.stack)) continue;
    stacks[key.stack] += times;
  }
  CallAdder adder(profile, options.native);
  for (const auto& [stack, times] : stacks) adder.AddStack(stack, times);
  return adder.Take();
}

}  // namespace spyhop
