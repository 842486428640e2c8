#include "report/snapshot_tasks.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/absl_view.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/json_snapshot.h"
#include "report/table_header.h"
#include "report/utf8.h"
#include "sampler/profile/task_graph.h"

namespace spyhop {
namespace {

using Index = TaskGraph::Index;
using Place = TaskGraph::Place;

constexpr size_t kMostOfName = 200;
constexpr size_t kMostNames = 3;      // of one group, or of what one task awaits
constexpr size_t kMostOfCycle = 100;  // tasks of one ring that are named
constexpr size_t kMostShown = 500;    // entries of one loop
constexpr uint32_t kMostIndent = 20;  // levels

std::string Hex(uint64_t id) { return absl::StrCat("0x", absl::Hex(id)); }

// In one tree or group with its place.
struct Entry {
  Place place;
  std::vector<Index> tasks;  // more than one: they are alike
};

class TextTasks {
 public:
  TextTasks(const Snapshot& snapshot, const TextSnapshotOptions& options, Sink& sink)
      : snapshot_(snapshot),
        tasks_(snapshot.tasks.tasks),
        options_(options),
        sink_(sink),
        graph_(snapshot.tasks.tasks) {}

  void Write();

 private:
  void WriteLoop(const SnapshotLoop& loop, const std::vector<Entry>& entries);
  std::vector<Entry> Entries() const;
  void WriteEntry(const Entry& entry);
  void WriteTitle(const std::string& title);
  void WriteCycles(uint64_t loop);
  void WriteLine(const std::string& line);
  std::string NameOf(Index task) const;
  std::string Names(const std::vector<Index>& tasks, size_t most) const;
  std::string StateOf(Index task) const;
  std::string OthersThatAwait(Index task) const;
  std::string BodyOf(Index task, uint32_t depth) const;
  std::string ThreadOf(const SnapshotLoop& loop) const;

