// A snapshot for a person: each thread, what it is doing or waiting for, and its stack with the
// leaf first. Names are escaped; one line for each frame, cut to the terminal's width when there is
// one.
#ifndef SPYHOP_REPORT_TEXT_SNAPSHOT_H_
#define SPYHOP_REPORT_TEXT_SNAPSHOT_H_

#include <cstddef>
#include <string>

#include "report/sink.h"
#include "sampler/profile/snapshot.h"

namespace spyhop {

struct TextSnapshotOptions {
  size_t width = 0;  // columns; 0 = as wide as need be
  bool color = false;
};

void WriteTextSnapshot(const Snapshot& snapshot, const TextSnapshotOptions& options, Sink& sink);

// "    f (app.py:3)", without the end of the line.
std::string SnapshotFrameLine(const SnapshotFrame& frame, size_t width);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TEXT_SNAPSHOT_H_
