// The logical stack of a thread that runs an event loop of asyncio: in place of the loop's frames,
// the tasks that await the one whose code runs, each with the coroutines it is suspended in.
//
// Works on a stack that a round has read, after the target has been resumed. Reads nothing where
// the loop is between two tasks, or there is no loop; else 5 to 25 us: the task that runs, and
// task by task who awaits it. The thread's count of context switches (context_ver) was copied with
// the stack, from 3.11 on in the stop; when it is the same after all has been read, the step that
// was stopped still goes on, and all that await it are where they were. A task whose step has ended
// by now counts when it was met in an earlier sample with the same ones awaiting it at the same
// lines, under a number that no other task has. All else is told as unknown. Not thread-safe.
#ifndef SPYHOP_SAMPLER_TASK_STACKS_H_
#define SPYHOP_SAMPLER_TASK_STACKS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "sampler/attachment.h"
#include "sampler/python/asyncio_tasks.h"
#include "sampler/python/await_chain.h"
#include "sampler/python/raw_stack.h"
#include "sampler/python/task_awaiters.h"
#include "sampler/task_names.h"
#include "sampler/watched_thread.h"

namespace spyhop {

// A task, and where it is suspended.
struct AwaitingTask {
  std::string label;
  std::vector<RawFrame> frames;  // root first
};

struct TaskStack {
  enum class Place : uint8_t {
    kNoLoop,
    kLoop,  // between two tasks, or in a callback that is none
    kTask,
    kUnknown,  // in a task, of which it could not be told which one it is
  };
  Place place = Place::kNoLoop;
  // Of the thread's stack, so many frames from the leaf on are shown. kLoop, kTask.
  size_t shown = 0;
  // kTask: above them, root first.
  absl::Span<const AwaitingTask> awaiting;
  // kTask: the task that runs goes before this frame of the thread's stack.
  size_t step = 0;
  std::string label;
};

class TaskStacks {
 public:
  // Must outlive this.
  explicit TaskStacks(Attachment& attachment);

  // Valid until the next call.
  TaskStack Of(WatchedThread& thread, Nanos now);

 private:
  enum class Role : uint8_t { kOther, kLoop, kAsyncio, kCoroutine };
  // What the frames of a stack are by their code: indices into it, leaf first.
  struct Outline {
    std::optional<size_t> loop;  // who runs the innermost loop
    std::optional<size_t> step;  // the coroutine that the loop, through asyncio, has called
  };
  // A task, and who awaits it.
  struct Link {
    RawTask task;
    AwaitChain chain;
    friend bool operator==(const Link&, const Link&) = default;
  };
  using Links = std::vector<Link>;  // who awaits it after it
  // A task that was told for sure.
  struct Met {
    Links links;
    std::string name;
  };

  Outline OutlineOf(const RawStack& stack, Nanos now);
  Role RoleOf(const RawFrame& frame, Nanos now);
  bool IsReady(RemoteAddress interpreter, Nanos now);
  TaskStack Read(WatchedThread& thread, const Outline& outline, Nanos now);
  std::optional<uint64_t> SwitchesWhenCopied(const WatchedThread& thread);
  bool StepGoesOn(WatchedThread& thread);
  std::optional<size_t> ReadRunning(WatchedThread& thread, Links& links);
  std::optional<size_t> ReadMet(WatchedThread& thread, size_t step, Links& links);
  std::optional<size_t> FrameOf(RemoteAddress task, const RawStack& stack);
  bool ReadLinks(RemoteAddress task, Links& links);
  TaskStack Describe(const Links& links, const Outline& outline, size_t step, const RawStack& stack,
                     Nanos now);
  std::string LabelOf(const RawTask& task, const RawFrame& coroutine, Nanos now);

  Attachment& attachment_;
  std::optional<AsyncioLayout> layout_;
  std::optional<AsyncioTasks> tasks_;
  std::optional<AwaitChains> chains_;
  std::optional<TaskAwaiters> awaiters_;
  TaskNames names_;
  Nanos next_try_ = 0;
  absl::flat_hash_map<uint32_t, Role> roles_;  // by the code's serial
  // The tasks met, by the frame of their coroutine.
  absl::flat_hash_map<RemoteAddress, Met> met_;
  std::vector<AwaitingTask> awaiting_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TASK_STACKS_H_
