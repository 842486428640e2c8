#include "sampler/profile/recording_tables.h"

#include <utility>

namespace spyhop {
namespace {

constexpr size_t kMostStringBytes = size_t{1} << 30;
constexpr size_t kMostStacks = size_t{1} << 27;
// As deep as the sampler goes, with what native frames add.
constexpr uint32_t kMostDepth = 1 << 20;
constexpr size_t kMostThreads = 1 << 20;
constexpr size_t kMostTargets = 1 << 16;

}  // namespace

bool RecordingTables::AddString(std::string_view text) {
  bytes_ += text.size() + 1;
  if (bytes_ > kMostStringBytes) return false;
  strings_.push_back(profile_.strings().Intern(text));
  return true;
}

bool RecordingTables::AddFrames(absl::Span<const uint32_t> files,
                                absl::Span<const uint32_t> functions,
                                absl::Span<const int32_t> lines, absl::Span<const uint32_t> kinds) {
  if (files.size() != functions.size() || files.size() != lines.size() ||
      files.size() != kinds.size()) {
    return false;
  }
  for (size_t i = 0; i < files.size(); ++i) {
    const std::optional<StringId> file = String(files[i]);
    const std::optional<StringId> function = String(functions[i]);
    const bool known_kind = kinds[i] <= static_cast<uint32_t>(FrameKind::kGc);
    if (!file || !function || !known_kind || lines[i] < 0) return false;
    frames_.push_back(profile_.frames().Intern({.file = *file,
                                                .function = *function,
                                                .line = lines[i],
                                                .kind = static_cast<FrameKind>(kinds[i])}));
  }
  return true;
}

bool RecordingTables::AddStacks(absl::Span<const uint32_t> parents,
                                absl::Span<const uint32_t> frames) {
  if (parents.size() != frames.size() || stacks_.size() + parents.size() > kMostStacks)
    return false;
  for (size_t i = 0; i < parents.size(); ++i) {
    if (parents[i] == 0 || parents[i] > stacks_.size() || frames[i] >= frames_.size()) return false;
    const size_t parent = stacks_.size() - parents[i];
    if (depths_[parent] >= kMostDepth) return false;
    stacks_.push_back(profile_.stacks().Push(stacks_[parent], frames_[frames[i]]));
    depths_.push_back(depths_[parent] + 1);
  }
  return true;
}

bool RecordingTables::AddTarget(TargetInfo info) {
  if (profile_.targets().size() >= kMostTargets) return false;
  profile_.AddTarget(std::move(info));
  return true;
}

bool RecordingTables::AddThread(IndexedThread thread) {
  if (thread.info.target >= profile_.targets().size()) return false;
  const size_t known = profile_.threads().size();
  if (thread.index < known) {
    profile_.thread(ThreadIndex(thread.index)).name = std::move(thread.info.name);
    return true;
  }
  if (thread.index != known || known >= kMostThreads) return false;
  profile_.AddThread(std::move(thread.info));
  return true;
}

std::optional<StringId> RecordingTables::String(uint64_t id) const {
  return id < strings_.size() ? std::optional(strings_[id]) : std::nullopt;
}

std::optional<StackId> RecordingTables::Stack(int64_t id) const {
  const auto index = static_cast<uint64_t>(id);
  return index < stacks_.size() ? std::optional(stacks_[index]) : std::nullopt;
}

std::optional<ThreadIndex> RecordingTables::Thread(uint64_t index) const {
  return index < profile_.threads().size() ? std::optional(ThreadIndex(index)) : std::nullopt;
}

}  // namespace spyhop
