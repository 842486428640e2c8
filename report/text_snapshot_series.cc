#include "report/text_snapshot_series.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/table_header.h"

namespace spyhop {
namespace {

using Thread = SnapshotSeries::Thread;

constexpr size_t kFramesShown = 3;
constexpr size_t kThreadsNamed = 4;

// Threads that stayed at one place and did alike.
using Group = std::vector<const Thread*>;

bool Alike(const Thread& a, const Thread& b) {
  const auto what = [](const Thread& thread) {
    return std::make_tuple(thread.last.time_class, thread.last.wait_reason, thread.ran());
  };
  return what(a) == what(b) && a.stacks.begin()->first == b.stacks.begin()->first;
}

void AddToGroups(const Thread& thread, std::vector<Group>& groups) {
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& each) { return Alike(*each.front(), thread); });
  if (group == groups.end()) {
    groups.push_back({&thread});
  } else {
    group->push_back(&thread);
  }
}

std::string NameOf(const Thread& thread) {
  std::string name = absl::StrCat(thread.last.tid);
  if (!thread.last.name.empty()) {
    absl::StrAppend(&name, " \"", EscapeForTerminal(thread.last.name), "\"");
  }
  return name;
}

std::string NamesOf(const Group& group) {
  std::string names;
  for (size_t i = 0; i < std::min(group.size(), kThreadsNamed); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", NameOf(*group[i]));
  }
  if (group.size() > kThreadsNamed) {
    absl::StrAppend(&names, " and ", group.size() - kThreadsNamed, " more");
  }
  return names;
}

std::string WhatItDid(const Thread& thread) {
  std::string text = std::string(Name(thread.last.time_class));
  if (!thread.last.wait_reason.empty()) {
    absl::StrAppend(&text, " (", EscapeForTerminal(thread.last.wait_reason), ")");
  }
  return text;
}

std::string HowLongItRan(const Thread& thread) {
  if (!thread.ran()) return "has not run";
  return absl::StrCat("ran ", ShortDuration(thread.cpu_time()));
}

void WriteLine(const std::string& line, const TextSnapshotOptions& options, Sink& sink) {
  sink.Append(options.width == 0 ? line : CutRight(line, options.width));
  sink.Append("\n");
}

void WriteFrames(const Thread& thread, const TextSnapshotOptions& options, Sink& sink) {
  const std::vector<SnapshotFrame>& frames = thread.last.frames;
  for (size_t i = 0; i < std::min(frames.size(), kFramesShown); ++i) {
    sink.Append(absl::StrCat("  ", SnapshotFrameLine(frames[i], options.width), "\n"));
  }
  if (frames.size() > kFramesShown) {
    sink.Append(absl::StrCat("      and ", frames.size() - kFramesShown, " more\n"));
  }
}

void WriteStill(const std::vector<Group>& groups, const SnapshotSeries& series,
                const TextSnapshotOptions& options, Sink& sink) {
  for (const Group& group : groups) {
    const Thread& first = *group.front();
    Nanos ran = 0;
    for (const Thread* thread : group) ran += thread->cpu_time();
    const std::string count = group.size() == 1 ? "" : absl::StrCat(group.size(), " threads: ");
    std::string line = absl::StrCat("  ", count, NamesOf(group), ": ", WhatItDid(first), ", ");
    absl::StrAppend(&line, first.ran() ? absl::StrCat("ran ", ShortDuration(ran)) : "has not run");
    if (first.seen < series.snapshots()) {
      absl::StrAppend(&line, ", in ", first.seen, " of ", series.snapshots());
    }
    WriteLine(line, options, sink);
    WriteFrames(first, options, sink);
  }
}

void WriteMoved(const std::vector<const Thread*>& moved, const TextSnapshotOptions& options,
                Sink& sink) {
  for (const Thread* thread : moved) {
    WriteLine(
        absl::StrCat("  ", NameOf(*thread), ": ", thread->stacks.size(), " stacks in ",
                     thread->seen, ", ", HowLongItRan(*thread), "; at last ", WhatItDid(*thread)),
        options, sink);
    if (!thread->last.frames.empty()) {
      sink.Append(
          absl::StrCat("  ", SnapshotFrameLine(thread->last.frames.front(), options.width), "\n"));
    }
  }
}

}  // namespace

void WriteTextSnapshotSeries(const SnapshotSeries& series, const TextSnapshotOptions& options,
                             Sink& sink) {
  std::vector<Group> still;
  std::vector<const Thread*> moved;
  std::vector<const Thread*> once;
  size_t threads_still = 0;
  for (const Thread* thread : series.threads()) {
    if (thread->seen < 2) {
      once.push_back(thread);
    } else if (thread->moved()) {
      moved.push_back(thread);
    } else {
      AddToGroups(*thread, still);
      ++threads_still;
    }
  }
  WriteLine(absl::StrFormat("Process %d, %s in %.1f s: %d of %s did not move", series.target().pid,
                            Counted(series.snapshots(), "snapshot"),
                            absl::ToDoubleSeconds(series.duration()), threads_still,
                            Counted(series.threads().size(), "thread")),
            options, sink);
  if (!still.empty()) sink.Append("\nDid not move:\n");
  WriteStill(still, series, options, sink);
  if (!moved.empty()) sink.Append("\nMoved:\n");
  WriteMoved(moved, options, sink);
  if (!once.empty()) WriteLine(absl::StrCat("\nSeen once: ", NamesOf(once)), options, sink);
}

}  // namespace spyhop
