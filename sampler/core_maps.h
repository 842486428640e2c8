// What a process had mapped, by its core file, as the text that /proc/PID/maps would have.
#ifndef SPYHOP_SAMPLER_CORE_MAPS_H_
#define SPYHOP_SAMPLER_CORE_MAPS_H_

#include <string>

#include "sampler/core_objects.h"
#include "symbolizer/core_file.h"

namespace spyhop {

// The access to what gcore has left out is that which the files say; where there is none, all but
// writing. Instead of inodes there are numbers, one a path.
std::string CoreMapsText(const CoreFile& core, const CoreObjects& objects);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CORE_MAPS_H_
