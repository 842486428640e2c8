// What the viewers of other projects are shown of a target's names: one line of valid UTF-8, free
// of control characters and of text that changes how what is around it is shown, and not longer
// than somebody reads.
#ifndef SPYHOP_REPORT_VIEWER_NAMES_H_
#define SPYHOP_REPORT_VIEWER_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "sampler/profile/profile.h"

namespace spyhop {

inline constexpr size_t kLongestViewerName = 1000;  // bytes, before escaping

// Cut to kLongestViewerName, with "..." at the end, and escaped.
std::string ViewerName(std::string_view name);

struct ViewerFrame {
  std::string function;
  std::string file;  // of native code the object file, of the kernel's "[kernel]"
  int32_t line = 0;  // 1-based; 0 = not known
};

// Frames are numbered as in the profile. One more stands for the stack of samples that gave none.
ViewerFrame FrameForViewers(const Profile& profile, size_t frame);
// Root first; never empty.
std::vector<size_t> FramesForViewers(const Profile& profile, StackId stack);

// "python3 app.py"; never empty.
std::string ProcessName(const TargetInfo& target);
// "MainThread (tid 7)"; with the pid before it, when there are several processes.
std::string ThreadTitle(const Profile& profile, const ThreadInfo& thread);
// Of the whole: the process' name, or how many they are.
std::string ProfileTitle(const Profile& profile);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_VIEWER_NAMES_H_
