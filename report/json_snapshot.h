// A snapshot as JSON, schema spyhop.snapshot/1: frames leaf first, one document
// and a newline.
#ifndef SPYHOP_REPORT_JSON_SNAPSHOT_H_
#define SPYHOP_REPORT_JSON_SNAPSHOT_H_

#include "report/json_writer.h"
#include "report/sink.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

void WriteJsonSnapshot(const Snapshot& snapshot, Sink& sink);

// One of "frames".
void WriteSnapshotFrame(const SnapshotFrame& frame, JsonWriter& json);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_JSON_SNAPSHOT_H_
