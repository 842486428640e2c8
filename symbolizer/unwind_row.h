// From one frame to its caller, when a function was left off at one pc: a row of the call frame
// table (DWARF 5, section 6.4; System V ABI for x86-64, section 3.7), in 28 bytes.
//
// What a row can say is all that compilers and the C library say on x86-64: offsets from a
// register, the PLT's rule (it depends on the pc, which is known), signal frames and realigned
// stacks (a value in memory). Only the registers that such rules hang on are followed: rsp, rbp,
// the return address. Plain data; CompileRow costs 2 to 3 us and allocates.
#ifndef SPYHOP_SYMBOLIZER_UNWIND_ROW_H_
#define SPYHOP_SYMBOLIZER_UNWIND_ROW_H_

#include <cstdint>
#include <optional>

struct Dwarf_Frame_s;

namespace spyhop {

struct UnwindRow {
  enum class Base : uint8_t { kUnknown, kRsp, kRbp, kCfa };

  // `base` + `offset`, or what lies there.
  struct Value {
    Base base = Base::kUnknown;
    bool in_memory = false;
    int32_t offset = 0;

    friend bool operator==(const Value&, const Value&) = default;
  };

  Value cfa;  // the caller's rsp
  Value rbp;
  Value return_address;
  bool is_signal_frame = false;  // its caller was interrupted: the pc there is no return address
  bool is_outermost = false;     // it has no caller

  friend bool operator==(const UnwindRow&, const UnwindRow&) = default;
};

// A row that holds from the pc asked for up to `end`, as linked.
struct UnwindRowRange {
  uint64_t end = 0;
  UnwindRow row;
};

// What `frame` says for `pc`, as linked; nothing where a row cannot say it.
std::optional<UnwindRowRange> CompileRow(Dwarf_Frame_s* frame, uint64_t pc);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_UNWIND_ROW_H_
