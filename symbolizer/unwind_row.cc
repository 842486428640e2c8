#include "symbolizer/unwind_row.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <array>
#include <limits>

#include "absl/types/span.h"

namespace spyhop {
namespace {

// Numbers of registers: System V ABI for x86-64, figure 3.36.
constexpr Dwarf_Word kRbp = 6;
constexpr Dwarf_Word kRsp = 7;
constexpr Dwarf_Word kRip = 16;

// Runs a DWARF expression (DWARF 5, section 2.5) with registers left as names: what is on its stack
// is a number, or a register plus a number, or what lies in memory there.
class Evaluator {
 public:
  explicit Evaluator(uint64_t pc) : pc_(pc) {}

  // The value on top at the end; of a location, its address.
  std::optional<UnwindRow::Value> Run(absl::Span<const Dwarf_Op> expression);
  // Was it the value itself (DW_OP_stack_value)?
  bool told_value() const { return told_value_; }
  bool used_pc() const { return used_pc_; }

 private:
  struct Term {
    UnwindRow::Base base = UnwindRow::Base::kUnknown;  // kUnknown: a number
    bool in_memory = false;
    int64_t number = 0;

    bool is_number() const { return base == UnwindRow::Base::kUnknown; }
  };

  bool Step(const Dwarf_Op& operation);
  bool Push(UnwindRow::Base base, int64_t number);
  bool PushRegister(Dwarf_Word number, int64_t offset);
  bool Add(Term term, bool subtract);
  template <typename Function>
  bool Combine(Function function);
  bool Dereference();

