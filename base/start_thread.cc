#include "base/start_thread.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

// pthread_create(3) has EAGAIN for every limit. EPERM comes from a seccomp filter alone: glibc
// takes clone(2) where clone3(2) is not implemented (ENOSYS), but not where it is not permitted.
const char* RemedyFor(const std::error_code& error) {
  if (error == std::errc::operation_not_permitted) {
    return "the container's seccomp filter refuses clone3, as Docker's did before 20.10.10: update "
           "the container's runtime, or run Spyhop from outside the container";
  }
  return "the limit of threads of this user (ulimit -u), of this container or unit (pids.max), or "
         "of memory (ulimit -v) is reached: raise it";
}

}  // namespace

absl::StatusOr<std::thread> StartThread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    return absl::InternalError(absl::StrCat("cannot start a thread: ", error.code().message(), "; ",
                                            RemedyFor(error.code())));
  }
}

}  // namespace spyhop
