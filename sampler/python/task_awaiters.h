// Says which task goes on when another one ends, by what asyncio has hung on it to be called then:
// the wake-up of the task that awaits it, or what passes its end on to one (gather, wait, wait_for,
// shield, a TaskGroup).
//
// Ten to twenty small reads a task, however many tasks there are. Callbacks of the program's own
// lead nowhere, and as_completed's do not: such a task is nobody's. The target runs: callers
// verify. Bounded; allocates: not while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_TASK_AWAITERS_H_
#define SPYHOP_SAMPLER_PYTHON_TASK_AWAITERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "interp_layouts/asyncio_layouts.h"
#include "interp_layouts/layout.h"
#include "sampler/python/object_reader.h"

namespace spyhop {

class TaskAwaiters {
 public:
  // All must outlive this.
  TaskAwaiters(RemoteMemory& memory, const Layout& layout, const AsyncioLayout& asyncio)
      : memory_(memory), layout_(layout), asyncio_(asyncio), objects_(memory, layout) {}

  // The first of those that await `task`; nothing: nobody does.
  std::optional<RemoteAddress> Of(RemoteAddress task) { return OfFuture(task, 0); }

 private:
  enum class Kind : uint8_t {
    kOther,
    kTask,  // of C, as are futures
    kFuture,
    kTaskOfPython,
    kFutureOfPython,
    kWakeup,   // a C task's own callback, to 3.9
    kBuiltin,  // the same since
    kMethod,
    kFunction,
    kPartial,
  };

  std::optional<RemoteAddress> OfFuture(RemoteAddress future, int steps);
  std::optional<RemoteAddress> ByCallbacks(RemoteAddress list, int steps);
  std::optional<RemoteAddress> ByCallback(RemoteAddress callback, int steps);
  std::optional<RemoteAddress> ByMethod(RemoteAddress method);
  std::optional<RemoteAddress> ByClosure(RemoteAddress function, int steps);
  std::optional<RemoteAddress> ByPartial(RemoteAddress partial, int steps);
  std::optional<RemoteAddress> OnlyTask(std::optional<RemoteAddress> object);
  std::string QualifiedName(RemoteAddress function);
  std::vector<RemoteAddress> TupleItems(RemoteAddress tuple, size_t limit);
  static bool IsTask(Kind kind) { return kind == Kind::kTask || kind == Kind::kTaskOfPython; }
  static bool IsFuture(Kind kind) { return kind == Kind::kFuture || kind == Kind::kFutureOfPython; }
  Kind KindOf(RemoteAddress object);
  Kind KindOfType(RemoteAddress type);

  RemoteMemory& memory_;
  const Layout& layout_;
  const AsyncioLayout& asyncio_;
  ObjectReader objects_;
  absl::flat_hash_map<RemoteAddress, Kind> kinds_;  // by type
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_TASK_AWAITERS_H_
