#include "sampler/target/syscall_names.h"

#include "absl/strings/str_cat.h"

namespace spyhop {

std::string SyscallName(int number) {
  switch (number) {
#define SPYHOP_SYSCALL(value, name) \
  case value:                       \
    return name;
#include "sampler/target/syscall_names.inc"
#undef SPYHOP_SYSCALL
    case -1:
      return "blocked";
    default:
      return absl::StrCat("syscall ", number);
  }
}

}  // namespace spyhop
