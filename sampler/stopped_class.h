// Whether a thread that was stopped in user mode was at work for Python or in native code: told
// from where its instruction lies, what the bytecode at its leaf does and, where those leave it
// open, by its callers (stopped_callers.h).
//
// Works on what the stop has copied, after the target has been resumed.
#ifndef SPYHOP_SAMPLER_STOPPED_CLASS_H_
#define SPYHOP_SAMPLER_STOPPED_CLASS_H_

#include "base/clock.h"
#include "interp_layouts/opcodes.h"
#include "sampler/code_places.h"
#include "sampler/native_copy.h"
#include "sampler/profile/time_class.h"
#include "sampler/stopped_callers.h"

namespace spyhop {

// kPython or kNative. `collecting`: it collects garbage, which is the interpreter's work.
TimeClass ClassOfStopped(const NativeCopy& stopped, OpcodeFamily family, bool collecting,
                         CodePlaces& places, StoppedCallers& callers, Nanos now);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_STOPPED_CLASS_H_
