#include "sampler/profile/snapshot.h"

#include <algorithm>

namespace spyhop {

std::string_view Name(SnapshotWait::How how) {
  switch (how) {
    case SnapshotWait::How::kNobody:
      return "nobody";
    case SnapshotWait::How::kOwner:
      return "owner";
    case SnapshotWait::How::kWith:
      return "with";
    case SnapshotWait::How::kEnd:
      return "end";
    case SnapshotWait::How::kUnwritten:
      return "unknown";
    case SnapshotWait::How::kEnded:
      return "ended";
  }
  return "unknown";
}

const SnapshotFrame* SnapshotThread::Line() const {
  if (waits_for && waits_for->frame && *waits_for->frame < frames.size()) {
    return &frames[*waits_for->frame];
  }
  const auto found = std::find_if(frames.begin(), frames.end(), [](const SnapshotFrame& frame) {
    return frame.kind == FrameKind::kPython;
  });
  return found == frames.end() ? nullptr : &*found;
}

const SnapshotThread* Snapshot::Find(int tid) const {
  const auto found = std::find_if(threads.begin(), threads.end(),
                                  [tid](const SnapshotThread& each) { return each.tid == tid; });
  return found == threads.end() ? nullptr : &*found;
}

const SnapshotThread* Snapshot::GilHolder(const SnapshotThread& waiter) const {
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const SnapshotThread& each) {
    return each.holds_gil && each.gil == waiter.gil;
  });
  return found == threads.end() ? nullptr : &*found;
}

}  // namespace spyhop
