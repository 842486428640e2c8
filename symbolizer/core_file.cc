#include "symbolizer/core_file.h"

#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

// The largest vm.max_map_count that distributions set.
constexpr size_t kMostSegments = 1 << 20;

struct Compression {
  std::string_view magic;
  const char* program;
};
constexpr Compression kCompressions[] = {
    {"\x28\xB5\x2F\xFD", "zstd -d"},
    {"\x1F\x8B", "gunzip"},
    {"\xFD"
     "7zXZ",
     "unxz"},
    {"\x04\x22\x4D\x18", "lz4 -d"},
    {"BZh", "bunzip2"},
};

absl::Status NoCore(std::string_view why) {
  return absl::DataLossError(absl::StrCat("not a core file: ", std::string(why)));
}

absl::Status CheckFirstBytes(int fd) {
  char bytes[8] = {};
  const ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
  if (got == 0) return NoCore("it is empty");
  if (got < 0) return absl::ErrnoToStatus(errno, "cannot be read");
  const std::string_view text(bytes, static_cast<size_t>(got));
  for (const Compression& each : kCompressions) {
    if (!text.starts_with(each.magic)) continue;
    return NoCore(absl::StrCat("it is compressed; `", each.program, "` gives the core file"));
  }
  return text.starts_with(ELFMAG) ? absl::OkStatus() : NoCore("it is not an ELF file");
}

absl::Status CheckHeader(Elf* elf, GElf_Ehdr& header) {
  const char* ident = elf_getident(elf, nullptr);
  if (elf_kind(elf) != ELF_K_ELF || ident == nullptr) return NoCore("it is not an ELF file");
  if (ident[EI_CLASS] == ELFCLASS32) {
    return absl::UnimplementedError("of a 32-bit process; only 64-bit ones are supported");
  }
  if (gelf_getehdr(elf, &header) == nullptr) return NoCore("its ELF header is damaged");
  if (header.e_type != ET_CORE) {
    return NoCore("it is a program or a library (--exe FILE names the program of a core file)");
  }
  if (header.e_machine != EM_X86_64) {
    return absl::UnimplementedError(absl::StrCat("of another kind of machine (ELF machine ",
                                                 header.e_machine, "); only x86-64 is supported"));
  }
  return absl::OkStatus();
}

}  // namespace

class CoreFileReader {
 public:
  explicit CoreFileReader(ScopedFd fd) : core_(std::move(fd)) {}

  absl::StatusOr<CoreFile> Read();

 private:
  absl::Status ReadHeaders();
  void AddSegment(const GElf_Phdr& header);
  void NoteEnd(uint64_t offset, uint64_t size);
  void SortSegments();
  void Take(CoreNotes notes);

  CoreFile core_;
  std::vector<GElf_Phdr> notes_;
  uint64_t end_ = 0;   // where the file should end
  uint64_t size_ = 0;  // where it does
};

absl::StatusOr<CoreFile> CoreFileReader::Read() {
  const int fd = core_.fd_.get();
  struct stat info;
  if (fstat(fd, &info) != 0) return absl::ErrnoToStatus(errno, "cannot be read");
  size_ = static_cast<uint64_t>(info.st_size);
  absl::Status status = CheckFirstBytes(fd);
  if (status.ok()) status = ReadHeaders();
  if (!status.ok()) return status;
  core_.missing_bytes_ = end_ > size_ ? end_ - size_ : 0;
  SortSegments();
  CoreNotes notes;
  for (const GElf_Phdr& header : notes_) {
    ReadCoreNotes(fd, header.p_offset, std::min(header.p_filesz, size_), notes);
  }
  Take(std::move(notes));
  if (core_.threads_.empty()) {
    return NoCore(core_.missing_bytes_ == 0
                      ? "it names no thread"
                      : absl::StrCat("its list of threads is not there, ", core_.missing_bytes_,
                                     " bytes are missing at its end"));
  }
  return std::move(core_);
}

