#include "sampler/profile/interner.h"

#include <algorithm>

namespace spyhop {

std::string_view Name(FrameKind kind) {
  switch (kind) {
    case FrameKind::kPython:
      return "python";
    case FrameKind::kNative:
      return "native";
    case FrameKind::kKernel:
      return "kernel";
    case FrameKind::kGc:
      return "gc";
  }
  return "unknown";
}

StringTable::StringTable() { Intern(""); }

StringId StringTable::Intern(std::string_view text) {
  if (const auto found = ids_.find(text); found != ids_.end()) return found->second;
  const StringId id{static_cast<uint32_t>(strings_.size())};
  // A deque never moves its strings, so the views used as keys stay valid.
  ids_.emplace(strings_.emplace_back(text), id);
  return id;
}

FrameId FrameTable::Intern(const Frame& frame) {
  const auto [entry, is_new] = ids_.try_emplace(frame, FrameId(frames_.size()));
  if (is_new) frames_.push_back(frame);
  return entry->second;
}

StackTrie::StackTrie() { nodes_.push_back({kNoStack, FrameId{}}); }

StackId StackTrie::Push(StackId parent, FrameId frame) {
  const uint64_t key = uint64_t{static_cast<uint32_t>(parent)} << 32 | static_cast<uint32_t>(frame);
  const auto [entry, is_new] = children_.try_emplace(key, StackId(nodes_.size()));
  if (is_new) nodes_.push_back({parent, frame});
  return entry->second;
}

StackId StackTrie::Intern(absl::Span<const FrameId> root_first) {
  StackId stack = kNoStack;
  for (const FrameId frame : root_first) stack = Push(stack, frame);
  return stack;
}

std::vector<FrameId> StackTrie::Frames(StackId stack) const {
  std::vector<FrameId> frames;
  for (; stack != kNoStack; stack = Parent(stack)) frames.push_back(Leaf(stack));
  std::reverse(frames.begin(), frames.end());
  return frames;
}

}  // namespace spyhop
