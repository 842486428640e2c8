// A profile as the requests that a store takes: pprof for Pyroscope, OTLP for all others;
// compressed.
//
// Most profiles are one request. One that is larger than stores take by default (4 MiB before it is
// compressed, 16,000 samples: Pyroscope's limits) becomes several, which add up to it. Takes memory
// for the distinct stacks and the result, and about 10 ms of CPU for 1 MiB.
#ifndef SPYHOP_CLI_DAEMON_PUSH_ENCODER_H_
#define SPYHOP_CLI_DAEMON_PUSH_ENCODER_H_

#include <cstddef>
#include <vector>

#include "cli/daemon/config.h"
#include "cli/daemon/fleet.h"
#include "cli/daemon/spool.h"
#include "report/sample_range.h"

namespace spyhop {

struct PushLimits {
  size_t samples = 16'000;
  size_t bytes = size_t{4} << 20;
};

struct EncodedProfile {
  std::vector<PushRequest> requests;  // none: it has no time but idle time
  size_t too_large = 0;               // samples that are more than the limits alone, left out
};

EncodedProfile EncodeForPush(const FleetPart& part, const PushTarget& target,
                             const PushLimits& limits = {});

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_PUSH_ENCODER_H_
