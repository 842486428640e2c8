// From one place that may be CPython's to an Interpreter: picks the layout (from the target's debug
// offsets, or the table that its version or, without one, a trial of every table says) and has
// interpreter_trial prove it.
//
// Used by interpreter_finder only, while the target runs.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERPRETER_PROBE_H_
#define SPYHOP_SAMPLER_PYTHON_INTERPRETER_PROBE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "sampler/python/interpreter.h"
#include "sampler/python/interpreter_scan.h"
#include "sampler/python/interpreter_trial.h"

namespace spyhop {

// What is already known of the candidate: tried first. Only a version that is `certain` (from
// Py_Version) rules out others.
struct ProbeHints {
  std::optional<PyVersion> version;
  bool certain = false;
  bool debug = false;
};

struct ProbeResult {
  Interpreter interpreter;  // `module` and `found_by` left to the caller
  bool has_frames = false;
};

class InterpreterProbe {
 public:
  InterpreterProbe(RemoteMemory& memory, ProbeHints hints) : memory_(memory), hints_(hints) {}

  // `runtime`: may be _PyRuntime.
  absl::StatusOr<ProbeResult> Runtime(RemoteAddress runtime);
  // `variable`: may be interp_head of 2.7 or 3.6.
  absl::StatusOr<ProbeResult> Head(RemoteAddress variable);
  // `variable`: may be _PyThreadState_Current of 2.7 or 3.6. `scan` tells where else to look when
  // no thread holds the GIL for a while.
  absl::StatusOr<ProbeResult> CurrentThread(RemoteAddress variable, InterpreterScan& scan);
  // Nothing is known but the file.
  absl::StatusOr<ProbeResult> Scan(InterpreterScan& scan);

 private:
  using TryLayout = absl::FunctionRef<absl::StatusOr<Trial>(const Layout&)>;

  absl::StatusOr<ProbeResult> ByDebugOffsets(RemoteAddress runtime,
                                             absl::Span<const uint8_t> offsets);
  absl::StatusOr<ProbeResult> ByOffsetsOver(const Layout& base, RemoteAddress runtime,
                                            absl::Span<const uint8_t> offsets, PyVersion version);
  absl::StatusOr<ProbeResult> ByTables(TryLayout try_layout);
  absl::StatusOr<ProbeResult> ByTablesAmong(absl::Span<const Layout* const> layouts,
                                            TryLayout try_layout);
  absl::StatusOr<ProbeResult> ByOneTable(const Layout& layout, TryLayout try_layout);
  std::optional<RemoteAddress> WaitForThread(RemoteAddress variable);
  absl::StatusOr<Trial> TryVariables(const Layout& layout, InterpreterScan& scan);
  void FindHeadVariable(InterpreterScan& scan, Interpreter& interpreter);

  RemoteMemory& memory_;
  ProbeHints hints_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERPRETER_PROBE_H_
