// Finds the target's own table of asyncio's structs (`_AsyncioDebug`, 3.14 and later): a section of
// the _asyncio module, or of the interpreter where that module is built in.
//
// Opens a file or two; some 100 us. Not while the target is stopped.
#ifndef SPYHOP_SAMPLER_ASYNCIO_DEBUG_H_
#define SPYHOP_SAMPLER_ASYNCIO_DEBUG_H_

#include <optional>

#include "base/remote_memory.h"
#include "interp_layouts/asyncio_layouts.h"
#include "sampler/python/interpreter.h"
#include "sampler/target/target_files.h"

namespace spyhop {

// The layout of asyncio in this target: `base` where its version needs no more, else with the
// target's table; nothing when there is none that makes sense.
std::optional<AsyncioLayout> CompleteAsyncioLayout(const AsyncioLayout& base,
                                                   const Interpreter& interpreter,
                                                   const TargetFiles& files, RemoteMemory& memory);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_ASYNCIO_DEBUG_H_
