// What is mapped where in a process: /proc/PID/maps as a sorted table.
//
// A value, made from text, so that tests and captured processes need no live target. A snapshot:
// the target may map and unmap at any time, so an address found here may still be unreadable.
// Lookup is a binary search. Immutable after Parse, so any thread may read it.
#ifndef SPYHOP_SYMBOLIZER_MEMORY_MAP_H_
#define SPYHOP_SYMBOLIZER_MEMORY_MAP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "base/address.h"

namespace spyhop {

struct Mapping {
  AddressRange range;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  uint64_t offset = 0;  // in the file, bytes
  uint64_t device = 0;  // as of makedev(3)
  uint64_t inode = 0;   // 0: no file
  // As the target sees it, without " (deleted)"; "[heap]" and the like; empty when anonymous.
  std::string path;
  bool deleted = false;

  bool has_file() const { return inode != 0; }
};

// The mappings of one loaded copy of a file, in address order. The same file loaded twice gives
// two of these.
struct MappedObject {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  bool deleted = false;
  std::vector<Mapping> mappings;

  bool has_code() const;
};

class MemoryMap {
 public:
  MemoryMap() = default;

  // Lines that do not make sense are left out.
  static MemoryMap Parse(std::string_view maps_text);

  absl::Span<const Mapping> mappings() const { return mappings_; }

  // The mapping that holds `address`; null when none does.
  const Mapping* Find(RemoteAddress address) const;
  // All of [address, address + size) is mapped readable, if need be by several mappings.
  bool ContainsReadable(RemoteAddress address, uint64_t size) const;

  // Files with their mappings grouped, in address order. Pseudo-mappings are left out.
  std::vector<MappedObject> Objects() const;
  // Writable memory of `object`: its own writable mappings, each with the anonymous mapping right
  // behind it, which is where .bss goes.
  std::vector<AddressRange> WritableRanges(const MappedObject& object) const;

 private:
  std::vector<Mapping> mappings_;  // sorted, without overlaps
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_MEMORY_MAP_H_
