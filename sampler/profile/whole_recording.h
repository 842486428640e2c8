// A finished profile as the bytes of a recording file, as if it had been recorded: `spyhop report`
// reads the same sums from it. Samples have no instants any more, so it has no timeline and cannot
// be cut. Costs a pass over the profile and the packing (recording_block.h).
#ifndef SPYHOP_SAMPLER_PROFILE_WHOLE_RECORDING_H_
#define SPYHOP_SAMPLER_PROFILE_WHOLE_RECORDING_H_

#include <string>

#include "sampler/profile/profile.h"

namespace spyhop {

std::string WholeRecording(const Profile& profile);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_WHOLE_RECORDING_H_
