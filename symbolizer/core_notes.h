// The notes of a core file: what the kernel (fs/binfmt_elf.c, fill_note_info) and gcore write of a
// process and its threads.
//
// Each note's head is read by itself, and the contents of those that are of use: floating point
// registers are most of the bytes. Bounds: a million notes, 100,000 threads, 16 MiB of mapped
// files. What is cut short or makes no sense is left out.
#ifndef SPYHOP_SYMBOLIZER_CORE_NOTES_H_
#define SPYHOP_SYMBOLIZER_CORE_NOTES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"

namespace spyhop {

struct CoreRegisters {
  RemoteAddress pc;
  RemoteAddress stack_pointer;
  uint64_t rbp = 0;
  uint64_t fs_base = 0;  // the thread's struct pthread
  int64_t rax = 0;
  // The system call that it entered the kernel by; negative: by none (an exception, an interrupt).
  int64_t orig_rax = -1;
  std::array<uint64_t, 6> arguments{};  // of that call
};

struct CoreThread {  // NT_PRSTATUS
  int tid = 0;       // as whoever wrote the file has seen it
  int signal = 0;    // pr_cursig
  CoreRegisters registers;
};

struct CoreSignal {  // NT_SIGINFO
  int number = 0;
  int code = 0;
  uint64_t address = 0;  // si_addr
  int sender = 0;        // si_pid: the same bytes, of other signals
};

struct CoreMappedFile {  // of NT_FILE
  AddressRange range;
  uint64_t offset = 0;  // in that file, bytes
  std::string path;     // as the process saw it, or as gcore did; " (deleted)" kept
};

struct CoreNotes {
  std::vector<CoreThread> threads;
  std::vector<CoreMappedFile> mapped_files;  // by address, none overlaps another
  std::vector<std::pair<uint64_t, uint64_t>> auxiliary;
  std::optional<CoreSignal> signal;  // the first one told
  int pid = 0;
  uint32_t uid = 0;
  std::string name;
  std::string command;
  bool has_files = false;  // NT_FILE was met
  size_t seen = 0;         // of all kinds
};

// Adds to `notes` those of a PT_NOTE segment, `size` bytes of the file from `offset` on.
void ReadCoreNotes(int fd, uint64_t offset, uint64_t size, CoreNotes& notes);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CORE_NOTES_H_
