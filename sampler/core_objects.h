// The files that a process had mapped when it left its core file, as this machine has them now.
//
// Code and constants are left out of a core file, so they are read from these. A file is taken only
// if it is the one of the core: by the build-id on the ELF header's page, which is in the core as a
// rule; where there is none, by that page itself. What cannot be used is missing in the stacks, and
// problems() says so. Some 50 us a file. Not thread-safe.
#ifndef SPYHOP_SAMPLER_CORE_OBJECTS_H_
#define SPYHOP_SAMPLER_CORE_OBJECTS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/scoped_fd.h"
#include "sampler/sampler.h"
#include "symbolizer/core_file.h"
#include "symbolizer/core_memory.h"
#include "symbolizer/elf_file.h"

namespace spyhop {

class CoreObjects {
 public:
  // `program`: the executable's path, as the core has it. Both references must outlive this.
  CoreObjects(const CoreFile& core, CoreMemory& memory, const CoreInput& input,
              const std::string& program)
      : core_(core), memory_(memory), input_(input), program_(program) {}

  // Opens all that may be code, and adds them to the memory. kDataLoss: the executable that the
  // user has named is not the program of this core.
  absl::Status OpenAll();

  // What could not be used, why, and what to do.
  const std::vector<std::string>& problems() const { return problems_; }

  // Of an ELF file; empty of any other. As in its program headers.
  absl::Span<const ElfSegment> SegmentsOf(const std::string& path) const;
  // The file that was mapped from `path`; invalid when it could not be used.
  ScopedFd Open(const std::string& path) const;

 private:
  struct Object {
    ScopedFd fd;
    std::vector<ElfSegment> segments;
  };

  bool MayBeCode(const CoreMappedFile& mapping) const;
  absl::Status OpenOne(const CoreMappedFile& first);
  ScopedFd Find(const CoreMappedFile& mapping) const;
  std::string DifferenceOf(const CoreMappedFile& first, const ElfFile& file, int fd);
  void Miss(const CoreMappedFile& mapping, const std::string& why);
  void TellOfTheRest();

  const CoreFile& core_;
  CoreMemory& memory_;
  const CoreInput input_;
  const std::string program_;
  absl::flat_hash_map<std::string, Object> objects_;  // by the path in the core
  std::vector<std::string> problems_;
  size_t missed_ = 0;
  size_t unchecked_ = 0;
};

// A regular file by the path that the process had for it: below the root that the user has named,
// else as it is. Invalid when there is none.
ScopedFd OpenInCoreRoot(const CoreInput& input, const std::string& path);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CORE_OBJECTS_H_
