#include "report/snapshot_waits.h"

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/escape.h"
#include "report/table_header.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr size_t kMostOfName = 200;
constexpr std::string_view kGilKind = "GIL";

std::string Shown(std::string_view text) {
  return EscapeForTerminal(Utf8Prefix(text, kMostOfName));
}

std::string Address(uint64_t address) { return absl::StrCat("0x", absl::Hex(address)); }

// "12 "worker-2"".
std::string Title(const SnapshotThread& thread) {
  if (thread.name.empty()) return absl::StrCat(thread.tid);
  return absl::StrCat(thread.tid, " \"", Shown(thread.name), "\"");
}

// " at app.py:10".
std::string At(const SnapshotThread& thread) {
  const SnapshotFrame* line = thread.Line();
  if (line == nullptr || line->line <= 0) return "";
  const std::string_view file = line->file;
  return absl::StrCat(" at ", Shown(file.substr(file.rfind('/') + 1)), ":", line->line);
}

std::string HolderText(const Snapshot& snapshot, int tid) {
  const SnapshotThread* holder = snapshot.Find(tid);
  return holder == nullptr ? absl::StrCat(tid) : absl::StrCat(Title(*holder), At(*holder));
}

// "threading.RLock 0x7f01", "import lock of json 0x7f01", "the GIL".
std::string ObjectText(const SnapshotWait& wait) {
  if (wait.kind == kGilKind) return "the GIL";
  std::string text = wait.kind;
  if (!wait.name.empty()) absl::StrAppend(&text, " of ", Shown(wait.name));
  if (wait.object != 0) absl::StrAppend(&text, " ", Address(wait.object));
  return text;
}

// Of a GIL's holder: why it does not let go.
std::string DoingText(const SnapshotThread& holder) {
  if (holder.time_class == TimeClass::kNative) return ", in native code";
  if (holder.time_class != TimeClass::kWait && holder.time_class != TimeClass::kIdle) return "";
  return absl::StrCat(", which waits itself: ", Shown(holder.wait_reason));
}

std::string HeldText(const Snapshot& snapshot, const SnapshotWait& wait) {
  switch (wait.how) {
    case SnapshotWait::How::kOwner: {
      const SnapshotThread* holder = snapshot.Find(wait.held_by);
      const bool gil = wait.kind == kGilKind && holder != nullptr;
      return absl::StrCat(", held by ", HolderText(snapshot, wait.held_by),
                          gil ? DoingText(*holder) : "");
    }
    case SnapshotWait::How::kWith:
      return absl::StrCat(", held by ", HolderText(snapshot, wait.held_by),
                          " (seen in its `with`)");
    case SnapshotWait::How::kEnd:
      return absl::StrCat(", until the end of ", HolderText(snapshot, wait.held_by));
    case SnapshotWait::How::kEnded:
      return ", held by a thread that has ended";
    case SnapshotWait::How::kUnwritten:
      return ", owner not recorded by this Python";
    case SnapshotWait::How::kNobody:
      break;
  }
  return wait.kind == kGilKind ? ", free at that moment" : ", until it is notified";
}

void WriteWait(const SnapshotWait& wait, JsonWriter& json) {
  json.BeginObject();
  if (wait.kind == kGilKind) json.Field("gil", true);
  json.Field("kind", std::string_view(wait.kind));
  if (!wait.name.empty()) json.Field("name", std::string_view(wait.name));
  if (wait.object != 0) json.Field("object", std::string_view(Address(wait.object)));
  if (wait.held_by != 0) json.Field("held_by", wait.held_by);
  json.Field("how", Name(wait.how));
  if (wait.timeout) json.Field("timeout", true);
  json.EndObject();
}

}  // namespace

std::string WaitLine(const Snapshot& snapshot, const SnapshotThread& thread) {
  const SnapshotWait& wait = *thread.waits_for;
  return absl::StrCat("waits for ", ObjectText(wait), HeldText(snapshot, wait),
                      wait.timeout ? ", with a timeout" : "");
}

std::vector<std::string> DeadlockLines(const Snapshot& snapshot, const std::vector<int>& cycle) {
  std::vector<std::string> lines;
  lines.push_back(cycle.size() == 1 ? "Deadlock: a thread waits for itself"
                                    : absl::StrCat("Deadlock: ", Counted(cycle.size(), "thread"),
                                                   " wait for each other"));
  for (const int tid : cycle) {
    const SnapshotThread* thread = snapshot.Find(tid);
    if (thread == nullptr || !thread->waits_for) continue;
    lines.push_back(
        absl::StrCat("    ", Title(*thread), At(*thread), " ", WaitLine(snapshot, *thread)));
  }
  return lines;
}

void WriteWaitsFor(const SnapshotThread& thread, JsonWriter& json) {
  if (!thread.waits_for) return;
  json.Key("waits_for");
  WriteWait(*thread.waits_for, json);
}

void WriteDeadlocks(const Snapshot& snapshot, JsonWriter& json) {
  json.Key("deadlocks").BeginArray();
  for (const std::vector<int>& cycle : snapshot.deadlocks) {
    json.BeginObject().Key("threads").BeginArray();
    for (const int tid : cycle) {
      const SnapshotThread* thread = snapshot.Find(tid);
      if (thread == nullptr) continue;
      json.BeginObject().Field("tid", tid).Field("name", std::string_view(thread->name));
      if (const SnapshotFrame* line = thread->Line()) {
        json.Field("file", std::string_view(line->file)).Field("line", line->line);
      }
      WriteWaitsFor(*thread, json);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray();
}

}  // namespace spyhop
