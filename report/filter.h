// What the user wants kept: by file, thread and function (`--file`, `--thread`, `--function`).
//
// A thread is kept by its name or its tid. Tables and JSON rows keep the lines that match; stack
// formats keep the stacks on which some frame matches. Patterns are the user's, names are the
// target's: matching is done by the C library's fnmatch and regexec, which take no stack for long
// names; names count with their first 4,096 bytes. Patterns are matched byte by byte.
#ifndef SPYHOP_REPORT_FILTER_H_
#define SPYHOP_REPORT_FILTER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct FilterPatterns {
  std::string file;      // glob on the path, or on its last part when it has no '/'
  std::string thread;    // glob
  std::string function;  // POSIX extended regular expression, found anywhere in the name
};

class Filter {
 public:
  Filter();  // keeps all
  // kInvalidArgument when the regular expression is not one.
  static absl::StatusOr<Filter> Create(FilterPatterns patterns);

  bool keeps_all_lines() const { return patterns_.file.empty() && !regex_; }
  bool KeepsThread(const ThreadInfo& thread) const;
  bool KeepsLine(std::string_view file, std::string_view function) const;

  // True when a frame of `stack` is kept; remembers nothing, walks the stack.
  bool KeepsStack(const Profile& profile, StackId stack) const;

 private:
  struct Regex;

  FilterPatterns patterns_;
  std::shared_ptr<const Regex> regex_;
};

// Buckets of threads that the filter keeps. Both must outlive it.
BucketFilter OfKeptThreads(const Profile& profile, const Filter& filter);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_FILTER_H_
