#include "sampler/native_merge.h"

#include <algorithm>
#include <cstddef>

namespace spyhop {
namespace {

// Appends the Python frames of one evaluation, from `at` to its entry frame.
uint32_t AppendEvaluation(const std::vector<RawFrame>& python, uint32_t at,
                          std::vector<MergedFrame>& merged) {
  while (at < python.size()) {
    merged.push_back({false, at});
    if (python[at++].entry) break;
  }
  return at;
}

void AppendRest(uint32_t at, size_t size, bool native, std::vector<MergedFrame>& merged) {
  for (; at < size; ++at) merged.push_back({native, at});
}

}  // namespace

MergeFit MergeStacks(absl::Span<const NativeRole> roles, bool native_whole, const RawStack& python,
                     std::vector<MergedFrame>& merged) {
  merged.clear();
  const std::vector<RawFrame>& frames = python.frames();
  const auto loops = std::count(roles.begin(), roles.end(), NativeRole::kEvaluation);
  const auto entries = std::count_if(frames.begin(), frames.end(),
                                     [](const RawFrame& frame) { return frame.entry; });
  const bool at_root = native_whole && python.whole();
  const ptrdiff_t ahead = at_root ? loops - entries : 0;
  const bool fits = ahead >= -1 && ahead <= 1;
  if (!fits) {
    AppendRest(0, roles.size(), true, merged);
    AppendRest(0, frames.size(), false, merged);
    return MergeFit::kMismatch;
  }
  uint32_t next = 0;
  // Pushed, and not evaluated yet.
  if (ahead < 0) next = AppendEvaluation(frames, next, merged);
  bool without_frame = ahead > 0;
  for (uint32_t i = 0; i < roles.size(); ++i) {
    merged.push_back({true, i});
    if (roles[i] != NativeRole::kEvaluation) continue;
    if (!without_frame && next < frames.size()) {
      merged.pop_back();
      next = AppendEvaluation(frames, next, merged);
    }
    without_frame = false;
  }
  AppendRest(next, frames.size(), false, merged);
  return at_root ? MergeFit::kWhole : MergeFit::kPartial;
}

void FoldInternals(absl::Span<const NativeRole> roles, std::vector<MergedFrame>& merged) {
  const auto is_python = [](const MergedFrame& frame) { return !frame.is_native; };
  const auto outermost = std::find_if(merged.rbegin(), merged.rend(), is_python).base();
  const auto is_internal = [&](const MergedFrame& frame) {
    return frame.is_native && (roles[frame.index] == NativeRole::kEvaluation ||
                               roles[frame.index] == NativeRole::kCalling);
  };
  const auto has_started_it = [&](const MergedFrame& frame) {
    return is_internal(frame) || roles[frame.index] == NativeRole::kRuntime;
  };
  // A thread without Python frames is shown whole.
  if (outermost != merged.begin()) {
    merged.erase(std::remove_if(outermost, merged.end(), has_started_it), merged.end());
  }
  merged.erase(std::remove_if(merged.begin(), merged.end(), is_internal), merged.end());
}

}  // namespace spyhop
