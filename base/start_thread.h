// Starts a thread, or says that the machine has none left: in a daemon that must fail one target,
// not the program.
#ifndef SPYHOP_BASE_START_THREAD_H_
#define SPYHOP_BASE_START_THREAD_H_

#include <functional>
#include <thread>

#include "absl/status/statusor.h"

namespace spyhop {

// Error: kResourceExhausted.
absl::StatusOr<std::thread> StartThread(std::function<void()> work);

}  // namespace spyhop

#endif  // SPYHOP_BASE_START_THREAD_H_
