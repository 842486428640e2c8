// A Python frame as snapshots show it: of a thread's stack, of a task's coroutines. Not while the
// target is stopped: its code may have to be read, and its line table decoded (once each).
#ifndef SPYHOP_SAMPLER_SNAPSHOT_PYTHON_FRAME_H_
#define SPYHOP_SAMPLER_SNAPSHOT_PYTHON_FRAME_H_

#include "sampler/profile/snapshot_frame.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

// False when its code could not be read: `frame` says so by its name.
bool DescribePythonFrame(CodeCache& codes, const RawFrame& raw, SnapshotFrame& frame);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SNAPSHOT_PYTHON_FRAME_H_
