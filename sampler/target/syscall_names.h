// Names of x86-64 Linux system calls.
#ifndef SPYHOP_SAMPLER_TARGET_SYSCALL_NAMES_H_
#define SPYHOP_SAMPLER_TARGET_SYSCALL_NAMES_H_

#include <string>

namespace spyhop {

inline constexpr int kFutexCall = 202;
inline constexpr int kRestartCall = 219;

// "futex"; "syscall 999" for one without a name here, "blocked" for -1 (not in a system call).
std::string SyscallName(int number);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_SYSCALL_NAMES_H_
