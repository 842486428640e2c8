// Fills a profile from the blocks of one stream of a recording, with the same calls by which it was
// filled while sampling: its sums are then equal to what they were.
//
// The bytes may be anybody's: ids, classes and sums are checked, and a block that does not hold
// what it should is an error that leaves the profile as the blocks before have made it, or with a
// part of that block. With a time range, samples outside it are left out, those across its ends
// are cut, and what was moved or scaled afterwards is, in proportion.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_REPLAY_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_REPLAY_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/recording_range.h"

namespace spyhop {

class RecordingReplay {
 public:
  // `profile` must be empty and outlive this.
  RecordingReplay(Profile& profile, TimeRange range);
  ~RecordingReplay();

  // The stream that a block belongs to; kDataLoss when it is no block.
  static absl::StatusOr<uint32_t> StreamOf(std::string_view message);

  // kDataLoss: the block is not what a Spyhop writes.
  absl::Status Add(std::string_view message);
  // The last block of the stream has been added.
  bool is_whole() const;
  // Of all threads' samples so far, more or less.
  Nanos time() const;
  // No block comes any more: sets start, duration and rounds.
  void Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_REPLAY_H_
