#ifndef SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_FRAMES_H_
#define SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_FRAMES_H_

#include <dwarf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/symbolizer/made_elf.h"

namespace spyhop {

// A call frame table, entry by entry.
class MadeFrames {
 public:
  static constexpr uint64_t kAddress = 0x2000;

  // Their places in the table. The usual program: CFA rsp + 8, the return address at CFA - 8
  // (DW_CFA_offset | 16).
  uint32_t AddCie(std::string_view augmentation, std::string_view data,
                  const std::string& program = {DW_CFA_def_cfa, 7, 8, '\x90', 1}) {
    std::string body = BytesOf(uint32_t{0}) + '\1' + std::string(augmentation) + '\0';
    body += {1, 0x78, 16};  // alignment of code and data (-8), register of the return address
    if (!augmentation.empty()) body += static_cast<char>(data.size());
    return Add(body + std::string(data) + program);
  }
  // With addresses of 4 bytes, relative to their place.
  uint32_t AddFde(uint32_t cie, uint64_t begin, uint32_t size, const std::string& program = "") {
    const auto at = static_cast<uint32_t>(bytes_.size());
    const auto distance = static_cast<uint32_t>(begin - (kAddress + at + 8));
    return Add(BytesOf(at + 4 - cie) + BytesOf(distance) + BytesOf(size) + '\0' + program);
  }
  // Anything, with its length before it.
  uint32_t Add(const std::string& body) {
    const auto at = static_cast<uint32_t>(bytes_.size());
    bytes_ += BytesOf(static_cast<uint32_t>(body.size())) + body;
    return at;
  }

  MadeSection Table() const { return {".eh_frame", bytes_ + std::string(4, '\0'), kAddress}; }

 private:
  std::string bytes_;
};

// The index of those entries (begin, place in the table), for a table at `table`.
inline MadeSection MadeIndex(const std::vector<std::pair<uint64_t, uint32_t>>& entries,
                             uint64_t table = MadeFrames::kAddress) {
  constexpr uint64_t kAddress = 0x1000;
  std::string bytes = {1, 0x1b, 0x03, 0x3b};
  bytes += BytesOf(static_cast<uint32_t>(table - (kAddress + 4)));
  bytes += BytesOf(static_cast<uint32_t>(entries.size()));
  for (const auto& [begin, at] : entries) {
    bytes += BytesOf(static_cast<uint32_t>(begin - kAddress));
    bytes += BytesOf(static_cast<uint32_t>(MadeFrames::kAddress + at - kAddress));
  }
  return {".eh_frame_hdr", bytes, kAddress};
}

// DW_CFA_undefined of register 100663296: libdw makes room for as many.
inline const std::string kWildProgram = {DW_CFA_undefined, '\x80', '\x80', '\x80', 0x30};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SYMBOLIZER_MADE_FRAMES_H_
