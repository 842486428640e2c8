#include "sampler/core_process.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/core_command.h"
#include "sampler/core_maps.h"
#include "sampler/target/regular_file.h"
#include "sampler/target/scheduling.h"

namespace spyhop {
namespace {

// What the kernel leaves in rax of a call that was interrupted: it makes the call again when the
// thread goes on (include/linux/errno.h, ERESTARTSYS to ERESTART_RESTARTBLOCK), or ends it with
// EINTR. Any other value is the result of one that has ended.
bool WasWaiting(int64_t rax) { return rax == -EINTR || (rax <= -512 && rax >= -516); }

// `syscall`, `sysenter`, `int $0x80` (Intel SDM volume 2), all of two bytes.
bool IsBehindSystemCall(RemoteMemory& memory, RemoteAddress pc) {
  const auto code = memory.Read<uint16_t>(RemoteAddress(pc.value() - sizeof(uint16_t)));
  return !code || *code == 0x050F || *code == 0x340F || *code == 0x80CD;
}

SyscallState AtRest(const CoreRegisters& registers, RemoteMemory& memory) {
  const bool in_call = registers.orig_rax >= 0 && registers.orig_rax <= INT32_MAX &&
                       IsBehindSystemCall(memory, registers.pc);
  return {.running = false,
          .number = in_call ? static_cast<int>(registers.orig_rax) : -1,
          .arguments = registers.arguments,
          .stack_pointer = registers.stack_pointer,
          .pc = registers.pc,
          .rbp = registers.rbp,
          .was_running = !in_call || !WasWaiting(registers.rax)};
}

// gcore writes zeros where it cannot read on, to the mapping's end: gdb 13 does so at the guard
// pages of glibc 2.42 and later (madvise(2), MADV_GUARD_INSTALL), behind which the stacks lie.
bool HasLostItsStack(RemoteMemory& memory, RemoteAddress stack_pointer) {
  std::array<uint64_t, 1024> words;
  const size_t size = memory.ReadSome(stack_pointer, words.data(), sizeof(words));
  const auto end = words.begin() + static_cast<ptrdiff_t>(size / sizeof(uint64_t));
  return size != 0 && std::all_of(words.begin(), end, [](uint64_t word) { return word == 0; });
}

// The program's headers are mapped where its auxiliary vector says (getauxval(3)).
std::string ProgramOf(const CoreFile& core) {
  const RemoteAddress headers(core.Auxiliary(AT_PHDR));
  for (const CoreMappedFile& file : core.mapped_files()) {
    if (file.range.Contains(headers)) return file.path;
  }
  return "";
}

absl::StatusOr<CoreFile> OpenCore(const std::string& path, absl::Time& written) {
  ScopedFd fd = OpenRegularFile(path);
  struct stat info;
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    const char* why = errno == ENXIO ? "it is no regular file" : strerror(errno);
    return absl::UnavailableError(absl::StrCat("cannot open the core file ", path, ": ", why));
  }
  written = absl::TimeFromTimespec(info.st_mtim);
  absl::StatusOr<CoreFile> core = CoreFile::Open(std::move(fd));
  if (core.ok()) return core;
  return absl::Status(core.status().code(), absl::StrCat(path, ": ", core.status().message()));
}

bool TellsAddress(const CoreSignal& signal) {
  const bool fault = signal.number == SIGSEGV || signal.number == SIGBUS ||
                     signal.number == SIGILL || signal.number == SIGFPE;
  return fault && signal.code > 0 && signal.code != SI_KERNEL;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CoreProcess>> CoreProcess::Open(
    const CoreInput& input, std::unique_ptr<RemoteMemory>& memory,
    std::vector<std::string>& warnings) {
  RaiseOpenFileLimit();
  absl::Time written;
  absl::StatusOr<CoreFile> core = OpenCore(input.path, written);
  if (!core.ok()) return core.status();
  std::unique_ptr<CoreProcess> process(new CoreProcess(*std::move(core), input));
  process->written_ = written;
  const absl::Status status = process->Prepare(memory, warnings);
  if (!status.ok()) return status;
  return process;
}

absl::Status CoreProcess::Prepare(std::unique_ptr<RemoteMemory>& memory,
                                  std::vector<std::string>& warnings) {
  if (core_.missing_bytes() > 0) {
    warnings.push_back(absl::StrCat(input_.path, " is cut short: ", core_.missing_bytes(),
                                    " bytes are missing at its end; what is there is shown"));
  }
  auto core_memory = std::make_unique<CoreMemory>(core_);
  program_ = ProgramOf(core_);
  objects_.emplace(core_, *core_memory, input_, program_);
  const absl::Status status = objects_->OpenAll();
  warnings.insert(warnings.end(), objects_->problems().begin(), objects_->problems().end());
  if (!status.ok()) return status;
  maps_ = CoreMapsText(core_, *objects_);
  command_ = ReadCommandLine(core_, *core_memory);
  if (command_.empty()) command_ = {core_.command()};
  size_t lost = 0;
  for (const CoreThread& thread : core_.threads()) {
    threads_[thread.tid] = AtRest(thread.registers, *core_memory);
    if (thread.registers.fs_base != 0) pthreads_[thread.registers.fs_base] = thread.tid;
    if (HasLostItsStack(*core_memory, thread.registers.stack_pointer)) ++lost;
  }
  if (lost > 0) {
    warnings.push_back(absl::StrCat(
        lost, lost == 1 ? " thread has" : " threads have",
        " only zeros for a stack: whoever wrote the core file could not read it (gdb 13 does "
        "not get past the guard pages of glibc 2.42); the kernel's core files have it"));
  }
  memory = std::move(core_memory);
  return absl::OkStatus();
}

CoreInfo CoreProcess::End() const {
  CoreInfo info{.file = input_.path};
  const std::optional<CoreSignal>& signal = core_.signal();
  if (!signal) return info;
  info.signal = signal->number;
  info.thread = core_.threads().front().tid;
  if (TellsAddress(*signal)) info.address = signal->address;
  const bool was_sent = signal->code == SI_USER || signal->code == SI_TKILL;
  if (was_sent) info.sender = signal->sender;
  return info;
}

std::string CoreProcess::Name() const {
  return absl::StrCat("core file ", input_.path, " (", core_.name(), ")");
}

absl::StatusOr<ProcessStat> CoreProcess::Stat() const {
  ProcessStat stat;
  stat.comm = core_.name();
  return stat;
}

absl::StatusOr<ProcessStatus> CoreProcess::ThreadStatus(int tid) const {
  ProcessStatus status;
  status.process = pid();
  status.user.real = core_.uid();
  status.namespace_ids = {tid};
  return status;
}

// Only the first one's is in a core.
std::string CoreProcess::ThreadName(int tid) const { return tid == pid() ? core_.name() : ""; }

absl::StatusOr<std::vector<int>> CoreProcess::ThreadIds() const {
  std::vector<int> tids;
  for (const CoreThread& thread : core_.threads()) tids.push_back(thread.tid);
  std::sort(tids.begin(), tids.end());
  return tids;
}

ThreadProbe CoreProcess::Probe(int tid) const {
  const auto found = threads_.find(tid);
  return ThreadProbe(found == threads_.end() ? SyscallState{.running = false} : found->second);
}

// It lies where fs points to (glibc, sysdeps/x86_64/nptl/tls.h; musl, arch/x86_64/pthread_arch.h).
// The ids in it are others than the core's when gcore has seen the process from outside its pid
// namespace.
int CoreProcess::ThreadOfPthread(uint64_t pthread) const {
  const auto found = pthreads_.find(pthread);
  return found == pthreads_.end() ? 0 : found->second;
}

absl::StatusOr<ScopedFd> CoreProcess::OpenMapped(AddressRange, const std::string& path, uint64_t,
                                                 uint64_t) const {
  ScopedFd fd = objects_->Open(path);
  // The memory map has taken the mark off.
  if (!fd.valid()) fd = objects_->Open(path + " (deleted)");
  if (fd.valid()) return fd;
  return absl::NotFoundError(absl::StrCat(path, " could not be used"));
}

absl::StatusOr<ScopedFd> CoreProcess::OpenExecutable() const {
  return OpenMapped({}, program_, 0, 0);
}

absl::StatusOr<ScopedFd> CoreProcess::OpenInRoot(const std::string& path) const {
  ScopedFd fd = OpenInCoreRoot(input_, path);
  if (fd.valid()) return fd;
  return absl::NotFoundError(absl::StrCat("there is no ", path));
}

}  // namespace spyhop
