// The part of a snapshot that says who waits for whom, as text and as JSON.
//
// Text: a line below the thread that waits, and a paragraph for each deadlock. Names are escaped
// for the terminal.
#ifndef SPYHOP_REPORT_SNAPSHOT_WAITS_H_
#define SPYHOP_REPORT_SNAPSHOT_WAITS_H_

#include <string>
#include <vector>

#include "report/json_writer.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

// "waits for threading.RLock 0x7f01, held by 12 "worker-2" at app.py:10"; `thread` waits.
std::string WaitLine(const Snapshot& snapshot, const SnapshotThread& thread);

// "Deadlock: 2 threads wait for each other" and a line for each of them.
std::vector<std::string> DeadlockLines(const Snapshot& snapshot, const std::vector<int>& cycle);

// "waits_for": {...}, for a thread that waits.
void WriteWaitsFor(const SnapshotThread& thread, JsonWriter& json);
// "deadlocks": [...].
void WriteDeadlocks(const Snapshot& snapshot, JsonWriter& json);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SNAPSHOT_WAITS_H_
