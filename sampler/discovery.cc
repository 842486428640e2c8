#include "sampler/discovery.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sampler/otel_context.h"
#include "sampler/process_table.h"
#include "sampler/python/interpreter_finder.h"
#include "sampler/target/process_files.h"
#include "sampler/target/process_vm_memory.h"

namespace spyhop {
namespace {

constexpr Nanos kNever = std::numeric_limits<Nanos>::max();
constexpr Nanos kFirstPause = kSecond / 2;
constexpr int kLooks = 5;      // at once, then after 0.5, 1, 2 and 4 s
constexpr int kMostPause = 7;  // as a power of two of kFirstPause: 64 s
// What has just been forked from a Python may be about to exec something else, or to end.
constexpr Nanos kYoungest = 300 * kMillisecond;
// Of all, for those that ReadNew does not tell, and to forget what has gone.
constexpr Nanos kListingPause = 5 * kSecond;
// Of those that were looked at before, at each scan.
constexpr size_t kExecsChecked = 32;

}  // namespace

struct ProcessDiscovery::Known {
  uint64_t inode = 0;
  uint64_t start_time = 0;
  std::string executable;
  Nanos next_look = 0;
  int looks = 0;         // since it has run this executable
  int reconsidered = 0;  // idem
  bool told = false;
  bool kernel_thread = false;
  uint64_t listing = 0;  // the last one that had it
};

struct ProcessDiscovery::State {
  explicit State(std::unique_ptr<ProcessTable> live) : table(std::move(live)) {}

  void List();
  bool ListNew();
  void Meet(const ProcessList::Entry& entry);
  void Look(int pid, Known& process, Changes& changes);
  void CheckExecs(Changes& changes);
  void LookAtOneAgain(Changes& changes);
  void Postpone(Known& process, Nanos pause) const { process.next_look = now + pause; }

  std::unique_ptr<ProcessTable> table;
  absl::flat_hash_map<int, Known> processes;
  std::vector<int> order;    // of the last listing
  size_t execs_checked = 0;  // where in it the turns are
  size_t looked_again = 0;
  uint64_t listings = 0;
  Nanos next_listing = 0;
  Nanos now = 0;
};

void ProcessDiscovery::State::List() {
  ++listings;
  order.clear();
  for (const ProcessList::Entry& entry : table->List()) {
    order.push_back(entry.pid);
    Meet(entry);
  }
  if (order.size() != processes.size()) {
    absl::erase_if(processes, [this](const auto& each) { return each.second.listing != listings; });
  }
  next_listing = now + kListingPause;
}

bool ProcessDiscovery::State::ListNew() {
  const std::optional<std::vector<ProcessList::Entry>> entries = table->ListNew();
  if (!entries) return false;
  for (const ProcessList::Entry& entry : *entries) {
    if (!processes.contains(entry.pid)) order.push_back(entry.pid);
    Meet(entry);
  }
  return true;
}

void ProcessDiscovery::State::Meet(const ProcessList::Entry& entry) {
  Known& process = processes[entry.pid];
  const bool is_new = process.listing == 0;
  process.listing = listings;
  if (!is_new && process.inode == entry.inode) return;
  const std::optional<ProcessTable::Identity> identity = table->Identify(entry.pid);
  process.inode = entry.inode;
  if (!identity) return Postpone(process, 0);  // gone before the next listing
  if (!is_new && process.start_time == identity->start_time) return;
  process = {.inode = entry.inode,
             .start_time = identity->start_time,
             .next_look = now,
             .kernel_thread = identity->kernel_thread,
             .listing = listings};
  if (process.kernel_thread) {
    process.next_look = kNever;
  } else if (identity->age < kYoungest) {
    Postpone(process, 1);  // at the next scan
  }
}

void ProcessDiscovery::State::Look(int pid, Known& process, Changes& changes) {
  process.executable = table->Executable(pid);
  process.next_look = kNever;
  if (table->MayRunPython(pid, process.executable)) {
    std::optional<ProcessFacts> facts = table->Facts(pid);
    if (!facts || facts->start_time != process.start_time) return;  // the next listing knows
    process.told = true;
    changes.candidates.push_back(*std::move(facts));
    return;
  }
  process.told = false;
  if (++process.looks < kLooks) Postpone(process, kFirstPause << (process.looks - 1));
}

// Those that will be looked at anyway have a next look.
void ProcessDiscovery::State::CheckExecs(Changes& changes) {
  for (size_t i = 0; i < std::min(kExecsChecked, order.size()); ++i) {
    const int pid = order[execs_checked++ % order.size()];
    const auto found = processes.find(pid);
    if (found == processes.end() || found->second.next_look != kNever) continue;
    Known& process = found->second;
    const std::string executable = process.kernel_thread ? "" : table->Executable(pid);
    if (executable.empty() || executable == process.executable) continue;
    process.looks = process.reconsidered = 0;
    Look(pid, process, changes);
  }
}

// One of those that were no Python may have loaded one since.
void ProcessDiscovery::State::LookAtOneAgain(Changes& changes) {
  for (size_t i = 0; i < std::min(kExecsChecked, order.size()); ++i) {
    const int pid = order[looked_again++ % order.size()];
    const auto found = processes.find(pid);
    if (found == processes.end() || found->second.next_look != kNever) continue;
    if (found->second.told || found->second.kernel_thread) continue;
    return Look(pid, found->second, changes);
  }
}

ProcessDiscovery::ProcessDiscovery() : ProcessDiscovery(LiveProcesses()) {}

ProcessDiscovery::ProcessDiscovery(std::unique_ptr<ProcessTable> table)
    : state_(std::make_unique<State>(std::move(table))) {}

ProcessDiscovery::~ProcessDiscovery() = default;

ProcessDiscovery::Changes ProcessDiscovery::Scan(Nanos now) {
  Changes changes;
  state_->now = now;
  if (now >= state_->next_listing || !state_->ListNew()) state_->List();
  for (auto& [pid, process] : state_->processes) {
    if (process.next_look <= now) state_->Look(pid, process, changes);
  }
  state_->CheckExecs(changes);
  state_->LookAtOneAgain(changes);
  return changes;
}

void ProcessDiscovery::Reconsider(int pid) {
  const auto found = state_->processes.find(pid);
  if (found == state_->processes.end()) return;
  Known& process = found->second;
  state_->Postpone(process, kFirstPause << std::min(process.reconsidered++, kMostPause));
}

void ProcessDiscovery::ForgetAll() {
  state_->processes.clear();
  state_->next_listing = 0;
}

size_t ProcessDiscovery::known() const { return state_->processes.size(); }

absl::StatusOr<std::string> PythonVersionOf(int pid) {
  absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  if (!memory.ok()) return memory.status();
  const absl::StatusOr<Interpreter> interpreter = FindInterpreter(ProcessFiles(pid), **memory);
  if (!interpreter.ok()) return interpreter.status();
  return interpreter->version.ToString();
}

std::optional<std::string> OtelServiceOf(int pid) {
  const absl::StatusOr<std::string> maps = ProcessFiles(pid).MapsText();
  if (!maps.ok() || maps->find("OTEL_CTX") == maps->npos) return std::nullopt;
  const absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
  if (!memory.ok()) return std::nullopt;
  return ReadOtelService(MemoryMap::Parse(*maps), **memory);
}

}  // namespace spyhop
