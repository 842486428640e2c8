#include "symbolizer/core_notes.h"

#include <elf.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

namespace spyhop {
namespace {

constexpr size_t kMostThreads = 100'000;
constexpr size_t kMostNotes = 1'000'000;
constexpr uint64_t kMostOfFiles = 16 << 20;  // the kernel's largest (core_file_note_size_limit)
constexpr uint64_t kMostAuxiliary = 4096;
constexpr char kOwner[] = "CORE";
constexpr uint64_t kNoteAlignment = 4;  // also in 64-bit files (fs/binfmt_elf.c, writenote)

uint64_t AlignedUp(uint64_t size) { return (size + kNoteAlignment - 1) & ~(kNoteAlignment - 1); }

bool ReadAt(int fd, uint64_t offset, void* to, size_t size) {
  if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) return false;
  return pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

template <typename T>
std::optional<T> ReadStruct(int fd, uint64_t offset, uint64_t size) {
  T value;
  if (size < sizeof(value) || !ReadAt(fd, offset, &value, sizeof(value))) return std::nullopt;
  return value;
}

std::string FixedText(const char* text, size_t size) { return {text, strnlen(text, size)}; }

// The calling convention of system calls: syscall(2), "Architecture calling conventions".
CoreRegisters RegistersOf(const user_regs_struct& all) {
  return {.pc = RemoteAddress(all.rip),
          .stack_pointer = RemoteAddress(all.rsp),
          .rbp = all.rbp,
          .fs_base = all.fs_base,
          .rax = static_cast<int64_t>(all.rax),
          .orig_rax = static_cast<int64_t>(all.orig_rax),
          .arguments = {all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9}};
}

void AddThread(const prstatus_t& status, CoreNotes& notes) {
  static_assert(sizeof(user_regs_struct) == sizeof(status.pr_reg));
  user_regs_struct registers;
  std::memcpy(&registers, &status.pr_reg, sizeof(registers));
  if (status.pr_pid <= 0) return;
  notes.threads.push_back({status.pr_pid, status.pr_cursig, RegistersOf(registers)});
}

void AddProcess(const prpsinfo_t& process, CoreNotes& notes) {
  notes.pid = std::max(process.pr_pid, 0);
  notes.uid = process.pr_uid;
  notes.name = FixedText(process.pr_fname, sizeof(process.pr_fname));
  notes.command = FixedText(process.pr_psargs, sizeof(process.pr_psargs));
  // The kernel puts a blank behind each word.
  while (!notes.command.empty() && notes.command.back() == ' ') notes.command.pop_back();
}

void AddSignal(const siginfo_t& signal, CoreNotes& notes) {
  if (notes.signal) return;
  notes.signal = CoreSignal{.number = signal.si_signo,
                            .code = signal.si_code,
                            .address = reinterpret_cast<uint64_t>(signal.si_addr),
                            .sender = signal.si_pid};
}

void ReadAuxiliary(int fd, uint64_t offset, uint64_t size, CoreNotes& notes) {
  std::vector<Elf64_auxv_t> entries(std::min(size, kMostAuxiliary) / sizeof(Elf64_auxv_t));
  if (!notes.auxiliary.empty() ||
      !ReadAt(fd, offset, entries.data(), entries.size() * sizeof(Elf64_auxv_t))) {
    return;
  }
  for (const Elf64_auxv_t& entry : entries) {
    if (entry.a_type == AT_NULL) break;
    notes.auxiliary.emplace_back(entry.a_type, entry.a_un.a_val);
  }
}

// NT_FILE: two numbers (how many, the unit of offsets), three for each file, the names.
struct FileNoteHead {
  uint64_t count;
  uint64_t page;
};
struct FileNoteEntry {
  uint64_t begin;
  uint64_t end;
  uint64_t offset;
};

void SortFiles(std::vector<CoreMappedFile>& files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.range.begin() < b.range.begin(); });
  RemoteAddress end;
  std::erase_if(files, [&end](const CoreMappedFile& file) {
    if (file.range.begin() < end) return true;
    end = file.range.end();
    return false;
  });
}

void ReadFiles(int fd, uint64_t offset, uint64_t size, CoreNotes& notes) {
  if (size < sizeof(FileNoteHead) || size > kMostOfFiles) return;
  std::vector<char> bytes(size);
  if (!ReadAt(fd, offset, bytes.data(), bytes.size())) return;
  FileNoteHead head;
  std::memcpy(&head, bytes.data(), sizeof(head));
  const uint64_t most = (size - sizeof(head)) / (sizeof(FileNoteEntry) + 1);
  if (head.count > most || head.page == 0 || head.page > (1 << 30)) return;
  const char* entry_at = bytes.data() + sizeof(head);
  std::string_view names(entry_at + head.count * sizeof(FileNoteEntry),
                         size - sizeof(head) - head.count * sizeof(FileNoteEntry));
  for (uint64_t i = 0; i < head.count; ++i, entry_at += sizeof(FileNoteEntry)) {
    FileNoteEntry entry;
    std::memcpy(&entry, entry_at, sizeof(entry));
    const size_t length = names.find('\0');
    if (length == std::string_view::npos) break;
    const std::string_view name = names.substr(0, length);
    names.remove_prefix(length + 1);
    if (entry.begin >= entry.end || entry.offset > UINT64_MAX / head.page || name.empty()) continue;
    notes.mapped_files.push_back({{RemoteAddress(entry.begin), RemoteAddress(entry.end)},
                                  entry.offset * head.page,
                                  std::string(name)});
  }
  SortFiles(notes.mapped_files);
}

void ReadNote(int fd, uint32_t type, uint64_t offset, uint64_t size, CoreNotes& notes) {
  switch (type) {
    case NT_PRSTATUS:
      if (notes.threads.size() >= kMostThreads) return;
      if (const auto status = ReadStruct<prstatus_t>(fd, offset, size)) AddThread(*status, notes);
      return;
    case NT_PRPSINFO:
      if (const auto process = ReadStruct<prpsinfo_t>(fd, offset, size)) {
        AddProcess(*process, notes);
      }
      return;
    case NT_SIGINFO:
      if (const auto signal = ReadStruct<siginfo_t>(fd, offset, size)) AddSignal(*signal, notes);
      return;
    case NT_AUXV:
      return ReadAuxiliary(fd, offset, size, notes);
    case NT_FILE:
      if (!std::exchange(notes.has_files, true)) ReadFiles(fd, offset, size, notes);
      return;
    default:
      return;
  }
}

}  // namespace

void ReadCoreNotes(int fd, uint64_t offset, uint64_t size, CoreNotes& notes) {
  const uint64_t end = offset + size;
  if (end < offset) return;
  while (offset + sizeof(Elf64_Nhdr) <= end && notes.seen++ < kMostNotes) {
    Elf64_Nhdr note;
    if (!ReadAt(fd, offset, &note, sizeof(note))) return;
    const uint64_t name_at = offset + sizeof(note);
    const uint64_t contents_at = name_at + AlignedUp(note.n_namesz);
    const uint64_t next = contents_at + AlignedUp(note.n_descsz);
    if (contents_at > end || contents_at + note.n_descsz > end) return;
    char owner[sizeof(kOwner)] = {};
    const bool is_core = note.n_namesz == sizeof(kOwner) &&
                         ReadAt(fd, name_at, owner, sizeof(owner)) &&
                         std::memcmp(owner, kOwner, sizeof(kOwner)) == 0;
    if (is_core) ReadNote(fd, note.n_type, contents_at, note.n_descsz, notes);
    offset = next;
  }
}

}  // namespace spyhop
