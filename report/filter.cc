#include "report/filter.h"

#include <fnmatch.h>
#include <regex.h>

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr size_t kLongestName = 4096;

bool MatchesGlob(const std::string& glob, std::string_view text) {
  return fnmatch(glob.c_str(), std::string(text.substr(0, kLongestName)).c_str(), 0) == 0;
}

std::string_view LastPart(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

struct Filter::Regex {
  Regex() = default;
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  ~Regex() {
    if (compiled) regfree(&regex);
  }

  regex_t regex;
  bool compiled = false;
};

Filter::Filter() = default;

absl::StatusOr<Filter> Filter::Create(FilterPatterns patterns) {
  Filter filter;
  filter.patterns_ = std::move(patterns);
  const std::string& function = filter.patterns_.function;
  if (function.empty()) return filter;
  auto regex = std::make_shared<Regex>();
  const int error = regcomp(&regex->regex, function.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error != 0) {
    char why[256];
    regerror(error, &regex->regex, why, sizeof(why));
    return absl::InvalidArgumentError(absl::StrCat("--function '", function,
                                                   "' is not a regular expression: ", why,
                                                   "; write a literal bracket as \\("));
  }
  regex->compiled = true;
  filter.regex_ = std::move(regex);
  return filter;
}

bool Filter::KeepsThread(const ThreadInfo& thread) const {
  return patterns_.thread.empty() || MatchesGlob(patterns_.thread, thread.name) ||
         MatchesGlob(patterns_.thread, std::to_string(thread.tid));
}

bool Filter::KeepsLine(std::string_view file, std::string_view function) const {
  if (!patterns_.file.empty()) {
    const bool on_path = patterns_.file.find('/') != std::string::npos;
    if (!MatchesGlob(patterns_.file, file) &&
        (on_path || !MatchesGlob(patterns_.file, LastPart(file)))) {
      return false;
    }
  }
  if (!regex_) return true;
  const std::string name(function.substr(0, kLongestName));
  return regexec(&regex_->regex, name.c_str(), 0, nullptr, 0) == 0;
}

bool Filter::KeepsStack(const Profile& profile, StackId stack) const {
  if (keeps_all_lines()) return true;
  for (; stack != kNoStack; stack = profile.stacks().Parent(stack)) {
    const Frame& frame = profile.frames().Get(profile.stacks().Leaf(stack));
    if (KeepsLine(profile.strings().Get(frame.file), profile.strings().Get(frame.function))) {
      return true;
    }
  }
  return false;
}

BucketFilter OfKeptThreads(const Profile& profile, const Filter& filter) {
  return [&profile, &filter](const Profile::Key& key) {
    return filter.KeepsThread(profile.thread(key.thread));
  };
}

}  // namespace spyhop
