#include "report/viewer_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "report/escape.h"
#include "report/utf8.h"

namespace spyhop {

std::string ViewerName(std::string_view name) {
  if (name.size() <= kLongestViewerName) return EscapeForTerminal(name);
  return EscapeForTerminal(Utf8Prefix(name, kLongestViewerName)) + "...";
}

ViewerFrame FrameForViewers(const Profile& profile, size_t frame) {
  if (frame >= profile.frames().size()) return {.function = "(no stack)"};
  const Frame& described = profile.frames().Get(FrameId(frame));
  std::string file = ViewerName(profile.strings().Get(described.file));
  if (file.empty() && described.kind == FrameKind::kKernel) file = "[kernel]";
  return {.function = ViewerName(profile.strings().Get(described.function)),
          .file = std::move(file),
          .line = described.line};
}

std::vector<size_t> FramesForViewers(const Profile& profile, StackId stack) {
  if (stack == kNoStack) return {profile.frames().size()};
  std::vector<size_t> numbers;
  for (const FrameId frame : profile.stacks().Frames(stack)) {
    numbers.push_back(static_cast<size_t>(frame));
  }
  return numbers;
}

std::string ProcessName(const TargetInfo& target) {
  std::string command = ViewerName(absl::StrJoin(target.command, " "));
  return command.empty() ? absl::StrCat("process ", target.pid) : command;
}

std::string ThreadTitle(const Profile& profile, const ThreadInfo& thread) {
  std::string title = absl::StrCat(ViewerName(thread.name), " (tid ", thread.tid, ")");
  if (profile.targets().size() < 2) return title;
  return absl::StrCat("pid ", profile.targets()[thread.target].pid, ": ", title);
}

std::string ProfileTitle(const Profile& profile) {
  const size_t processes = profile.targets().size();
  if (processes != 1) return absl::StrCat(processes, " processes");
  return ProcessName(profile.targets()[0]);
}

}  // namespace spyhop
