#include "sampler/core_objects.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sampler/target/confined_file.h"
#include "sampler/target/regular_file.h"
#include "symbolizer/elf_image.h"

namespace spyhop {
namespace {

constexpr size_t kMostFiles = 10'000;
constexpr size_t kMostProblems = 5;
constexpr size_t kHeaderPage = 4096;
constexpr char kDeleted[] = " (deleted)";
constexpr char kElfMagic[] =
    "\x7f"
    "ELF";

bool IsElfHeader(RemoteMemory& memory, RemoteAddress address) {
  char magic[sizeof(kElfMagic) - 1];
  return memory.ReadAll(address, magic, sizeof(magic)) &&
         std::memcmp(magic, kElfMagic, sizeof(magic)) == 0;
}

enum class SamePage { kYes, kNo, kUnknown };

SamePage CompareHeaders(RemoteMemory& memory, RemoteAddress address, int fd) {
  char its[kHeaderPage];
  char found[kHeaderPage];
  const size_t size = memory.ReadSome(address, its, sizeof(its));
  if (size == 0) return SamePage::kUnknown;
  const bool same =
      pread(fd, found, size, 0) == static_cast<ssize_t>(size) && std::memcmp(its, found, size) == 0;
  return same ? SamePage::kYes : SamePage::kNo;
}

}  // namespace

ScopedFd OpenInCoreRoot(const CoreInput& input, const std::string& path) {
  if (!absl::StartsWith(path, "/")) return ScopedFd();
  const std::string name(absl::StripSuffix(path, kDeleted));
  ScopedFd fd;
  if (!input.root.empty()) fd = OpenConfined(input.root, name);
  // gcore names the files of a confined process as we see them.
  return fd.valid() ? std::move(fd) : OpenRegularFile(name);
}

absl::Status CoreObjects::OpenAll() {
  absl::flat_hash_set<std::string> seen;
  for (const CoreMappedFile& mapping : core_.mapped_files()) {
    if (seen.size() >= kMostFiles) break;
    if (seen.contains(mapping.path) || !MayBeCode(mapping)) continue;
    seen.insert(mapping.path);
    const absl::Status status = OpenOne(mapping);
    if (!status.ok()) return status;
  }
  TellOfTheRest();
  for (const CoreMappedFile& mapping : core_.mapped_files()) {
    const auto found = objects_.find(mapping.path);
    if (found == objects_.end()) continue;
    memory_.AddFile(mapping.range, found->second.fd.get(), mapping.offset);
  }
  return absl::OkStatus();
}

absl::Span<const ElfSegment> CoreObjects::SegmentsOf(const std::string& path) const {
  const auto found = objects_.find(path);
  if (found == objects_.end()) return {};
  return found->second.segments;
}

ScopedFd CoreObjects::Open(const std::string& path) const {
  const auto found = objects_.find(path);
  if (found == objects_.end()) return ScopedFd();
  return ScopedFd(fcntl(found->second.fd.get(), F_DUPFD_CLOEXEC, 0));
}

// The mapping with the ELF header comes first. Of what gcore has left out nothing is known.
bool CoreObjects::MayBeCode(const CoreMappedFile& mapping) const {
  if (IsElfHeader(memory_, mapping.range.begin())) return true;
  const CoreSegment* segment = core_.SegmentAt(mapping.range.begin());
  return segment == nullptr || segment->executable;
}

absl::Status CoreObjects::OpenOne(const CoreMappedFile& first) {
  ScopedFd fd = Find(first);
  if (!fd.valid()) {
    const bool gone = absl::EndsWith(first.path, kDeleted);
    Miss(first, gone ? "was deleted while the process ran" : "cannot be opened");
    return absl::OkStatus();
  }
  Object object{ScopedFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)), {}};
  const absl::StatusOr<ElfFile> file = ElfFile::Open(std::move(fd));
  if (!file.ok()) return absl::OkStatus();
  const std::string difference = DifferenceOf(first, *file, object.fd.get());
  if (difference.empty()) {
    object.segments.assign(file->segments().begin(), file->segments().end());
    objects_[first.path] = std::move(object);
  } else if (first.path == program_ && !input_.executable.empty()) {
    return absl::DataLossError(absl::StrCat(input_.path, ": --exe ", input_.executable,
                                            " is not its program, which was ", program_, " (",
                                            difference, ")"));
  } else {
    Miss(first, absl::StrCat("is not the file that the process had mapped (", difference, ")"));
  }
  return absl::OkStatus();
}

ScopedFd CoreObjects::Find(const CoreMappedFile& mapping) const {
  const bool named = mapping.path == program_ && !input_.executable.empty();
  return named ? OpenRegularFile(input_.executable) : OpenInCoreRoot(input_, mapping.path);
}

std::string CoreObjects::DifferenceOf(const CoreMappedFile& first, const ElfFile& file, int fd) {
  const std::string its = BuildIdInMemory(memory_, first.range.begin());
  const std::string found = file.BuildId();
  if (!its.empty() && !found.empty()) {
    return its == found ? "" : absl::StrCat("build-id ", found, " instead of ", its);
  }
  const bool at_header = first.offset == 0 && IsElfHeader(memory_, first.range.begin());
  const SamePage same =
      at_header ? CompareHeaders(memory_, first.range.begin(), fd) : SamePage::kUnknown;
  if (same == SamePage::kUnknown) ++unchecked_;
  return same == SamePage::kNo ? "its ELF header is another one" : "";
}

// Not missed are data files, of which gcore does not say that they are none of code, and memory
// that has a file's name (memfd_create(2)).
void CoreObjects::Miss(const CoreMappedFile& mapping, const std::string& why) {
  const bool is_program = mapping.path == program_;
  const bool has_header = IsElfHeader(memory_, mapping.range.begin());
  const bool named_so = absl::StrContains(mapping.path, ".so");
  if (!is_program && !has_header && !named_so) return;
  if (++missed_ > kMostProblems) return;
  problems_.push_back(absl::StrCat(mapping.path, " ", why, ": its code is missing; ",
                                   is_program ? "--exe FILE names the right one, " : "",
                                   "--sysroot DIR the root folder of the right files"));
}

void CoreObjects::TellOfTheRest() {
  if (missed_ > kMostProblems) {
    problems_.push_back(
        absl::StrCat(missed_ - kMostProblems, " more files could not be used (--sysroot DIR)"));
  }
  if (unchecked_ > 0) {
    problems_.push_back(absl::StrCat(
        unchecked_, unchecked_ == 1 ? " file" : " files",
        " could not be checked to be the process's: the core file has no ELF headers"));
  }
}

}  // namespace spyhop
