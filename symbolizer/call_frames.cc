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
  std::unique_ptr<CallFrames> frames(new CallFrames(std::move(file)));
  // Asked first: of a file without section headers libdw copies everything behind its index.
  if (!frames->IsSafe()) return nullptr;
  frames->cfi_.reset(dwarf_getcfi_elf(frames->file_->handle()));
  return frames->cfi_ == nullptr ? nullptr : std::move(frames);
}

CallFrames::CallFrames(std::shared_ptr<const ElfFile> file)
    : file_(std::move(file)), check_(*file_), index_(*file_) {}

bool CallFrames::IsSafe() const {
  switch (index_.search()) {
    case FrameIndex::Search::kHere:
      return check_.has_table();
    case FrameIndex::Search::kLinear:
      return check_.AllAreTame();
    case FrameIndex::Search::kUnclear:
      break;
  }
  return false;
}

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
  if (index_.search() == FrameIndex::Search::kLinear) return true;  // so they all are
  const std::optional<uint64_t> entry = index_.EntryAt(pc);
  return entry && check_.IsTame(*entry);
}

}  // namespace spyhop
