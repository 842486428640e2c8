// The pages that the daemon shows in a browser: its targets with their top lines, refreshed every
// few seconds, and of one target the HTML report of its last minutes. No script on the first, no
// external resource on either; names of the targets are escaped.
#ifndef SPYHOP_CLI_DAEMON_LIVE_PAGE_H_
#define SPYHOP_CLI_DAEMON_LIVE_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "cli/daemon/fleet.h"
#include "cli/daemon/fleet_status.h"
#include "cli/daemon/http_message.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Of which time they are.
inline constexpr Nanos kLiveSpan = 300 * kSecond;
// More targets are only counted.
inline constexpr size_t kMostLiveTargets = 200;

// A target and what it did lately; the parts in order of time.
struct LiveTarget {
  FleetTarget target;
  std::vector<FleetPart> parts;
};

HttpReply LivePage(const FleetState& state, const std::vector<LiveTarget>& targets);
HttpReply LiveStyle();  // of the page above: /style.css
// What can be profiled, for people and programs that look at /debug/pprof/.
HttpReply PprofIndex(const std::vector<FleetTarget>& targets);
// 404 when the parts hold no sample.
HttpReply ProfilePage(int pid, const std::vector<FleetPart>& parts);

// "a &lt; b": for text and for attributes in double quotes; control characters become visible.
std::string EscapeForHtml(std::string_view text);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_LIVE_PAGE_H_
