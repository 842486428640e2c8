// Collapsed stacks, as FlameGraph, speedscope and many others take them: one line for each distinct
// stack, `root;...;leaf N`, frames as `function (file:line)` like py-spy's, N = samples.
//
// With per_thread a frame with the thread's name comes first, with several processes one with the
// pid and command before it. No name can break a line: `;` and control characters are escaped.
// Idle samples are left out unless asked for. Lines are sorted.
#ifndef SPYHOP_REPORT_COLLAPSED_H_
#define SPYHOP_REPORT_COLLAPSED_H_

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteCollapsed(const Profile& profile, const ViewOptions& options, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_COLLAPSED_H_
