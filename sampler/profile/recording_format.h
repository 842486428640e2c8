// The numbers of a recording file; docs/formats.md describes what they mean.
//
// A file is kMagic, then blocks. A block is its payload's size as 4 bytes, little endian, and the
// payload: a zstd frame with a checksum, which holds one protobuf message Block. Readers skip
// fields that they do not know.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_FORMAT_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spyhop::recording {

// As PNG's: not text, and damaged by what converts line ends. The last byte is the version.
inline constexpr std::string_view kMagic("\x89SPYHOP\n\x01", 9);

// Of one block, packed and unpacked; a writer begins another one long before.
inline constexpr size_t kMostPacked = size_t{64} << 20;
inline constexpr size_t kMostUnpacked = size_t{256} << 20;

enum Block : uint32_t {
  kStream = 1,  // which of several targets that were sampled at the same time
  // What is new. Ids begin at 0 in each stream and go on from block to block; id 0 of the strings
  // is the empty one, id 0 of the stacks the empty stack, and neither is written.
  kStrings = 2,
  kFrameFiles = 3,
  kFrameFunctions = 4,
  kFrameLines = 5,
  kFrameKinds = 6,
  kStackParents = 7,  // its own id less its parent's
  kStackFrames = 8,
  kTargets = 9,
  kThreads = 10,  // also those that have another name now
  // Events, a column each.
  kEventWhats = 11,  // EventKind, and class << 2, and cause << 5 (of a move: the class it goes to)
  kEventThreads = 12,
  kEventStacks = 13,  // less that of the thread's event before
  kEventReasons = 14,
  kEventEnds = 15,     // ns, less that of the event before; a sample's without an instant: 0
  kEventWeights = 16,  // ns, less what has passed since the end of the thread's event before
  kEventCpus = 17,     // ns: 0 none, 1 all of the weight, else one more than it is
  kEventCounts = 18,
  kScales = 19,    // applied after the events
  kFigures = 20,   // so far
  kDuration = 21,  // ns, so far
  kStart = 22,     // ns since 1970
  kIsLast = 23,    // of its stream
};

enum EventKind : uint32_t { kSample = 0, kLost = 1, kMove = 2 };
inline constexpr uint32_t kClassShift = 2;
inline constexpr uint32_t kCauseShift = 5;

enum Target : uint32_t { kPid = 1, kCommand = 2, kExecutable = 3, kVersion = 4, kFlavour = 5 };

enum Thread : uint32_t { kIndex = 1, kOfTarget = 2, kTid = 3, kName = 4, kIsPython = 5 };

enum Scale : uint32_t { kOfThread = 1, kRunning = 2, kCpu = 3, kQueued = 4, kBlocked = 5 };

enum Figures : uint32_t {
  kRate = 1,
  kPauseMode = 2,
  kRounds = 3,
  kLateRounds = 4,
  kOwnCpu = 5,
  kOwnPeakBytes = 6,
  kStopBuckets = 7,
  kStopTotal = 8,
  kStopMax = 9,
};

}  // namespace spyhop::recording

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_FORMAT_H_
