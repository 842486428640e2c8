// What tasks are called in a profile: the name that the program gave, else the function of their
// coroutine, for "Task-1234" is another one each time. A program that names each task differently
// must not make the profile grow without end, so there is a bound.
#ifndef SPYHOP_SAMPLER_TASK_NAMES_H_
#define SPYHOP_SAMPLER_TASK_NAMES_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace spyhop {

inline constexpr size_t kMaxTaskNames = 500;

// "Task-1234": asyncio's own name, which no other task of the process has.
bool IsNumberedTask(std::string_view name);

class TaskNames {
 public:
  // "[task NAME]". `given`: as asyncio has it, empty for none.
  std::string LabelOf(std::string_view given, std::string_view function);

 private:
  absl::flat_hash_set<std::string> given_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TASK_NAMES_H_
