// Whether libdw may be given an entry of a call frame table to run.
//
// It makes room for whatever register an entry names, and keeps each state that one remembers: with
// a file that is damaged, or made for it, gigabytes. So the entry's program is read before (0.2
// us): its instructions (DWARF 5, section 6.4.2), its registers, how often it remembers. The file
// is not trusted. Not thread-safe.
#ifndef SPYHOP_SYMBOLIZER_CALL_FRAME_CHECK_H_
#define SPYHOP_SYMBOLIZER_CALL_FRAME_CHECK_H_

#include <cstdint>

#include "absl/types/span.h"
#include "symbolizer/elf_file.h"

namespace spyhop {

class CallFrameCheck {
 public:
  // `file` must outlive this.
  explicit CallFrameCheck(const ElfFile& file);

  bool has_table() const { return !table_.empty(); }
  // Of the entry (FDE) at `address`, as linked, and of what it refers to (its CIE).
  bool IsTame(uint64_t address) const;
  // Of all entries that libdw comes to when it searches them in turn; 0.2 us each.
  bool AllAreTame() const;

 private:
  const ElfFile& file_;
  absl::Span<const char> table_;  // .eh_frame
  uint64_t begin_ = 0;            // of it, as linked
};

// Of the instructions alone.
bool IsTameFrameProgram(absl::Span<const uint8_t> program);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CALL_FRAME_CHECK_H_
