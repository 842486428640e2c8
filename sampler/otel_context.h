// The process context of OpenTelemetry (OTEP 4719): attributes that a process publishes in a
// mapping named OTEL_CTX, for profilers to find. Only service.name is taken from it.
//
// The bytes are the target's: at most 64 KiB are read, and every length in them is checked. Nothing
// is stopped; a context that is being written is tried three times.
#ifndef SPYHOP_SAMPLER_OTEL_CONTEXT_H_
#define SPYHOP_SAMPLER_OTEL_CONTEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/remote_memory.h"
#include "symbolizer/memory_map.h"

namespace spyhop {

// Nothing: there is no such mapping, or what it holds makes no sense. Two reads.
std::optional<std::string> ReadOtelService(const MemoryMap& map, RemoteMemory& memory);

// Of the protobuf message ProcessContext. Pure.
std::optional<std::string> ParseOtelService(std::string_view payload);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_OTEL_CONTEXT_H_