  const uint64_t pc_;
  bool used_pc_ = false;
  bool told_value_ = false;
  std::array<Term, 16> stack_;
  size_t depth_ = 0;
};

std::optional<UnwindRow::Value> Evaluator::Run(absl::Span<const Dwarf_Op> expression) {
  for (const Dwarf_Op& operation : expression) {
    if (told_value_ || !Step(operation)) return std::nullopt;
  }
  if (depth_ == 0 || stack_[depth_ - 1].is_number()) return std::nullopt;
  const Term& top = stack_[depth_ - 1];
  if (top.number < std::numeric_limits<int32_t>::min() ||
      top.number > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return UnwindRow::Value{top.base, top.in_memory, static_cast<int32_t>(top.number)};
}

bool Evaluator::Step(const Dwarf_Op& operation) {
  const Dwarf_Word atom = operation.atom;
  const auto number = static_cast<int64_t>(operation.number);
  if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
    return Push(UnwindRow::Base::kUnknown, static_cast<int64_t>(atom - DW_OP_lit0));
  }
  if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) return PushRegister(atom - DW_OP_breg0, number);
  switch (atom) {
    case DW_OP_bregx:
      return PushRegister(operation.number, static_cast<int64_t>(operation.number2));
    case DW_OP_call_frame_cfa:
      return Push(UnwindRow::Base::kCfa, 0);
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
      return Push(UnwindRow::Base::kUnknown, number);
    case DW_OP_plus_uconst:
      return depth_ > 0 && Add({.number = number}, false);
    case DW_OP_plus:
    case DW_OP_minus:
      return depth_ > 1 && Add(stack_[--depth_], atom == DW_OP_minus);
    case DW_OP_and:
      return Combine([](uint64_t a, uint64_t b) { return a & b; });
    case DW_OP_shl:
      return Combine([](uint64_t a, uint64_t b) { return b < 64 ? a << b : 0; });
    case DW_OP_ge:
      return Combine([](uint64_t a, uint64_t b) {
        return static_cast<int64_t>(a) >= static_cast<int64_t>(b);
      });
    case DW_OP_deref:
      return Dereference();
    case DW_OP_stack_value:
      return told_value_ = true;
    default:
      return false;
  }
}

bool Evaluator::Push(UnwindRow::Base base, int64_t number) {
  if (depth_ == stack_.size()) return false;
  stack_[depth_++] = {base, false, number};
  return true;
}

bool Evaluator::PushRegister(Dwarf_Word number, int64_t offset) {
  switch (number) {
    case kRsp:
      return Push(UnwindRow::Base::kRsp, offset);
    case kRbp:
      return Push(UnwindRow::Base::kRbp, offset);
    case kRip:
      used_pc_ = true;
      return Push(UnwindRow::Base::kUnknown,
                  static_cast<int64_t>(pc_ + static_cast<uint64_t>(offset)));
    default:
      return false;
  }
}

// Adds `term` to the top. Numbers wrap, as the target's would.
bool Evaluator::Add(Term term, bool subtract) {
  Term& top = stack_[depth_ - 1];
  if (top.in_memory || term.in_memory) return false;
  if (!term.is_number() && (subtract || !top.is_number())) return false;
  const auto a = static_cast<uint64_t>(top.number);
  const auto b = static_cast<uint64_t>(term.number);
  if (!term.is_number()) top.base = term.base;
  top.number = static_cast<int64_t>(subtract ? a - b : a + b);
  return true;
}

template <typename Function>
bool Evaluator::Combine(Function function) {
  if (depth_ < 2 || !stack_[depth_ - 1].is_number() || !stack_[depth_ - 2].is_number()) {
    return false;
  }
  --depth_;
  Term& left = stack_[depth_ - 1];
  left.number = static_cast<int64_t>(
      function(static_cast<uint64_t>(left.number), static_cast<uint64_t>(stack_[depth_].number)));
  return true;
}

bool Evaluator::Dereference() {
  if (depth_ == 0 || stack_[depth_ - 1].in_memory || stack_[depth_ - 1].is_number()) return false;
  return stack_[depth_ - 1].in_memory = true;
}

enum class Rule { kUndefined, kSame, kTold, kUnclear };

struct RegisterRule {
  Rule rule = Rule::kUnclear;
  UnwindRow::Value value;
};

// libdw.h, dwarf_frame_register.
RegisterRule RuleOf(Dwarf_Frame* frame, Dwarf_Word number, Evaluator evaluator) {
  std::array<Dwarf_Op, 3> own;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_register(frame, static_cast<int>(number), own.data(), &operations, &count) != 0) {
    return {};
  }
  if (count == 0) return {operations == nullptr ? Rule::kSame : Rule::kUndefined, {}};
  std::optional<UnwindRow::Value> value = evaluator.Run({operations, count});
  if (!value) return {};
  if (!evaluator.told_value()) {
    // A location in memory that itself is in memory: no compiler makes such.
    if (value->in_memory) return {};
    value->in_memory = true;
  }
  return {Rule::kTold, *value};
}

}  // namespace

std::optional<UnwindRowRange> CompileRow(Dwarf_Frame* frame, uint64_t pc) {
  UnwindRowRange made;
  // Where the row begins libdw does not know behind DW_CFA_restore_state: it says where the state
  // was remembered (libdw 0.188, cfi.c), before the epilogue between.
  const int return_register =
      dwarf_frame_info(frame, nullptr, &made.end, &made.row.is_signal_frame);
  if (return_register < 0) return std::nullopt;
  const RegisterRule caller =
      RuleOf(frame, static_cast<Dwarf_Word>(return_register), Evaluator(pc));
  made.row.is_outermost = caller.rule == Rule::kUndefined;
  if (made.row.is_outermost) return made;
  if (caller.rule != Rule::kTold) return std::nullopt;
  made.row.return_address = caller.value;

  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  Evaluator cfa(pc);
  if (dwarf_frame_cfa(frame, &operations, &count) != 0) return std::nullopt;
  const std::optional<UnwindRow::Value> value = cfa.Run({operations, count});
  if (!value || value->base == UnwindRow::Base::kCfa) return std::nullopt;
  made.row.cfa = *value;

  const RegisterRule rbp = RuleOf(frame, kRbp, Evaluator(pc));
  if (rbp.rule == Rule::kSame) made.row.rbp = {UnwindRow::Base::kRbp, false, 0};
  if (rbp.rule == Rule::kTold) made.row.rbp = rbp.value;
  if (cfa.used_pc()) made.end = pc + 1;
  return made;
}

}  // namespace spyhop
