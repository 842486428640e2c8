#include "report/json_snapshot_series.h"

#include <string_view>

#include "report/json_profile.h"
#include "report/json_snapshot.h"
#include "report/json_writer.h"

namespace spyhop {
namespace {

void WriteThread(const SnapshotSeries::Thread& thread, JsonWriter& json) {
  const SnapshotThread& last = thread.last;
  json.BeginObject()
      .Field("tid", last.tid)
      .Field("name", std::string_view(last.name))
      .Field("python", last.python)
      .Field("seen", thread.seen)
      .Field("stacks", thread.stacks.size())
      .Field("moved", thread.moved())
      .Field("ran", thread.ran())
      .Seconds("cpu_s", thread.cpu_time())
      .Field("class", Name(last.time_class));
  if (!last.wait_reason.empty()) json.Field("wait_reason", std::string_view(last.wait_reason));
  json.Key("frames").BeginArray();
  for (const SnapshotFrame& frame : last.frames) WriteSnapshotFrame(frame, json);
  json.EndArray().EndObject();
}

}  // namespace

void WriteJsonSnapshotSeries(const SnapshotSeries& series, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.snapshot-series/1").Key("target");
  WriteTarget(series.target(), json);
  json.Field("snapshots", series.snapshots())
      .Field("duration_s", absl::ToDoubleSeconds(series.duration()))
      .Key("threads")
      .BeginArray();
  for (const SnapshotSeries::Thread* thread : series.threads()) WriteThread(*thread, json);
  json.EndArray().EndObject().Newline();
}

}  // namespace spyhop
