// unwind_against_dwfl PID TID COUNT: stops a thread COUNT times and unwinds each copy of its stack
// twice, by symbolizer/unwinder and by libdwfl. One line of JSON to stdout; the stacks that differ,
// one each, to stderr. Exit status 0 when it could look, whatever it saw.
//
// libdwfl gets the same three registers and the same copy, and the files' own tables only.
#include <elfutils/libdwfl.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "sampler/loaded_elf.h"
#include "sampler/native_copy.h"
#include "sampler/target/process_files.h"
#include "sampler/target/process_vm_memory.h"
#include "sampler/target/thread_stop.h"
#include "symbolizer/unwinder.h"

namespace spyhop {
namespace {

constexpr size_t kCopied = 256 << 10;  // bytes
constexpr Nanos kPause = 300 * kMicrosecond;
// DWARF's numbers (System V ABI, AMD64, figure 3.36).
constexpr int kRbp = 6;
constexpr int kRsp = 7;
constexpr int kRip = 16;

int NoDebugInfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word,
                char**) {
  return -1;
}

// What libdwfl says of a snapshot.
class Dwfls {
 public:
  Dwfls(int pid, int tid, const NativeCopy& copy)
      : tid_(tid), copy_(copy), dwfl_(dwfl_begin(&kFiles)) {
    dwfl_report_begin(dwfl_);
    dwfl_linux_proc_report(dwfl_, pid);
    dwfl_report_end(dwfl_, nullptr, nullptr);
    if (!dwfl_attach_state(dwfl_, nullptr, pid, &kThread, this)) Fail();
  }
  ~Dwfls() { dwfl_end(dwfl_); }
  Dwfls(const Dwfls&) = delete;
  Dwfls& operator=(const Dwfls&) = delete;

  std::vector<uint64_t> Unwind() {
    pcs_.clear();
    dwfl_getthread_frames(dwfl_, tid_, &AddFrame, this);
    return pcs_;
  }

 private:
  [[noreturn]] static void Fail() {
    std::fprintf(stderr, "libdwfl: %s\n", dwfl_errmsg(-1));
    std::exit(1);
  }
  static pid_t NextThread(Dwfl*, void* self, void** thread) {
    if (*thread != nullptr) return 0;
    *thread = self;
    return static_cast<Dwfls*>(self)->tid_;
  }
  static bool ReadMemory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* self) {
    uint64_t value = 0;
    if (!static_cast<Dwfls*>(self)->copy_.stack().Read(address, value)) return false;
    *word = value;
    return true;
  }
  static bool SetRegisters(Dwfl_Thread* thread, void* self) {
    const StoppedAt& where = static_cast<Dwfls*>(self)->copy_.where();
    const Dwarf_Word frame[] = {*where.rbp, where.stack_pointer.value()};
    const Dwarf_Word pc = where.pc.value();
    static_assert(kRsp == kRbp + 1);
    return dwfl_thread_state_registers(thread, kRbp, 2, frame) &&
           dwfl_thread_state_registers(thread, kRip, 1, &pc);
  }
  static int AddFrame(Dwfl_Frame* frame, void* self) {
    Dwarf_Addr pc = 0;
    if (!dwfl_frame_pc(frame, &pc, nullptr)) return DWARF_CB_ABORT;
    static_cast<Dwfls*>(self)->pcs_.push_back(pc);
    return DWARF_CB_OK;
  }

  static inline const Dwfl_Callbacks kFiles = {.find_elf = dwfl_linux_proc_find_elf,
                                               .find_debuginfo = NoDebugInfo,
                                               .section_address = nullptr,
                                               .debuginfo_path = nullptr};
  static inline const Dwfl_Thread_Callbacks kThread = {.next_thread = NextThread,
                                                       .get_thread = nullptr,
                                                       .memory_read = ReadMemory,
                                                       .set_initial_registers = SetRegisters,
                                                       .detach = nullptr,
                                                       .thread_detach = nullptr};

