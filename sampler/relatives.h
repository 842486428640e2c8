// Which process may have been meant, when the one that was named is none to profile: a wrapper's
// child (`timeout`, `sh -c`, `sudo`), a worker's parent, or a process by the pid that it has inside
// its container.
//
// For errors only: reads the stat of every process (5 us each) and looks for an interpreter in up
// to 20 relatives (some ms each).
#ifndef SPYHOP_SAMPLER_RELATIVES_H_
#define SPYHOP_SAMPLER_RELATIVES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace spyhop {

struct Relative {
  int pid = 0;
  std::string text;  // "its child 25335 (python3) is"
};

// `error` is what attaching to `pid` gave.
std::optional<Relative> FindRelative(int pid, const absl::Status& error);

// The same error, with the relative that was meant as its remedy, where there is one.
absl::Status WithRelative(int pid, absl::Status error);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_RELATIVES_H_
