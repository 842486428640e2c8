#include "report/diff_html.h"

#include "absl/container/flat_hash_map.h"
#include "report/html_report.h"

namespace spyhop {
namespace {

// The earlier profile's stack among the later one's.
StackId SameStack(const Profile& before, StackId stack, Profile& after) {
  StackId same = kNoStack;
  for (const FrameId id : before.stacks().Frames(stack)) {
    Frame frame = before.frames().Get(id);
    frame.file = after.strings().Intern(before.strings().Get(frame.file));
    frame.function = after.strings().Intern(before.strings().Get(frame.function));
    same = after.stacks().Push(same, after.frames().Intern(frame));
  }
  return same;
}

}  // namespace

void WriteDiffHtml(const Profile& before, Profile after, const ViewOptions& options, Sink& sink) {
  const double scale = before.sampled() <= 0 ? 1
                                             : static_cast<double>(after.sampled()) /
                                                   static_cast<double>(before.sampled());
  absl::flat_hash_map<StackId, Nanos> times;
  for (const auto& [key, sums] : before.buckets()) {
    if (!options.filter.KeepsThread(before.thread(key.thread))) continue;
    if (options.filter.KeepsStack(before, key.stack)) times[key.stack] += sums.Wall(false);
  }
  BeforeTimes in_after;
  for (const auto& [stack, time] : times) {
    in_after[SameStack(before, stack, after)] +=
        static_cast<Nanos>(static_cast<double>(time) * scale);
  }
  WriteHtmlReport(after, options, in_after, sink);
}

}  // namespace spyhop
