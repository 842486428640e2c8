// Does this layout, applied to this address, read like a running CPython? The proof behind every
// guess of the finder: an interpreter whose thread states point back to it, whose modules, sys and
// builtins are dicts, whose sys.hexversion can be read, and a frame whose code has a file name.
//
// Reads only: a few when the guess is wrong, some hundred when it is right. The target runs
// meanwhile, so a frame may be torn; the caller then tries again.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERPRETER_TRIAL_H_
#define SPYHOP_SAMPLER_PYTHON_INTERPRETER_TRIAL_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"

namespace spyhop {

enum class TrialFrames : uint8_t {
  kNone,  // no thread executes Python
  kGood,  // at least one frame leads to its code
  kBad,   // there are frames, none makes sense: torn by the running target, or a wrong layout
};

struct Trial {
  RemoteAddress first;  // the PyInterpreterState at the head of the list
  // sys.hexversion; none while sys is still being filled.
  std::optional<PyVersion> version;
  bool debug = false;                  // sys.gettotalrefcount is there, as in Py_DEBUG builds only
  std::optional<int64_t> max_unicode;  // sys.maxunicode
  TrialFrames frames = TrialFrames::kNone;
};

// The list of interpreters whose first is at `*head_variable`. The status says which address of
// which struct did not make sense; IsStarting of it when there is nothing there *yet*.
absl::StatusOr<Trial> TryInterpreterList(RemoteMemory& memory, const Layout& layout,
                                         RemoteAddress head_variable);
// The same from the address of a PyInterpreterState on.
absl::StatusOr<Trial> TryInterpreter(RemoteMemory& memory, const Layout& layout,
                                     RemoteAddress interpreter);

// A kFailedPrecondition that IsStarting() (interpreter_finder.h) recognises.
absl::Status StartingError(std::string_view message);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERPRETER_TRIAL_H_