  const Snapshot& snapshot_;
  const std::vector<SnapshotTask>& tasks_;
  const TextSnapshotOptions options_;
  Sink& sink_;
  const TaskGraph graph_;
};

void TextTasks::Write() {
  const std::vector<Entry> entries = Entries();
  for (const SnapshotLoop& loop : snapshot_.tasks.loops) WriteLoop(loop, entries);
  if (snapshot_.tasks.left_out > 0) {
    WriteLine(absl::StrCat("\n(", Counted(snapshot_.tasks.left_out, "more task"),
                           " of asyncio left out: there are too many to read)"));
  }
  if (!snapshot_.tasks.problem.empty()) {
    WriteLine(absl::StrCat("\n(not all tasks of asyncio: ", snapshot_.tasks.problem, ")"));
  }
}

void TextTasks::WriteLine(const std::string& line) {
  sink_.Append(absl::StrCat(options_.width == 0 ? line : CutRight(line, options_.width), "\n"));
}

void TextTasks::WriteTitle(const std::string& title) {
  const std::string cut = options_.width == 0 ? title : CutRight(title, options_.width);
  sink_.Append(options_.color ? absl::StrCat("\n\x1b[1m", cut, "\x1b[0m\n")
                              : absl::StrCat("\n", cut, "\n"));
}

std::string TextTasks::ThreadOf(const SnapshotLoop& loop) const {
  if (loop.tid == 0) return "a thread that is not known";
  std::string text = absl::StrCat("thread ", loop.tid);
  for (const SnapshotThread& thread : snapshot_.threads) {
    if (thread.tid != loop.tid || thread.name.empty()) continue;
    absl::StrAppend(&text, " \"", EscapeForTerminal(Utf8Prefix(thread.name, kMostOfName)), "\"");
  }
  return text;
}

void TextTasks::WriteLoop(const SnapshotLoop& loop, const std::vector<Entry>& entries) {
  const auto count = std::count_if(tasks_.begin(), tasks_.end(), [&loop](const SnapshotTask& task) {
    return task.loop == loop.id;
  });
  WriteTitle(absl::StrCat("Tasks of the event loop in ", ThreadOf(loop), ": ", count,
                          loop.changed ? ", changed while it was read" : ""));
  WriteCycles(loop.id);
  size_t shown = 0;
  size_t hidden = 0;
  for (const Entry& entry : entries) {
    if (tasks_[entry.place.task].loop != loop.id) continue;
    if (shown == kMostShown) {
      hidden += entry.tasks.size();
      continue;
    }
    ++shown;
    WriteEntry(entry);
  }
  if (hidden > 0) {
    WriteLine(absl::StrCat("  (", Counted(hidden, "more task"), " not shown; --json has them)"));
  }
}

void TextTasks::WriteCycles(uint64_t loop) {
  for (const std::vector<Index>& cycle : graph_.Cycles()) {
    if (tasks_[cycle.front()].loop != loop) continue;
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min(cycle.size(), kMostOfCycle); ++i) {
      names.push_back(NameOf(cycle[i]));
    }
    if (cycle.size() > kMostOfCycle) {
      names.push_back(absl::StrCat("(", cycle.size() - kMostOfCycle, " more)"));
    }
    names.push_back(names.front());
    sink_.Append(absl::StrCat("  Task cycle: ", absl::StrJoin(names, " -> "), "\n"));
  }
}

// Tasks with one parent, or none, that say the same and await no task are one entry.
std::vector<Entry> TextTasks::Entries() const {
  std::vector<Entry> entries;
  absl::flat_hash_map<std::string, size_t> alike;  // by parent and what is written of them
  for (const Place& place : graph_.Trees()) {
    const std::vector<Index>& by = graph_.awaited_by(place.task);
    if (graph_.awaits(place.task).empty() && !place.seen && by.size() < 2) {
      std::string key =
          absl::StrCat(tasks_[place.task].loop, by.empty() ? "" : absl::StrCat("/", by.front()),
                       " ", StateOf(place.task), "\n", BodyOf(place.task, place.depth));
      const auto [at, is_new] = alike.emplace(std::move(key), entries.size());
      if (!is_new) {
        entries[at->second].tasks.push_back(place.task);
        continue;
      }
    }
    entries.push_back({place, {place.task}});
  }
  return entries;
}

void TextTasks::WriteEntry(const Entry& entry) {
  const Index task = entry.place.task;
  const std::string indent(2 * (1 + std::min(entry.place.depth, kMostIndent)), ' ');
  if (entry.place.seen) {
    WriteLine(absl::StrCat(indent, "Task ", NameOf(task), ": see there"));
    return;
  }
  if (entry.tasks.size() > 1) {
    WriteLine(absl::StrCat(indent, entry.tasks.size(), " tasks ", Names(entry.tasks, kMostNames),
                           ": ", StateOf(task)));
  } else {
    WriteLine(
        absl::StrCat(indent, "Task ", NameOf(task), ": ", StateOf(task), OthersThatAwait(task)));
  }
  sink_.Append(BodyOf(task, entry.place.depth));
}

// "root"; of one without a name its coroutine and its address.
std::string TextTasks::NameOf(Index task) const {
  const SnapshotTask& it = tasks_[task];
  if (!it.name.empty()) {
    return absl::StrCat("\"", EscapeForTerminal(Utf8Prefix(it.name, kMostOfName)), "\"");
  }
  if (it.frames.empty()) return Hex(it.id);
  return absl::StrCat(EscapeForTerminal(Utf8Prefix(it.frames.back().function, kMostOfName)), " at ",
                      Hex(it.id));
}

std::string TextTasks::Names(const std::vector<Index>& tasks, size_t most) const {
  std::vector<std::string> names;
  const size_t shown = tasks.size() > most + 1 ? most : tasks.size();
  for (size_t i = 0; i < shown; ++i) names.push_back(NameOf(tasks[i]));
  std::string text = absl::StrJoin(names, ", ");
  if (shown < tasks.size()) absl::StrAppend(&text, " and ", tasks.size() - shown, " more");
  return text;
}

// "running", "waiting for "b"", "waiting for 2 tasks (gather)", "waiting (Queue.get)".
std::string TextTasks::StateOf(Index task) const {
  const SnapshotAwait& await = tasks_[task].awaits;
  std::string text(Name(tasks_[task].state));
  const std::vector<Index>& children = graph_.awaits(task);
  if (!children.empty()) absl::StrAppend(&text, " for ", Names(children, kMostNames));
  if (!await.what.empty()) {
    absl::StrAppend(&text, " (", EscapeForTerminal(Utf8Prefix(await.what, kMostOfName)), ")");
  }
  return text;
}

std::string TextTasks::OthersThatAwait(Index task) const {
  const std::vector<Index>& by = graph_.awaited_by(task);
  if (by.size() < 2) return "";
  return absl::StrCat(", awaited by ", Names(by, kMostNames));
}

std::string TextTasks::BodyOf(Index task, uint32_t depth) const {
  const std::string indent(2 * std::min(depth, kMostIndent) + 2, ' ');
  std::string body;
  const size_t width =
      options_.width > indent.size() + 40 ? options_.width - indent.size() : options_.width;
  for (const SnapshotFrame& frame : tasks_[task].frames) {
    absl::StrAppend(&body, indent, SnapshotFrameLine(frame, width), "\n");
  }
  if (tasks_[task].truncated != SampleErrorCode::kNone) {
    absl::StrAppend(&body, indent,
                    "    (not the whole stack: ", AbslView(Meaning(tasks_[task].truncated)), ")\n");
  }
  return body;
}

class JsonTasks {
 public:
  JsonTasks(const SnapshotTasks& tasks, JsonWriter& json)
      : tasks_(tasks), json_(json), graph_(tasks.tasks) {}

