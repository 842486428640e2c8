// Says what a suspended task awaits: another task, several (gather, wait, a TaskGroup), a sleep, a
// method of asyncio's own (Queue.get, Lock.acquire), or just a future.
//
// From the future that the task waits for and from its innermost frame: what that frame's function
// of asyncio was called on or with is its first local variable. Ten to thirty reads for a task that
// awaits a gather, two or three for others. The target runs; callers verify.
#ifndef SPYHOP_SAMPLER_AWAITED_H_
#define SPYHOP_SAMPLER_AWAITED_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/profile/snapshot_tasks.h"
#include "sampler/python/asyncio_tasks.h"
#include "sampler/python/await_chain.h"
#include "sampler/python/object_reader.h"

namespace spyhop {

class Awaited {
 public:
  // All must outlive this. `tasks` are all that are not done.
  Awaited(RemoteMemory& memory, const Layout& layout, AsyncioTasks& reader,
          const absl::flat_hash_set<RemoteAddress>& tasks)
      : objects_(memory, layout), reader_(reader), tasks_(tasks) {}

  // `frames` are those of the chain, leaf first.
  SnapshotAwait By(const RawTask& task, const AwaitChain& chain,
                   absl::Span<const SnapshotFrame> frames);

 private:
  bool ByFunction(const SnapshotFrame& frame, RemoteAddress first_local, SnapshotAwait& await);
  void AddTasks(RemoteAddress container, SnapshotAwait& await);
  std::string ClassName(RemoteAddress object);

  ObjectReader objects_;
  AsyncioTasks& reader_;
  const absl::flat_hash_set<RemoteAddress>& tasks_;
  absl::flat_hash_map<RemoteAddress, std::string> classes_;  // names, by type
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_AWAITED_H_
