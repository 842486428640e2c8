#include "symbolizer/call_frames.h"

#include <elfutils/libdw.h>

#include <cstdlib>
#include <utility>

namespace spyhop {
namespace {

// A hostile file, or a stack of garbage, must not make the map grow without end.
constexpr size_t kMaxKnown = 200'000;

struct FreeFrame {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }  // libdw.h, dwarf_cfi_addrframe
};

}  // namespace

void CallFrames::EndCfi::operator()(Dwarf_CFI_s* cfi) const { dwarf_cfi_end(cfi); }

std::unique_ptr<CallFrames> CallFrames::Open(std::shared_ptr<const ElfFile> file) {
  Cfi cfi(dwarf_getcfi_elf(file->handle()));
  if (cfi == nullptr) return nullptr;
  std::unique_ptr<CallFrames> frames(new CallFrames(std::move(file), std::move(cfi)));
  // Without an index nobody knows which entry libdw will run; without sections, not even where.
  const bool safe = frames->index_.exists() || frames->check_.AllAreTame();
  return safe ? std::move(frames) : nullptr;
}

CallFrames::CallFrames(std::shared_ptr<const ElfFile> file, Cfi cfi)
    : file_(std::move(file)), cfi_(std::move(cfi)), check_(*file_), index_(*file_) {}

std::optional<UnwindRow> CallFrames::RowAt(uint64_t pc) {
  auto next = known_.upper_bound(pc);
  if (next != known_.begin()) {
    const Known& known = std::prev(next)->second;
    if (pc < known.end) return known.row;
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  Known& known = known_[pc];
  known.end = pc + 1;
  if (!IsTame(pc)) return std::nullopt;
  Dwarf_Frame* raw = nullptr;
  if (dwarf_cfi_addrframe(cfi_.get(), pc, &raw) != 0) return std::nullopt;
  const std::unique_ptr<Dwarf_Frame, FreeFrame> frame(raw);
  const std::optional<UnwindRowRange> made = CompileRow(frame.get(), pc);
  if (!made || made->end <= pc) return std::nullopt;
  known = {made->end, made->row};
  return known.row;
}

bool CallFrames::IsTame(uint64_t pc) const {
  if (!index_.exists()) return true;
  const std::optional<uint64_t> entry = index_.EntryAt(pc);
  return entry && check_.IsTame(*entry);
}

}  // namespace spyhop
