// The call frame table of one ELF file: which UnwindRow holds at a pc.
//
// libdw finds the entry and runs its program (2 to 3 us); what it gave is kept, for the
// instructions from there to the row's end, so asking again is a look-up in a sorted map. From
// .eh_frame, which every file that can throw or be thrown through has, stripped or not. The file is
// not trusted. Not thread-safe.
#ifndef SPYHOP_SYMBOLIZER_CALL_FRAMES_H_
#define SPYHOP_SYMBOLIZER_CALL_FRAMES_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/btree_map.h"
#include "symbolizer/call_frame_check.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/frame_index.h"
#include "symbolizer/unwind_row.h"

struct Dwarf_CFI_s;

namespace spyhop {

class CallFrames {
 public:
  // Null when the file has no such table, or one that libdw must not run (call_frame_check.h).
  static std::unique_ptr<CallFrames> Open(std::shared_ptr<const ElfFile> file);

  // Of the instruction at `pc`, as linked. Nothing where the file says nothing, or something that a
  // row cannot say.
  std::optional<UnwindRow> RowAt(uint64_t pc);
  // The function (or the part of one) that holds `pc`; see FrameIndex.
  std::optional<AddressRange> FunctionAt(uint64_t pc) const { return index_.FunctionAt(pc); }

 private:
  struct EndCfi {
    void operator()(Dwarf_CFI_s* cfi) const;
  };
  using Cfi = std::unique_ptr<Dwarf_CFI_s, EndCfi>;

  explicit CallFrames(std::shared_ptr<const ElfFile> file);

  // Is nothing run but what is tame, whatever the pc?
  bool IsSafe() const;
  // May libdw run the entry of `pc`?
  bool IsTame(uint64_t pc) const;

  const std::shared_ptr<const ElfFile> file_;  // outlives cfi_
  Cfi cfi_;
  const CallFrameCheck check_;
  const FrameIndex index_;
  struct Known {
    uint64_t end = 0;
    std::optional<UnwindRow> row;
  };
  absl::btree_map<uint64_t, Known> known_;  // by the pc asked for
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CALL_FRAMES_H_