  void Write();

 private:
  void WriteTask(Index index);
  void WriteIds(const std::vector<Index>& tasks);

  const SnapshotTasks& tasks_;
  JsonWriter& json_;
  const TaskGraph graph_;
};

void JsonTasks::Write() {
  json_.Key("tasks").BeginArray();
  for (Index i = 0; i < tasks_.tasks.size(); ++i) WriteTask(i);
  json_.EndArray().Key("task_cycles").BeginArray();
  for (const std::vector<Index>& cycle : graph_.Cycles()) WriteIds(cycle);
  json_.EndArray();
  if (tasks_.took > 0) {
    json_.Field("tasks_read_us", static_cast<double>(tasks_.took) / kMicrosecond);
  }
  if (tasks_.left_out > 0) json_.Field("tasks_left_out", tasks_.left_out);
  if (!tasks_.problem.empty()) json_.Field("tasks_problem", std::string_view(tasks_.problem));
}

void JsonTasks::WriteTask(Index index) {
  const SnapshotTask& task = tasks_.tasks[index];
  json_.BeginObject()
      .Field("id", std::string_view(Hex(task.id)))
      .Field("name", std::string_view(task.name))
      .Field("loop", std::string_view(Hex(task.loop)));
  for (const SnapshotLoop& loop : tasks_.loops) {
    if (loop.id == task.loop) json_.Field("tid", loop.tid).Field("changed", loop.changed);
  }
  json_.Field("state", Name(task.state)).Key("awaits").BeginObject();
  json_.Field("kind", Name(task.awaits.kind)).Field("what", std::string_view(task.awaits.what));
  json_.Key("tasks");
  WriteIds(graph_.awaits(index));
  json_.EndObject().Key("awaited_by");
  WriteIds(graph_.awaited_by(index));
  json_.Key("frames").BeginArray();
  for (const SnapshotFrame& frame : task.frames) WriteSnapshotFrame(frame, json_);
  json_.EndArray();
  if (task.truncated != SampleErrorCode::kNone) json_.Field("truncated", Name(task.truncated));
  json_.EndObject();
}

void JsonTasks::WriteIds(const std::vector<Index>& tasks) {
  json_.BeginArray();
  for (const Index task : tasks) json_.Value(std::string_view(Hex(tasks_.tasks[task].id)));
  json_.EndArray();
}

}  // namespace

void WriteTextTasks(const Snapshot& snapshot, const TextSnapshotOptions& options, Sink& sink) {
  TextTasks(snapshot, options, sink).Write();
}

void WriteJsonTasks(const SnapshotTasks& tasks, JsonWriter& json) {
  JsonTasks(tasks, json).Write();
}

}  // namespace spyhop
