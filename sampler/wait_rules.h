// What a blocked thread waits for and whether it has anything to do, as far as its Python frames
// tell. All rules are in one table, wait_rules.inc; beside it stand two that are no matter of
// names: a worker thread that waits for its queue, and a selector that the program polls itself.
//
// Pure functions of what they are given; about 2 us. Names of files and functions are the
// target's: a program that has a frame like the library's is taken for it.
#ifndef SPYHOP_SAMPLER_WAIT_RULES_H_
#define SPYHOP_SAMPLER_WAIT_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/types/span.h"
#include "sampler/profile/time_class.h"
#include "sampler/target/blocking_calls.h"

namespace spyhop {

struct WaitFrame {
  std::string_view file;
  std::string_view function;  // qualified or not
  int line = 0;
};

// The wait's Python side.
struct Waiter {
  std::string_view name;     // "threading.Event", "queue.get"; empty: the frames do not tell
  size_t frame = 0;          // the one that waits; frames.size() when there is none
  bool by_selector = false;  // directly below it: the selectors module
};

Waiter FindWaiter(absl::Span<const WaitFrame> frames);

struct WaitFacts {
  CallKind kind = CallKind::kOther;
  bool has_timeout = false;
  bool main_thread = true;
  std::string_view lock;  // what is known of the lock otherwise: as Waiter::name
};

// kWait or kIdle. Frames are leaf first; without any, the thread runs a program that embeds Python
// (uWSGI), between two calls of it, and is idle.
TimeClass ClassOfWait(absl::Span<const WaitFrame> frames, const Waiter& waiter,
                      const WaitFacts& facts);

// Whether `path` is meant by the table's `file`.
bool IsFile(std::string_view path, std::string_view file);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_WAIT_RULES_H_
