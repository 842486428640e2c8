// What to install, and where, so that names and lines of a stripped file's code are known. Pure.
#ifndef SPYHOP_SAMPLER_DOCTOR_DEBUG_PACKAGES_H_
#define SPYHOP_SAMPLER_DOCTOR_DEBUG_PACKAGES_H_

#include <string>
#include <string_view>

#include "sampler/target/permission.h"

namespace spyhop {

// ID= and ID_LIKE= of os-release(5), joined: "ubuntu debian". Empty without any.
std::string ParseDistribution(std::string_view os_release);

// `path`: of the stripped file, in the target's root. Its debug file has to lie where its build-id
// (hexadecimal; may be empty) says.
Remedy HowToGetDebugFile(std::string_view distribution, std::string_view path,
                         std::string_view build_id);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_DOCTOR_DEBUG_PACKAGES_H_
