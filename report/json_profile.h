// The profile as JSON, schema spyhop.profile/1: targets, sampling figures,
// threads, one row for each (pid, tid, file, line, function); with `stacks` each distinct stack by
// class too. Holds idle time and threads whatever the view; heeds the filter.
#ifndef SPYHOP_REPORT_JSON_PROFILE_H_
#define SPYHOP_REPORT_JSON_PROFILE_H_

#include "report/json_writer.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

void WriteJsonProfile(const Profile& profile, const ViewOptions& options, Sink& sink);

// The value of "target": shared with the snapshot's schema.
void WriteTarget(const TargetInfo& target, JsonWriter& json);

// Fields of "sampling": rates, numbers of samples, those truncated and lost by cause. Shared with
// the HTML report, whose times have another unit.
void WriteCounts(const Profile& profile, JsonWriter& json);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_JSON_PROFILE_H_
