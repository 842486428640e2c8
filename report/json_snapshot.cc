#include "report/json_snapshot.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "report/json_profile.h"
#include "report/json_writer.h"
#include "report/snapshot_tasks.h"
#include "report/snapshot_waits.h"

namespace spyhop {
namespace {

void WriteOptional(std::string_view key, int32_t value, JsonWriter& json) {
  if (value > 0) json.Field(key, value);
}

void WriteLocals(const SnapshotLocals& locals, JsonWriter& json) {
  json.Key("locals").BeginArray();
  for (const SnapshotLocal& local : locals.variables) {
    json.BeginObject().Field("name", std::string_view(local.name));
    if (local.changed) {
      json.Field("changed", true);
    } else {
      json.Field("value", std::string_view(local.value));
    }
    json.Field("type", std::string_view(local.type)).EndObject();
  }
  json.EndArray();
  if (locals.changed) json.Field("locals_changed", true);
  if (locals.not_read) json.Field("locals_not_read", true);
}

void WriteThread(const Snapshot& snapshot, const SnapshotThread& thread, JsonWriter& json) {
  json.BeginObject()
      .Field("tid", thread.tid)
      .Field("name", std::string_view(thread.name))
      .Field("python", thread.python)
      .Field("interpreter", thread.interpreter_id)
      .Field("class", Name(thread.time_class));
  if (!thread.wait_reason.empty()) {
    json.Field("wait_reason", std::string_view(thread.wait_reason));
  }
  json.Field("holds_gil", thread.holds_gil);
  if (!snapshot.core) json.Seconds("cpu_s", thread.cpu_time);
  WriteWaitsFor(thread, json);
  json.Key("frames").BeginArray();
  for (const SnapshotFrame& frame : thread.frames) WriteSnapshotFrame(frame, json);
  json.EndArray();
  if (thread.truncated != SampleErrorCode::kNone) json.Field("truncated", Name(thread.truncated));
  if (thread.frames_left_out > 0) json.Field("frames_left_out", thread.frames_left_out);
  json.EndObject();
}

// Addresses do not fit into a number of JSON.
void WriteCore(const CoreInfo& core, JsonWriter& json) {
  json.Key("core").BeginObject().Field("file", std::string_view(core.file));
  if (core.signal != 0) json.Field("signal", core.signal).Field("thread", core.thread);
  if (core.address) {
    json.Field("address", std::string_view(absl::StrCat("0x", absl::Hex(*core.address))));
  }
  if (core.sender != 0) json.Field("sender", core.sender);
  json.EndObject();
}

}  // namespace

void WriteSnapshotFrame(const SnapshotFrame& frame, JsonWriter& json) {
  json.BeginObject().Field("file", std::string_view(frame.file)).Field("line", frame.line);
  WriteOptional("column", frame.column, json);
  WriteOptional("end_line", frame.end_line, json);
  WriteOptional("end_column", frame.end_column, json);
  json.Field("function", std::string_view(frame.function)).Field("kind", Name(frame.kind));
  if (frame.kind == FrameKind::kNative) {
    json.Field("module", std::string_view(frame.module))
        .Field("address", std::string_view(absl::StrCat("0x", absl::Hex(frame.address))));
  }
  if (frame.locals) WriteLocals(*frame.locals, json);
  json.EndObject();
}

void WriteJsonSnapshot(const Snapshot& snapshot, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.snapshot/1").Key("target");
  WriteTarget(snapshot.target, json);
  if (snapshot.core) WriteCore(*snapshot.core, json);
  json.Field("time", std::string_view(
                         absl::FormatTime(absl::RFC3339_full, snapshot.time, absl::UTCTimeZone())))
      .Field("stopped_us",
             static_cast<double>(snapshot.stopped) / static_cast<double>(kMicrosecond))
      .Field("held", std::string_view(snapshot.held))
      .Key("threads")
      .BeginArray();
  for (const SnapshotThread& thread : snapshot.threads) WriteThread(snapshot, thread, json);
  json.EndArray();
  WriteDeadlocks(snapshot, json);
  WriteJsonTasks(snapshot.tasks, json);
  json.EndObject().Newline();
}

}  // namespace spyhop
