#include "sampler/loaded_elf.h"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace spyhop {
namespace {

constexpr char kVdso[] = "[vdso]";
constexpr uint64_t kMostOfVdso = 1 << 20;

// A copy in a file without a name.
absl::StatusOr<ScopedFd> CopyToFile(RemoteMemory& memory, const AddressRange& range) {
  std::vector<char> bytes(range.size() < kMostOfVdso ? range.size() : 0);
  ScopedFd fd(memfd_create(kVdso, MFD_CLOEXEC));
  const bool copied =
      !bytes.empty() && fd.valid() && memory.ReadAll(range.begin(), bytes.data(), bytes.size()) &&
      write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (!copied) return absl::UnavailableError("the vdso cannot be copied");
  return fd;
}

std::optional<LoadedElf> Open(absl::StatusOr<ScopedFd> fd, const Mapping& mapping) {
  if (!fd.ok()) return std::nullopt;
  absl::StatusOr<ElfFile> file = ElfFile::Open(*std::move(fd));
  const std::optional<uint64_t> bias = file.ok() ? file->LoadBias(mapping) : std::nullopt;
  if (!bias) return std::nullopt;
  return LoadedElf{std::make_shared<const ElfFile>(*std::move(file)), *bias};
}

}  // namespace

std::optional<LoadedElf> OpenLoadedElf(const TargetFiles& files, const Mapping& mapping) {
  if (!mapping.has_file()) return std::nullopt;
  return Open(files.OpenMapped(mapping.range, mapping.path, mapping.device, mapping.inode),
              mapping);
}

std::optional<LoadedElf> OpenLoadedElf(const TargetFiles& files, RemoteMemory& memory,
                                       const Mapping& mapping) {
  if (mapping.path != kVdso) return OpenLoadedElf(files, mapping);
  return Open(CopyToFile(memory, mapping.range), mapping);
}

}  // namespace spyhop
