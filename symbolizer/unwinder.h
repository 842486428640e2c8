// Unwinds a native stack from copies of registers and stack, after the target has been resumed.
//
// One row a frame (unwind_row.h), kept by pc: some 10 ns a frame once known. Every step is checked:
// reads stay within the copy, the stack only shrinks, pcs lie in known code; where that fails the
// walk ends and says why. Of a blocked thread only pc and rsp are known (proc(5), syscall); rbp
// becomes known when a frame has saved it, or by the code of the function and of its call. Code
// without a table (made at run time) is left by its epilogue, if that is what comes next; else it
// is taken to keep its frame in rbp, as such code does that wants to be unwound. x86-64. Not
// thread-safe.
#ifndef SPYHOP_SYMBOLIZER_UNWINDER_H_
#define SPYHOP_SYMBOLIZER_UNWINDER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/types/span.h"
#include "base/address.h"
#include "symbolizer/call_frames.h"
#include "symbolizer/code_questions.h"

namespace spyhop {

struct NativeFrame {
  RemoteAddress pc;
  RemoteAddress stack_pointer;
  // The instruction that is next, of the innermost frame and of one that a signal interrupted; else
  // the one behind the call.
  bool interrupted = false;

  // An address in the instruction that the frame is at.
  RemoteAddress instruction() const { return interrupted ? pc : RemoteAddress(pc.value() - 1); }
};

enum class UnwindEnd : uint8_t {
  kWhole,            // down to the function that nobody called
  kStackTooShort,    // the copy does not hold the rest
  kUnknownCode,      // a pc in no module
  kNoRow,            // its module's table says nothing of it
  kUnknownRegister,  // the row hangs on an rbp that is not known
  kBadStack,         // the caller's frame does not lie above
  kTooDeep,
};

struct UnwindRegisters {
  RemoteAddress pc;
  RemoteAddress stack_pointer;
  std::optional<uint64_t> rbp;
};

struct StackCopy {
  RemoteAddress begin;
  absl::Span<const uint8_t> bytes;

  // False when the copy does not hold it; `word` is then as it was.
  bool Read(uint64_t address, uint64_t& word) const;
  std::optional<uint64_t> WordAt(uint64_t address) const;
};

// Executable code of one file.
struct CodeModule {
  AddressRange code;
  uint64_t bias = 0;                   // see ElfFile::LoadBias
  std::shared_ptr<CallFrames> frames;  // null: nothing is known of its frames
};

class Unwinder {
 public:
  // The module that holds `pc`; asked once for each, and again after Forget, or when none did.
  using FindModule = std::function<std::optional<CodeModule>(RemoteAddress pc)>;

  static constexpr size_t kMaxFrames = 10'000;

  // `code` (may be null) must outlive this.
  explicit Unwinder(FindModule find, CodeQuestions* code = nullptr)
      : find_(std::move(find)), code_(code) {}

  // Fills `frames`, innermost first. Allocates only to make it, or what is known, grow.
  UnwindEnd Unwind(const UnwindRegisters& registers, const StackCopy& stack,
                   std::vector<NativeFrame>& frames);

  // The function, or the part of one, that holds `pc`; nothing when no table tells.
  std::optional<AddressRange> FunctionAt(RemoteAddress pc);
  // Finds the module of `pc` now.
  void Prepare(RemoteAddress pc) { ModuleAt(pc); }
  // Other code may be mapped now.
  void Forget();

 private:
  struct Known {
    bool in_module = false;
    bool has_table = false;
    std::optional<UnwindRow> row;
  };

  // In code without a table: by what it does next, or by rbp. Nothing where neither tells.
  std::optional<UnwindRow> RowByCode(const Known& known, uint64_t pc, uint64_t rbp, bool has_rbp,
                                     const StackCopy& stack);
  bool HasFrame(uint64_t rbp, const StackCopy& stack);

  std::optional<uint64_t> FindRbp(uint64_t pc, uint64_t rsp, const UnwindRow& row,
                                  const StackCopy& stack);
  std::optional<uint64_t> FindCfa(RemoteAddress function, uint64_t rsp, const StackCopy& stack);
  const Known& At(uint64_t pc);
  const Known& LookUp(uint64_t pc);
  const CodeModule* ModuleAt(RemoteAddress pc);

  const FindModule find_;
  CodeQuestions* const code_;
  absl::btree_map<RemoteAddress, CodeModule> modules_;  // by begin
  absl::node_hash_map<uint64_t, Known> known_;          // by pc: saves both searches
  // In front of it, the last one met of those that share a slot.
  struct Slot {
    uint64_t pc = 0;
    const Known* known = nullptr;
  };
  static constexpr size_t kSlots = 1024;
  std::array<Slot, kSlots> slots_{};
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_UNWINDER_H_
