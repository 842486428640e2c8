// What a core file (core(5)) tells of the process that it was: its threads with their registers,
// what was mapped, the signal. Not its memory, which is core_memory.h's.
//
// Read once, at Open: the program headers and the notes, not what lies between. Written by the
// kernel (fs/binfmt_elf.c, elf_core_dump) or by gdb's gcore (gdb/linux-tdep.c); a file that is cut
// short gives what is left of it. Nothing in it is trusted: every size is held against the file's
// and against a bound, so a hostile one costs some hundred MiB and a second at most. Immutable
// after Open. x86-64.
#ifndef SPYHOP_SYMBOLIZER_CORE_FILE_H_
#define SPYHOP_SYMBOLIZER_CORE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/address.h"
#include "base/scoped_fd.h"
#include "symbolizer/core_notes.h"

namespace spyhop {

struct CoreSegment {  // PT_LOAD
  AddressRange range;
  uint64_t offset = 0;     // in the core file
  uint64_t file_size = 0;  // bytes that were written; the rest of the range was left out
  bool readable = false;
  bool writable = false;
  bool executable = false;
};

class CoreFile {
 public:
  // kUnimplemented (exit status 5): another machine's; kDataLoss: no core file, or one without a
  // thread.
  static absl::StatusOr<CoreFile> Open(ScopedFd fd);

  int fd() const { return fd_.get(); }
  int pid() const { return pid_; }
  // The executable's name, 15 bytes at most.
  const std::string& name() const { return name_; }
  // The beginning of the command line, 79 bytes at most; from gcore only its first word.
  const std::string& command() const { return command_; }
  uint32_t uid() const { return uid_; }

  // In the file's order: the kernel's has the one that the signal came to first.
  absl::Span<const CoreThread> threads() const { return threads_; }
  // What ended the process (or stopped it, for gcore under a debugger); nothing when gcore took it
  // from a running one.
  const std::optional<CoreSignal>& signal() const { return signal_; }
  // By address, none overlaps another.
  absl::Span<const CoreSegment> segments() const { return segments_; }
  absl::Span<const CoreMappedFile> mapped_files() const { return mapped_files_; }
  // The one that `address` was mapped in; null when none was written, as gcore does of code.
  const CoreSegment* SegmentAt(RemoteAddress address) const;
  // An entry of the auxiliary vector (getauxval(3)); 0 when it is not there.
  uint64_t Auxiliary(uint64_t type) const;
  absl::Span<const std::pair<uint64_t, uint64_t>> auxiliary() const { return auxiliary_; }

  // How many bytes the file should have beyond those that it has.
  uint64_t missing_bytes() const { return missing_bytes_; }

 private:
  friend class CoreFileReader;
  explicit CoreFile(ScopedFd fd) : fd_(std::move(fd)) {}

  ScopedFd fd_;
  int pid_ = 0;
  uint32_t uid_ = 0;
  std::string name_;
  std::string command_;
  std::vector<CoreThread> threads_;
  std::optional<CoreSignal> signal_;
  std::vector<CoreSegment> segments_;
  std::vector<CoreMappedFile> mapped_files_;
  std::vector<std::pair<uint64_t, uint64_t>> auxiliary_;
  uint64_t missing_bytes_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CORE_FILE_H_
