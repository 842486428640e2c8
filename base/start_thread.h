// Starts a thread, or says why there is none: std::thread throws, and where nobody catches that the
// program dies. Old container runtimes refuse clone3(2), and users and containers have limits.
#ifndef SPYHOP_BASE_START_THREAD_H_
#define SPYHOP_BASE_START_THREAD_H_

#include <functional>
#include <thread>

#include "absl/status/statusor.h"

namespace spyhop {

// kInternal: with what can be done. The thread has to be joined.
absl::StatusOr<std::thread> StartThread(std::function<void()> work);

}  // namespace spyhop

#endif  // SPYHOP_BASE_START_THREAD_H_
