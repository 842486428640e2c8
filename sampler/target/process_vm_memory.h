// The memory of a live process, read with process_vm_readv(2).
//
// Where that call is missing or refused (ENOSYS in odd kernels, seccomp profiles of containers),
// OpenProcessMemory falls back to /proc/PID/mem, once and for all. A batch of up to 1024 requests
// is one system call; a request that cannot be read costs one more. Not thread-safe. Allocates only
// when it is made.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_VM_MEMORY_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_VM_MEMORY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "sampler/target/permission.h"

namespace spyhop {

// Errors: kNotFound no such process; kPermissionDenied, with the remedy.
absl::StatusOr<std::unique_ptr<RemoteMemory>> OpenProcessMemory(int pid);

// Why a process may not be read, and what to do: names Yama, capability, user or namespace,
// whichever it is.
Refusal WhyRefused(int pid);
// The same as an error.
absl::Status PermissionError(int pid);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_VM_MEMORY_H_