  const int tid_;
  const NativeCopy& copy_;
  Dwfl* const dwfl_;
  std::vector<uint64_t> pcs_;
};

// What symbolizer/unwinder says of it.
class Ours {
 public:
  explicit Ours(int pid)
      : files_(pid),
        memory_(OpenMemory(pid)),
        map_(MemoryMap::Parse(files_.MapsText().value_or(""))),
        unwinder_([this](RemoteAddress pc) { return Open(pc); }) {}

  std::vector<uint64_t> Unwind(const NativeCopy& copy, UnwindEnd& end) {
    end = unwinder_.Unwind(copy.registers(), copy.stack(), frames_);
    std::vector<uint64_t> pcs;
    for (const NativeFrame& frame : frames_) pcs.push_back(frame.pc.value());
    return pcs;
  }
  RemoteMemory& memory() { return *memory_; }

 private:
  static std::unique_ptr<RemoteMemory> OpenMemory(int pid) {
    absl::StatusOr<std::unique_ptr<RemoteMemory>> memory = OpenProcessMemory(pid);
    if (memory.ok()) return *std::move(memory);
    std::fprintf(stderr, "%s\n", memory.status().ToString().c_str());
    std::exit(1);
  }
  std::optional<CodeModule> Open(RemoteAddress pc) {
    const Mapping* mapping = map_.Find(pc);
    if (mapping == nullptr || !mapping->executable) return std::nullopt;
    const std::optional<LoadedElf> elf = OpenLoadedElf(files_, *memory_, *mapping);
    if (!elf) return CodeModule{mapping->range, 0, nullptr};
    return CodeModule{mapping->range, elf->bias, CallFrames::Open(elf->file)};
  }

  ProcessFiles files_;
  std::unique_ptr<RemoteMemory> memory_;
  MemoryMap map_;
  Unwinder unwinder_;
  std::vector<NativeFrame> frames_;
};

bool Take(ThreadStopControl& control, int tid, RemoteMemory& memory, NativeCopy& copy) {
  ScopedStop stop(control, tid);
  if (!stop.stopped()) return false;
  const StoppedAt where = control.where();
  ReadRequest request = copy.Request(where.stack_pointer);
  memory.ReadBatch({&request, 1});
  copy.Settle(where, request);
  return where.rbp.has_value();
}

void PrintStack(const char* whose, const std::vector<uint64_t>& pcs) {
  std::fprintf(stderr, "%s:", whose);
  for (const uint64_t pc : pcs) std::fprintf(stderr, " %lx", pc);
  std::fprintf(stderr, "\n");
}

int Compare(int pid, int tid, int count) {
  MonotonicClock clock;
  ThreadStopper stopper;
  NativeCopy copy;
  copy.Want(kCopied);
  Ours ours(pid);
  Dwfls theirs(pid, tid, copy);
  int taken = 0;
  int whole = 0;
  int identical = 0;
  size_t frames = 0;
  while (taken < count && !stopper.needs_retirement()) {
    clock.SleepUntil(clock.Now() + kPause);
    if (!Take(stopper, tid, ours.memory(), copy)) break;
    ++taken;
    UnwindEnd end = UnwindEnd::kWhole;
    const std::vector<uint64_t> mine = ours.Unwind(copy, end);
    const std::vector<uint64_t> others = theirs.Unwind();
    frames += mine.size();
    whole += end == UnwindEnd::kWhole ? 1 : 0;
    identical += mine == others ? 1 : 0;
    if (mine == others) continue;
    PrintStack("ours", mine);
    PrintStack("libdwfl", others);
  }
  std::printf("{\"snapshots\": %d, \"whole\": %d, \"identical\": %d, \"frames\": %zu}\n", taken,
              whole, identical, frames);
  return 0;
}

}  // namespace
}  // namespace spyhop

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: unwind_against_dwfl PID TID COUNT\n");
    return 2;
  }
  return spyhop::Compare(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
}
