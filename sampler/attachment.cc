#include "sampler/attachment.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/python/thread_names.h"
#include "sampler/target/process_vm_memory.h"
#include "sampler/target/scheduling.h"

namespace spyhop {
namespace {

constexpr int kStartTries = 20;
constexpr auto kStartPause = std::chrono::milliseconds(20);
constexpr Nanos kNamesPause = 50 * kMillisecond;
constexpr Nanos kFirstMatchPause = 2 * kMillisecond;
constexpr Nanos kLongestMatchPause = kSecond;
constexpr uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD (include/linux/sched.h)

absl::Status CheckProcess(const ProcessFiles& files) {
  absl::StatusOr<ProcessStat> stat = files.Stat();
  if (!stat.ok()) return stat.status();
  const int pid = files.pid();
  const absl::StatusOr<ProcessStatus> status = files.Status();
  if (status.ok() && status->process != 0 && status->process != pid) {
    return absl::NotFoundError(
        absl::StrFormat("no process with pid %d: it is the id of a thread (%s) of process %d; use "
                        "that one's: spyhop attach --pid %d",
                        pid, stat->comm, status->process, status->process));
  }
  if (stat->flags & kKernelThreadFlag) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "process %d (%s) is a kernel thread, not a Python process; `spyhop list` shows those", pid,
        stat->comm));
  }
  if (stat->state == 'Z' || stat->state == 'X') {
    return absl::NotFoundError(absl::StrFormat(
        "process %d (%s) has ended: it is a zombie that its parent %d has not waited for; `spyhop "
        "list` shows the Python processes that run",
        pid, stat->comm, stat->parent));
  }
  return absl::OkStatus();
}

absl::StatusOr<Interpreter> FindStartedInterpreter(const ProcessFiles& files,
                                                   RemoteMemory& memory) {
  for (int i = 0;; ++i) {
    absl::StatusOr<Interpreter> interpreter = FindInterpreter(files, memory);
    if (interpreter.ok() || !IsStarting(interpreter.status()) || i == kStartTries) {
      return interpreter;
    }
    std::this_thread::sleep_for(kStartPause);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Attachment>> Attachment::Create(int pid) {
  RaiseOpenFileLimit();
  const ProcessFiles files(pid);
  absl::Status usable = CheckProcess(files);
  if (!usable.ok()) return usable;
  absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  if (!memory.ok()) return memory.status();
  absl::StatusOr<Interpreter> interpreter = FindStartedInterpreter(files, **memory);
  if (absl::IsPermissionDenied(interpreter.status())) return PermissionError(pid);
  if (!interpreter.ok()) return interpreter.status();
  return std::unique_ptr<Attachment>(
      new Attachment(pid, *std::move(memory), *std::move(interpreter)));
}

Attachment::Attachment(int pid, std::unique_ptr<RemoteMemory> memory, Interpreter interpreter)
    : files_(pid),
      memory_(std::move(memory)),
      interpreter_(std::move(interpreter)),
      info_{pid, files_.CommandLine(), files_.Executable(), interpreter_.version.ToString(),
            FlavourName(interpreter_.flags)},
      states_(*memory_, interpreter_),
      matcher_(files_, *memory_),
      codes_(*memory_, interpreter_.layout) {}

ThreadStates::LookResult Attachment::Look(Nanos now) {
  const ThreadStates::LookResult result = states_.Look();
  if (result == ThreadStates::LookResult::kUnreadable) return result;
  if (result == ThreadStates::LookResult::kChanged) {
    match_pause_ = kFirstMatchPause;
    WatchThreads();
    if (replaced_) return ThreadStates::LookResult::kUnreadable;
    RefreshNamesUnlessDone(now);
  } else if (unmatched_ && now >= next_match_) {
    match_pause_ = std::min(2 * match_pause_, kLongestMatchPause);
    WatchThreads();
    RefreshNamesUnlessDone(now);
  }
  if (unmatched_ && next_match_ <= now) next_match_ = now + match_pause_;
  return result;
}

void Attachment::WatchThreads() {
  std::vector<ThreadStates::ThreadEntry> entries = states_.threads();
  const ThreadStateLayout& fields = interpreter_.layout.thread;
  for (ThreadStates::ThreadEntry& entry : entries) {
    // A thread state is made before its thread runs and fills in the ids.
    entry.pthread_id = fields.thread_id.In(states_.copy_of(entry));
    if (fields.native_thread_id.present()) {
      entry.native_id = fields.native_thread_id.In(states_.copy_of(entry));
    }
    if (fields.frame.present()) entry.frame = fields.frame.In(states_.copy_of(entry));
    if (fields.cframe.present()) entry.on_stack = fields.cframe.In(states_.copy_of(entry));
  }
  const std::vector<int> tids = matcher_.Match(entries);
  WatchedThreads watched;
  unmatched_ = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (tids[i] == 0) {
      unmatched_ = true;
      continue;
    }
    const auto same = std::find_if(threads_.begin(), threads_.end(), [&](const auto& thread) {
      return thread != nullptr && thread->tid == tids[i] &&
             thread->state.address == entries[i].address;
    });
    watched.push_back(
        same != threads_.end()
            ? std::move(*same)
            : std::make_unique<WatchedThread>(++last_serial_, pid(), tids[i], interpreter_.layout));
    // The main thread never gets another struct pthread, unless by exec.
    const uint64_t before = watched.back()->state.pthread_id;
    if (tids[i] == pid() && before != 0 && before != entries[i].pthread_id) replaced_ = true;
    watched.back()->state = entries[i];
  }
  threads_ = std::move(watched);
}

// A program that starts threads all the time must not have all their names read at each.
void Attachment::RefreshNamesUnlessDone(Nanos now) {
  if (now < next_names_) return;
  next_names_ = now + kNamesPause;
  RefreshNames();
}

void Attachment::RefreshNames() {
  names_.clear();
  for (const ThreadStates::InterpreterEntry& entry : states_.interpreters()) {
    names_.merge(ReadThreadNames(*memory_, interpreter_.layout, entry.address));
  }
}

std::string Attachment::NameOf(const WatchedThread& thread) const {
  const auto found = names_.find(thread.state.pthread_id);
  if (found != names_.end() && !found->second.empty()) return found->second;
  return files_.ThreadName(thread.tid);
}

}  // namespace spyhop
