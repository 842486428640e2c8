// What several snapshots of a process had in common as JSON, schema spyhop.snapshot-series/1: one
// document and a newline. Of each thread its last stack, how many it had, and what it used of a
// CPU.
#ifndef SPYHOP_REPORT_JSON_SNAPSHOT_SERIES_H_
#define SPYHOP_REPORT_JSON_SNAPSHOT_SERIES_H_

#include "report/sink.h"
#include "sampler/profile/snapshot_series.h"

namespace spyhop {

void WriteJsonSnapshotSeries(const SnapshotSeries& series, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_JSON_SNAPSHOT_SERIES_H_
