// Reads a whole recording: all its streams, into one profile.
//
// Costs some 0.1 us an event and the profile's memory; a block at a time is in memory besides.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_READER_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_READER_H_

#include "absl/status/status.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/recording_block.h"
#include "sampler/profile/recording_range.h"

namespace spyhop {

// Fills `profile`, which must be empty, with what can be read. kInvalidArgument, and nothing: the
// bytes are no recording, or one of a version that is not known. kOutOfRange: it ends before its
// end was written; kDataLoss: it is damaged. `profile` then has what comes before.
absl::Status ReadRecordingBytes(ReadBytes read, TimeRange range, bool keep_timeline,
                                Profile& profile);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_READER_H_
