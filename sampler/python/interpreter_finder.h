// Finds the CPython in a running process.
//
// Order: symbols of every mapped object (the executable first) -> the .PyRuntime section -> the
// cookie of 3.13+ in writable mappings -> a scan of .data and .bss for something that behaves like
// a runtime. Each candidate is validated by reading it: interpreter, thread list, one thread state
// that points back; names prove nothing. Version from the target itself (Py_Version, debug
// offsets, version string), never from a path. Never stops the target. Costs milliseconds (ELF
// files are opened); a scan tens of them.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERPRETER_FINDER_H_
#define SPYHOP_SAMPLER_PYTHON_INTERPRETER_FINDER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/remote_memory.h"
#include "sampler/python/interpreter.h"
#include "sampler/target/target_files.h"

namespace spyhop {

// Errors: kFailedPrecondition: no Python here (the message says what was looked at), or one that
// is still starting (`IsStarting` of the status); kUnimplemented: a version that is not supported,
// naming it and the supported ones; kPermissionDenied, kNotFound as they come from the files.
absl::StatusOr<Interpreter> FindInterpreter(const TargetFiles& files, RemoteMemory& memory);

// True for the error of a process that has a CPython which has not come up yet (or has just been
// finalized): worth another try some milliseconds later.
bool IsStarting(const absl::Status& status);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERPRETER_FINDER_H_
