// Strings, frames and stacks of a profile, each kept once and named by a small id.
//
// Ids are dense, starting at 0, and live as long as the table. Memory grows with the number of
// distinct strings, frames and stacks, not with samples. Used by the sampler's thread only.
#ifndef SPYHOP_SAMPLER_PROFILE_INTERNER_H_
#define SPYHOP_SAMPLER_PROFILE_INTERNER_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace spyhop {

enum class StringId : uint32_t {};
enum class FrameId : uint32_t {};
// kNoStack is the empty stack, the parent of every root frame.
enum class StackId : uint32_t {};
inline constexpr StackId kNoStack{0};

enum class FrameKind : uint8_t { kPython, kNative, kKernel, kGc };
std::string_view Name(FrameKind kind);  // "python", "native", "kernel", "gc"

// One place in the code. Names are UTF-8 and may hold any character: writers escape them.
struct Frame {
  StringId file{};      // of native code: the one that the code is in, as the target sees it
  StringId function{};  // the qualified name where the interpreter has one
  int32_t line = 0;     // 1-based; 0 = not known
  FrameKind kind = FrameKind::kPython;

  friend bool operator==(const Frame&, const Frame&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Frame& f) {
    return H::combine(std::move(h), f.file, f.function, f.line, f.kind);
  }
};

class StringTable {
 public:
  StringTable();  // id 0 is the empty string
  StringId Intern(std::string_view text);
  std::string_view Get(StringId id) const { return strings_[static_cast<size_t>(id)]; }
  size_t size() const { return strings_.size(); }

 private:
  std::deque<std::string> strings_;
  absl::flat_hash_map<std::string_view, StringId> ids_;
};

class FrameTable {
 public:
  FrameId Intern(const Frame& frame);
  const Frame& Get(FrameId id) const { return frames_[static_cast<size_t>(id)]; }
  size_t size() const { return frames_.size(); }

 private:
  std::vector<Frame> frames_;
  absl::flat_hash_map<Frame, FrameId> ids_;
};

// Stacks share their root ends: a stack is its parent (the caller's stack) plus one frame.
class StackTrie {
 public:
  StackTrie();
  StackId Push(StackId parent, FrameId frame);
  // The stack with frames[0] at the root and the last one as leaf.
  StackId Intern(absl::Span<const FrameId> root_first);
  StackId Parent(StackId stack) const { return nodes_[static_cast<size_t>(stack)].parent; }
  FrameId Leaf(StackId stack) const { return nodes_[static_cast<size_t>(stack)].frame; }
  // Root first.
  std::vector<FrameId> Frames(StackId stack) const;
  size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    StackId parent;
    FrameId frame;
  };
  std::vector<Node> nodes_;
  absl::flat_hash_map<uint64_t, StackId> children_;  // parent << 32 | frame
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_INTERNER_H_
