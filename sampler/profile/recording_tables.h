// The strings, frames, stacks, targets and threads of a recording's stream, as ids of a profile.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_TABLES_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_TABLES_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/recording_fields.h"

namespace spyhop {

class RecordingTables {
 public:
  explicit RecordingTables(Profile& profile) : profile_(profile) {}

  // Each adds what a block says is new; false when that refers to what is not there, or is too
  // much.
  bool AddString(std::string_view text);
  bool AddFrames(absl::Span<const uint32_t> files, absl::Span<const uint32_t> functions,
                 absl::Span<const int32_t> lines, absl::Span<const uint32_t> kinds);
  bool AddStacks(absl::Span<const uint32_t> parents, absl::Span<const uint32_t> frames);
  bool AddTarget(TargetInfo info);
  // Another one, or another name of one that there is.
  bool AddThread(IndexedThread thread);

  std::optional<StringId> String(uint64_t id) const;
  std::optional<StackId> Stack(int64_t id) const;
  std::optional<ThreadIndex> Thread(uint64_t index) const;

 private:
  Profile& profile_;
  std::vector<StringId> strings_ = {StringId{}};
  std::vector<FrameId> frames_;
  std::vector<StackId> stacks_ = {kNoStack};
  std::vector<uint32_t> depths_ = {0};
  size_t bytes_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_TABLES_H_
