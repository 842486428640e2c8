// Which CPython it is, from the target's own memory: never from a path, which may say anything.
//
// Each source is one function, surest first; interpreter_finder tries them in that order. Every
// result is checked to be a version that CPython could have. Small reads; any time but a stop.
#ifndef SPYHOP_SAMPLER_PYTHON_VERSION_DETECT_H_
#define SPYHOP_SAMPLER_PYTHON_VERSION_DETECT_H_

#include <optional>
#include <string_view>

#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"

namespace spyhop {

// sys.hexversion of a running interpreter, through its sys module's dict. Also proves that
// `layout` reads dicts, strings and ints right.
std::optional<PyVersion> ReadHexVersion(RemoteMemory& memory, const Layout& layout,
                                        RemoteAddress sysdict);

// The 8 bytes of `Py_Version` (3.11+).
std::optional<PyVersion> ReadVersionWord(RemoteMemory& memory, RemoteAddress symbol);

// The buffer `version` of Py_GetVersion (Python/getversion.c): "3.9.18 (main, ...". Empty until it
// is first asked for.
std::optional<PyVersion> ReadVersionBuffer(RemoteMemory& memory, RemoteAddress symbol);

// The constant PY_VERSION among the read-only data of the module that holds the interpreter: a
// whole NUL-terminated string such as "2.7.18" or "3.10.0rc2+". None when there are several
// different ones: other libraries have versions too ("3.8.3 or higher" in sqlite, py-spy#731).
std::optional<PyVersion> FindVersionConstant(absl::Span<const uint8_t> bytes);

// "3.9.18", "3.15.0b2+", with or without more text behind a blank.
std::optional<PyVersion> ParseVersion(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_VERSION_DETECT_H_