absl::Status CoreFileReader::ReadHeaders() {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(core_.fd_.get(), ELF_C_READ, nullptr),
                                                &elf_end);
  if (elf == nullptr) return NoCore("its ELF header is damaged");
  GElf_Ehdr header;
  absl::Status status = CheckHeader(elf.get(), header);
  if (!status.ok()) return status;
  // gcore's has sections, too, and their headers at its end.
  NoteEnd(header.e_shoff, uint64_t{header.e_shnum} * header.e_shentsize);
  size_t count = 0;
  if (elf_getphdrnum(elf.get(), &count) != 0) return NoCore("its program headers are damaged");
  if (count > kMostSegments) {
    return NoCore(absl::StrCat("it has ", count, " program headers, which no process has"));
  }
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr part;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &part) == nullptr) break;
    if (part.p_type != PT_LOAD && part.p_type != PT_NOTE) continue;
    NoteEnd(part.p_offset, part.p_filesz);
    if (part.p_type == PT_LOAD) AddSegment(part);
    if (part.p_type == PT_NOTE) notes_.push_back(part);
  }
  return absl::OkStatus();
}

void CoreFileReader::AddSegment(const GElf_Phdr& header) {
  const auto range = AddressRange::OfSize(RemoteAddress(header.p_vaddr), header.p_memsz);
  if (range.size() != header.p_memsz || range.size() == 0) return;
  core_.segments_.push_back({.range = range,
                             .offset = header.p_offset,
                             .file_size = std::min(header.p_filesz, header.p_memsz),
                             .readable = (header.p_flags & PF_R) != 0,
                             .writable = (header.p_flags & PF_W) != 0,
                             .executable = (header.p_flags & PF_X) != 0});
}

void CoreFileReader::NoteEnd(uint64_t offset, uint64_t size) {
  if (size != 0 && offset + size > offset) end_ = std::max(end_, offset + size);
}

void CoreFileReader::SortSegments() {
  std::vector<CoreSegment>& all = core_.segments_;
  std::stable_sort(all.begin(), all.end(), [](const CoreSegment& a, const CoreSegment& b) {
    return a.range.begin() < b.range.begin();
  });
  RemoteAddress end;
  std::erase_if(all, [&end](const CoreSegment& segment) {
    if (segment.range.begin() < end) return true;
    end = segment.range.end();
    return false;
  });
}

// gcore tells a signal of each thread, which is the one that gcore itself has stopped it with; what
// it was stopped for before that is in pr_cursig.
void CoreFileReader::Take(CoreNotes notes) {
  core_.threads_ = std::move(notes.threads);
  absl::flat_hash_set<int> tids;
  std::erase_if(core_.threads_,
                [&](const CoreThread& each) { return !tids.insert(each.tid).second; });
  core_.mapped_files_ = std::move(notes.mapped_files);
  core_.auxiliary_ = std::move(notes.auxiliary);
  core_.name_ = std::move(notes.name);
  core_.command_ = std::move(notes.command);
  core_.uid_ = notes.uid;
  if (core_.threads_.empty()) return;
  const CoreThread& first = core_.threads_.front();
  core_.pid_ = notes.pid != 0 ? notes.pid : first.tid;
  if (first.signal == 0) return;
  core_.signal_ = CoreSignal{.number = first.signal};
  if (notes.signal && notes.signal->number == first.signal) core_.signal_ = notes.signal;
}

absl::StatusOr<CoreFile> CoreFile::Open(ScopedFd fd) {
  return CoreFileReader(std::move(fd)).Read();
}

const CoreSegment* CoreFile::SegmentAt(RemoteAddress address) const {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), address,
      [](RemoteAddress a, const CoreSegment& segment) { return a < segment.range.begin(); });
  if (after == segments_.begin() || !std::prev(after)->range.Contains(address)) return nullptr;
  return &*std::prev(after);
}

uint64_t CoreFile::Auxiliary(uint64_t type) const {
  for (const auto& [each, value] : auxiliary_) {
    if (each == type) return value;
  }
  return 0;
}

}  // namespace spyhop
