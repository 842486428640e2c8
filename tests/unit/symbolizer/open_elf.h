#ifndef SPYHOP_TESTS_UNIT_SYMBOLIZER_OPEN_ELF_H_
#define SPYHOP_TESTS_UNIT_SYMBOLIZER_OPEN_ELF_H_

#include <fcntl.h>

#include <memory>
#include <string>
#include <utility>

#include "symbolizer/elf_file.h"

namespace spyhop {

// Null when it is none.
inline std::shared_ptr<const ElfFile> OpenElf(const std::string& path) {
  ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  absl::StatusOr<ElfFile> file = ElfFile::Open(std::move(fd));
  return file.ok() ? std::make_shared<const ElfFile>(*std::move(file)) : nullptr;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SYMBOLIZER_OPEN_ELF_H_
