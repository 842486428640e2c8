// What can be told of an ELF file from where it is mapped, without the file.
//
// Three small reads of the target's memory, which is not trusted. Pure beside them.
#ifndef SPYHOP_SYMBOLIZER_ELF_IMAGE_H_
#define SPYHOP_SYMBOLIZER_ELF_IMAGE_H_

#include <string>

#include "base/remote_memory.h"

namespace spyhop {

// The GNU build-id, in lower-case hex, of the file whose first page is mapped at `header`. Empty
// when it has none, or that cannot be read.
std::string BuildIdInMemory(RemoteMemory& memory, RemoteAddress header);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_ELF_IMAGE_H_
