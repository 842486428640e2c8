// One stack out of two: each evaluation loop on the native stack stands for the Python frames that
// it evaluates, from one entry frame up to the next.
//
// Both stacks are aligned at their roots, where nothing moves; at the leaf one may be ahead of the
// other by a frame that is being entered or left. Stacks that do not fit are both kept, the native
// one on top, and the caller counts them. Pure.
#ifndef SPYHOP_SAMPLER_NATIVE_MERGE_H_
#define SPYHOP_SAMPLER_NATIVE_MERGE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "sampler/native_function.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

enum class MergeFit : uint8_t {
  kWhole,     // each loop has its Python frames
  kPartial,   // the root of one is missing: aligned at the leaf
  kMismatch,  // not as many loops as entry frames
};

struct MergedFrame {
  bool is_native = false;
  uint32_t index = 0;  // into the native or the Python stack, leaf first

  friend bool operator==(const MergedFrame&, const MergedFrame&) = default;
};

// Fills `merged`, leaf first; `roles` are those of the native frames, leaf first. `native_whole`:
// they reach the thread's first function.
MergeFit MergeStacks(absl::Span<const NativeRole> roles, bool native_whole, const RawStack& python,
                     std::vector<MergedFrame>& merged);

// Leaves out what tells nothing: how the interpreter evaluates and calls, and what has started it
// or the thread.
void FoldInternals(absl::Span<const NativeRole> roles, std::vector<MergedFrame>& merged);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_MERGE_H_
