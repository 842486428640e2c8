#include "sampler/profile/snapshot_tasks.h"

namespace spyhop {

std::string_view Name(AwaitKind kind) {
  switch (kind) {
    case AwaitKind::kTask:
      return "task";
    case AwaitKind::kGather:
      return "gather";
    case AwaitKind::kSleep:
      return "sleep";
    case AwaitKind::kFuture:
      return "future";
    case AwaitKind::kNothing:
      break;
  }
  return "nothing";
}

std::string_view Name(TaskState state) {
  switch (state) {
    case TaskState::kRunning:
      return "running";
    case TaskState::kReady:
      return "ready";
    case TaskState::kWaiting:
      break;
  }
  return "waiting";
}

}  // namespace spyhop
