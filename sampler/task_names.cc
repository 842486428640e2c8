#include "sampler/task_names.h"

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"

namespace spyhop {
// Lib/asyncio/tasks.py: _task_name_counter.
bool IsNumberedTask(std::string_view name) {
  constexpr std::string_view kPrefix = "Task-";
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
         name.find_first_not_of("0123456789", kPrefix.size()) == name.npos;
}

std::string TaskNames::LabelOf(std::string_view given, std::string_view function) {
  bool use_given = !given.empty() && !IsNumberedTask(given);
  if (use_given && !given_.contains(AbslView(given))) {
    use_given = given_.size() < kMaxTaskNames;
    if (use_given) given_.emplace(AbslView(given));
  }
  return absl::StrCat("[task ", AbslView(use_given ? given : function), "]");
}

}  // namespace spyhop
