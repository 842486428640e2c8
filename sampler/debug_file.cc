#include "sampler/debug_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/target/regular_file.h"
#include "symbolizer/debug_link.h"

namespace spyhop {
namespace {

constexpr char kDebugFolder[] = "/usr/lib/debug";
constexpr size_t kShortestId = 4;

// Its build-id; else the CRC of its debug file.
struct Identity {
  std::string build_id;
  uint32_t crc = 0;
};

std::optional<ElfFile> OpenIfSame(absl::StatusOr<ScopedFd> fd, const Identity& identity) {
  if (!fd.ok() || !fd->valid()) return std::nullopt;
  const bool by_crc = identity.build_id.empty();
  if (by_crc && CrcOf(fd->get()) != identity.crc) return std::nullopt;
  absl::StatusOr<ElfFile> file = ElfFile::Open(*std::move(fd));
  if (!file.ok() || !(by_crc || file->BuildId() == identity.build_id)) return std::nullopt;
  if (!file->HasSymbolTable()) return std::nullopt;
  return *std::move(file);
}

std::optional<ElfFile> OpenByBuildId(const TargetFiles& files, const std::string& id) {
  if (id.size() < kShortestId) return std::nullopt;
  const std::string path =
      absl::StrCat(kDebugFolder, "/.build-id/", id.substr(0, 2), "/", id.substr(2), ".debug");
  if (std::optional<ElfFile> found = OpenIfSame(files.OpenInRoot(path), {id})) return found;
  return OpenIfSame(OpenRegularFile(path), {id});
}

std::optional<ElfFile> OpenByLink(const TargetFiles& files, const ElfFile& file,
                                  const std::string& id, const std::string& path) {
  const std::optional<DebugLink> link = ReadDebugLink(file);
  const size_t slash = path.rfind('/');
  if (!link || slash == std::string::npos) return std::nullopt;
  const std::string folder = path.substr(0, slash + 1);
  const Identity identity{id, link->crc};
  const std::string global = absl::StrCat(kDebugFolder, folder, link->name);
  for (const std::string& each :
       {absl::StrCat(folder, link->name), absl::StrCat(folder, ".debug/", link->name), global}) {
    if (std::optional<ElfFile> found = OpenIfSame(files.OpenInRoot(each), identity)) return found;
  }
  return OpenIfSame(OpenRegularFile(global), identity);
}

}  // namespace

std::optional<ElfFile> OpenDebugFile(const TargetFiles& files, const ElfFile& file,
                                     const std::string& path) {
  const std::string id = file.BuildId();
  if (std::optional<ElfFile> found = OpenByBuildId(files, id)) return found;
  return OpenByLink(files, file, id, path);
}

}  // namespace spyhop
