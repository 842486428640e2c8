#include "report/text_snapshot.h"

#include <string.h>  // sigabbrev_np

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/snapshot_tasks.h"
#include "report/snapshot_waits.h"
#include "report/table_header.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr size_t kMostOfName = 4000;

std::string Shown(std::string_view text) {
  return EscapeForTerminal(Utf8Prefix(text, kMostOfName));
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string Cut(const std::string& line, size_t width) {
  return width == 0 ? line : CutRight(line, width);
}

// "SIGSEGV", "signal 35".
std::string SignalText(int number) {
  const char* name = sigabbrev_np(number);
  return name != nullptr ? absl::StrCat("SIG", name) : absl::StrCat("signal ", number);
}

// "Core file core.12, SIGSEGV in thread 12 at address 0x0, written ..."
std::string CoreLine(const CoreInfo& core, absl::Time written) {
  std::string line = absl::StrCat("Core file ", Shown(core.file), ", ");
  if (core.signal == 0) {
    absl::StrAppend(&line, "of a running process (no signal)");
  } else {
    absl::StrAppend(&line, SignalText(core.signal), " in thread ", core.thread);
    if (core.address) absl::StrAppend(&line, " at address 0x", absl::Hex(*core.address));
    if (core.sender != 0) absl::StrAppend(&line, " from process ", core.sender);
  }
  return absl::StrCat(line, ", written ", TimeText(written));
}

std::string ThreadLine(const Snapshot& snapshot, const SnapshotThread& thread) {
  std::string line = absl::StrCat("Thread ", thread.tid);
  if (!thread.name.empty()) absl::StrAppend(&line, " \"", Shown(thread.name), "\"");
  absl::StrAppend(&line, ": ", AbslView(Name(thread.time_class)));
  if (!thread.wait_reason.empty()) absl::StrAppend(&line, " (", Shown(thread.wait_reason), ")");
  if (thread.holds_gil) absl::StrAppend(&line, ", holds the GIL");
  if (snapshot.core && snapshot.core->thread == thread.tid) {
    absl::StrAppend(&line, ", got ", SignalText(snapshot.core->signal));
  }
  if (thread.interpreter_id != 0) {
    absl::StrAppend(&line, ", interpreter ", thread.interpreter_id);
  }
  if (!thread.python) absl::StrAppend(&line, ", not a Python thread");
  return line;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "app.py:3", "deflate.c:20, libz.so, native"; empty for a frame that is nowhere, like a marker of
// frames left out.
std::string PlaceOf(const SnapshotFrame& frame) {
  const bool native = !frame.module.empty();
  std::string place = Shown(native ? BaseName(frame.file) : frame.file);
  if (frame.line > 0 && !place.empty()) absl::StrAppend(&place, ":", frame.line);
  if (native) absl::StrAppend(&place, place.empty() ? "" : ", ", Shown(BaseName(frame.module)));
  if (frame.kind == FrameKind::kNative || frame.kind == FrameKind::kKernel) {
    absl::StrAppend(&place, place.empty() ? "" : ", ", AbslView(Name(frame.kind)));
  }
  return place;
}

void WriteLocals(const SnapshotLocals& locals, size_t width, Sink& sink) {
  const auto write = [&](std::string_view text) {
    sink.Append(absl::StrCat(Cut(absl::StrCat("        ", AbslView(text)), width), "\n"));
  };
  if (locals.changed) write("(its locals had changed before they were read)");
  if (locals.not_read) write("(its locals were not read: there was no time left)");
  for (const SnapshotLocal& local : locals.variables) {
    const std::string_view value = local.changed ? "<changed>" : std::string_view(local.value);
    write(absl::StrCat(Shown(local.name), " = ", EscapeForTerminal(value)));
  }
}

void WriteThread(const Snapshot& snapshot, const SnapshotThread& thread,
                 const TextSnapshotOptions& options, Sink& sink) {
  const std::string title = Cut(ThreadLine(snapshot, thread), options.width);
  sink.Append(options.color ? absl::StrCat("\n\x1b[1m", title, "\x1b[0m\n")
                            : absl::StrCat("\n", title, "\n"));
  if (thread.waits_for) {
    sink.Append(Cut(absl::StrCat("  ", WaitLine(snapshot, thread)), options.width) + "\n");
  }
  for (const SnapshotFrame& frame : thread.frames) {
    sink.Append(absl::StrCat(SnapshotFrameLine(frame, options.width), "\n"));
    if (frame.locals) WriteLocals(*frame.locals, options.width, sink);
  }
  if (thread.frames.empty()) sink.Append("    (no frames)\n");
  if (thread.truncated != SampleErrorCode::kNone) {
    sink.Append(absl::StrCat("    (not the whole stack: ", AbslView(Meaning(thread.truncated))));
    if (thread.frames_left_out > 0) {
      sink.Append(absl::StrCat("; ", Counted(thread.frames_left_out, "frame"), " left out"));
    }
    sink.Append(")\n");
  }
}

void WriteDeadlock(const Snapshot& snapshot, const std::vector<int>& cycle,
                   const TextSnapshotOptions& options, Sink& sink) {
  sink.Append("\n");
  for (const std::string& line : DeadlockLines(snapshot, cycle)) {
    sink.Append(Cut(line, options.width) + "\n");
  }
}

}  // namespace

// The file matters more than the function's tail, so a long name gives way first.
std::string SnapshotFrameLine(const SnapshotFrame& frame, size_t width) {
  const std::string place = PlaceOf(frame);
  std::string function = Shown(frame.function);
  if (place.empty()) return Cut(absl::StrCat("    ", function), width);
  if (width > 0) {
    const size_t least = 20;
    const size_t used = DisplayWidth(place) + 7;
    function = CutRight(function, std::max(least, width - std::min(width, used)));
  }
  return Cut(absl::StrCat("    ", function, " (", place, ")"), width);
}

void WriteTextSnapshot(const Snapshot& snapshot, const TextSnapshotOptions& options, Sink& sink) {
  const TargetInfo& target = snapshot.target;
  sink.Append(
      Cut(absl::StrCat("Process ", target.pid, ": ", Shown(absl::StrJoin(target.command, " "))),
          options.width) +
      "\n");
  sink.Append(Cut(absl::StrCat("Python ", Shown(target.python_version), " (", Shown(target.flavour),
                               "), ", Shown(target.executable)),
                  options.width) +
              "\n");
  const std::string taken = snapshot.core
                                ? CoreLine(*snapshot.core, snapshot.time)
                                : absl::StrCat("Taken ", TimeText(snapshot.time), ", stopped ",
                                               ShortDuration(snapshot.stopped));
  sink.Append(absl::StrCat(taken, ", ", Counted(snapshot.threads.size(), "thread"), "\n"));
  if (!snapshot.held.empty()) {
    WriteWrapped(absl::StrCat("It is ", Shown(snapshot.held), ": no time passes in it"),
                 options.width, sink);
  }
  for (const SnapshotThread& thread : snapshot.threads) {
    WriteThread(snapshot, thread, options, sink);
  }
  for (const std::vector<int>& cycle : snapshot.deadlocks)
    WriteDeadlock(snapshot, cycle, options, sink);
  WriteTextTasks(snapshot, options, sink);
}

}  // namespace spyhop
