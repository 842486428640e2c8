// The threads that Python's threading module knows, and the names programs give them:
// threading._active in sys.modules.
//
// Read rarely and while the target runs; about five reads a thread. Not while it is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_THREAD_NAMES_H_
#define SPYHOP_SAMPLER_PYTHON_THREAD_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// Each threading.Thread that runs, with its PyThreadState.thread_id (pthread_self()). False when
// they could not be read, as when threading was never imported.
bool ForEachThreadObject(RemoteMemory& memory, const Layout& layout, RemoteAddress interpreter,
                         absl::FunctionRef<void(uint64_t id, RemoteAddress thread)> visit);

// Names by PyThreadState.thread_id (pthread_self()), of the interpreter at `interpreter`. Threads
// that `threading` does not know are absent. Empty when threading was never imported.
absl::flat_hash_map<uint64_t, std::string> ReadThreadNames(RemoteMemory& memory,
                                                           const Layout& layout,
                                                           RemoteAddress interpreter);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_THREAD_NAMES_H_
