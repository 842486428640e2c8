// The asyncio tasks of a snapshot: for a person as trees, from the tasks that nobody awaits down to
// those that hold the others up; for scripts as a list.
//
// Tasks at one place that are in no tree are shown once, with their number: a service has thousands
// of them.
#ifndef SPYHOP_REPORT_SNAPSHOT_TASKS_H_
#define SPYHOP_REPORT_SNAPSHOT_TASKS_H_

#include "report/json_writer.h"
#include "report/sink.h"
#include "report/text_snapshot.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

// Nothing when there are no tasks.
void WriteTextTasks(const Snapshot& snapshot, const TextSnapshotOptions& options, Sink& sink);

// "tasks", "task_cycles" and, where there is something to say, "tasks_left_out" and "tasks_problem"
// of the object that `json` is in.
void WriteJsonTasks(const SnapshotTasks& tasks, JsonWriter& json);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SNAPSHOT_TASKS_H_
