// What several snapshots of a process had in common, for a person: first the threads that did not
// move, those with one stack together; then those that did.
#ifndef SPYHOP_REPORT_TEXT_SNAPSHOT_SERIES_H_
#define SPYHOP_REPORT_TEXT_SNAPSHOT_SERIES_H_

#include "report/sink.h"
#include "report/text_snapshot.h"
#include "sampler/profile/snapshot_series.h"

namespace spyhop {

void WriteTextSnapshotSeries(const SnapshotSeries& series, const TextSnapshotOptions& options,
                             Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TEXT_SNAPSHOT_SERIES_H_
