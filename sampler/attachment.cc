#include "sampler/attachment.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/python/thread_names.h"
#include "sampler/target/process_files.h"
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

// No names of the target's in it: they would have to be escaped.
void TellWhatWasFound(int pid, const Interpreter& interpreter) {
  LogDebug(absl::StrFormat("process %d: CPython %s (%s), interpreter at 0x%x, found by %s", pid,
                           interpreter.version.ToString(), FlavourName(interpreter.flags),
                           interpreter.first.value(), interpreter.found_by));
  LogDebug(absl::StrFormat("process %d: layout: %s", pid, interpreter.layout.provenance));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Attachment>> Attachment::Create(int pid) {
  RaiseOpenFileLimit();
  auto files = std::make_unique<const ProcessFiles>(pid);
  absl::Status usable = CheckProcess(*files);
  if (!usable.ok()) return usable;
  absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  if (!memory.ok()) return memory.status();
  absl::StatusOr<Interpreter> interpreter = FindStartedInterpreter(*files, **memory);
  if (absl::IsPermissionDenied(interpreter.status())) return PermissionError(pid);
  if (!interpreter.ok()) return interpreter.status();
  if (!files->CheckThreadsReadable().ok()) return PermissionError(pid);
  TellWhatWasFound(pid, *interpreter);
  return std::unique_ptr<Attachment>(
      new Attachment(std::move(files), *std::move(memory), *std::move(interpreter)));
}

absl::StatusOr<std::unique_ptr<Attachment>> Attachment::CreateOfCore(
    std::unique_ptr<const TargetFiles> files, std::unique_ptr<RemoteMemory> memory) {
  absl::StatusOr<Interpreter> interpreter = FindInterpreter(*files, *memory);
  if (!interpreter.ok()) return interpreter.status();
  TellWhatWasFound(files->pid(), *interpreter);
  return std::unique_ptr<Attachment>(
      new Attachment(std::move(files), std::move(memory), *std::move(interpreter)));
}

Attachment::Attachment(std::unique_ptr<const TargetFiles> files,
                       std::unique_ptr<RemoteMemory> memory, Interpreter interpreter)
    : files_(std::move(files)),
      start_time_(files_->Stat().value_or(ProcessStat()).start_time),
      memory_(std::move(memory)),
      interpreter_(std::move(interpreter)),
      info_{pid(), files_->CommandLine(), files_->Executable(), interpreter_.version.ToString(),
            MainFlavour(interpreter_.flags)},
      states_(*memory_, interpreter_),
      matcher_(*files_, *memory_),
      codes_(*memory_, interpreter_.layout),
      places_(*files_, interpreter_),
      unwinder_(*files_, *memory_, places_) {}

ThreadStates::LookResult Attachment::Look(Nanos now, std::optional<WatchedThreads> awake) {
  const ThreadStates::LookResult result = LookAt(unmatched_ ? std::nullopt : awake);
  if (result == ThreadStates::LookResult::kUnreadable) return result;
  if (result == ThreadStates::LookResult::kChanged) {
    match_pause_ = kFirstMatchPause;
    WatchThreads();
  } else if (unmatched_ && now >= next_match_) {
    match_pause_ = std::min(2 * match_pause_, kLongestMatchPause);
    WatchThreads();
  }
  if (unmatched_ && next_match_ <= now) next_match_ = now + match_pause_;
  // Seen once: the new program may look the same from then on.
  return replaced_ ? ThreadStates::LookResult::kUnreadable : result;
}

void Attachment::MatchAnew() {
  if (!unmatched_) match_pause_ = kFirstMatchPause;
  unmatched_ = true;
  next_match_ = 0;
}

ThreadStates::LookResult Attachment::LookAt(std::optional<WatchedThreads> awake) {
  if (!awake) return states_.Look();
  awake_.clear();
  for (const WatchedThread* thread : *awake) awake_.push_back(&thread->state);
  return states_.LookAt(awake_);
}

void Attachment::WatchThreads() {
  new_threads_ = true;
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
  std::vector<std::unique_ptr<WatchedThread>> watched;
  unmatched_ = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (tids[i] == 0) {
      unmatched_ = true;
      continue;
    }
    const auto same = std::find_if(owned_.begin(), owned_.end(), [&](const auto& thread) {
      return thread != nullptr && thread->tid == tids[i] &&
             thread->state.address == entries[i].address;
    });
    watched.push_back(same != owned_.end() ? std::move(*same)
                                           : std::make_unique<WatchedThread>(
                                                 ++last_serial_, tids[i], files_->Probe(tids[i]),
                                                 interpreter_.layout));
    if (tids[i] == pid()) NoteMainThread(entries[i]);
    watched.back()->state = entries[i];
  }
  owned_ = std::move(watched);
  threads_.clear();
  for (const auto& thread : owned_) threads_.push_back(thread.get());
}

// It never gets another struct pthread, unless by exec. Remembered here, for while a program starts
// its main thread has no ids for an instant and is not watched. In other interpreters a state may
// have the ids of the thread that made it.
void Attachment::NoteMainThread(const ThreadStates::ThreadEntry& entry) {
  if (entry.interpreter + 1 != states_.interpreters().size() || entry.pthread_id == 0) return;
  const uint64_t before = std::exchange(main_pthread_, entry.pthread_id);
  if (before != 0 && before != entry.pthread_id) replaced_ = true;
}

void Attachment::RefreshNamesIfDue(Nanos now) {
  if (!new_threads_ || now < next_names_) return;
  next_names_ = now + kNamesPause;
  RefreshNames();
}

void Attachment::RefreshNames() {
  new_threads_ = false;
  absl::flat_hash_map<uint64_t, std::string> names;
  for (const ThreadStates::InterpreterEntry& entry : states_.interpreters()) {
    names.merge(ReadThreadNames(*memory_, interpreter_.layout, entry.address));
  }
  // A target that is ending has no names any more.
  if (!names.empty()) names_ = std::move(names);
}

bool Attachment::HasNamelessThreads() const {
  const WatchedThreads all = threads();
  return std::any_of(all.begin(), all.end(), [this](const WatchedThread* thread) {
    return !names_.contains(thread->state.pthread_id);
  });
}

std::string Attachment::NameOf(const WatchedThread& thread) const {
  const auto found = names_.find(thread.state.pthread_id);
  if (found != names_.end() && !found->second.empty()) return found->second;
  return files_->ThreadName(thread.tid);
}

}  // namespace spyhop
