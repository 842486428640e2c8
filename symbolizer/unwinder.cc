#include "symbolizer/unwinder.h"

#include <cstring>
#include <iterator>
#include <utility>

namespace spyhop {
namespace {

constexpr size_t kMaxKnown = 200'000;
constexpr uint64_t kLargestFrame = 16 << 10;
// 8 MiB as a rule (ulimit -s); a copy has no more than half of it.
constexpr uint64_t kLargestStack = 8 << 20;

// push rbp; mov rbp, rsp (System V ABI for x86-64, 3.2.2).
constexpr UnwindRow kFramePointer{.cfa = {UnwindRow::Base::kRbp, false, 16},
                                  .rbp = {UnwindRow::Base::kCfa, true, -16},
                                  .return_address = {UnwindRow::Base::kCfa, true, -8}};

// The registers of one frame, as far as they are known. No optional values: copying one stalls on
// the two stores that have made it, which was three quarters of the time.
struct FrameState {
  uint64_t pc = 0;
  uint64_t rsp = 0;
  uint64_t rbp = 0;
  uint64_t cfa = 0;
  bool has_rbp = false;
  bool has_cfa = false;

  bool Knows(UnwindRow::Base base) const {
    return base == UnwindRow::Base::kRsp || (base == UnwindRow::Base::kRbp && has_rbp) ||
           (base == UnwindRow::Base::kCfa && has_cfa);
  }
  // False when that is not known, or not in the copy: then `result` is where it lies.
  bool Evaluate(const UnwindRow::Value& value, const StackCopy& stack, uint64_t& result) const {
    if (!Knows(value.base)) return false;
    const uint64_t base = value.base == UnwindRow::Base::kRsp   ? rsp
                          : value.base == UnwindRow::Base::kRbp ? rbp
                                                                : cfa;
    result = base + static_cast<uint64_t>(int64_t{value.offset});
    return !value.in_memory || stack.Read(result, result);
  }
};

// Why `address` is not in the copy: it lies behind its end, or on no stack that goes on there.
UnwindEnd WhyMissing(uint64_t address, const StackCopy& stack) {
  const uint64_t distance = address - stack.begin.value();
  return distance < kLargestStack ? UnwindEnd::kStackTooShort : UnwindEnd::kBadStack;
}

}  // namespace

bool StackCopy::Read(uint64_t address, uint64_t& word) const {
  const uint64_t at = address - begin.value();
  if (bytes.size() < sizeof(word) || at > bytes.size() - sizeof(word)) return false;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return true;
}

std::optional<uint64_t> StackCopy::WordAt(uint64_t address) const {
  uint64_t word = 0;
  return Read(address, word) ? std::optional(word) : std::nullopt;
}

void Unwinder::Forget() {
  modules_.clear();
  known_.clear();
  slots_.fill({});
}

const Unwinder::Known& Unwinder::At(uint64_t pc) {
  Slot& slot = slots_[(pc ^ pc >> 10) % kSlots];
  if (slot.known != nullptr && slot.pc == pc) return *slot.known;
  const Known& known = LookUp(pc);
  if (known.in_module) slot = {pc, &known};
  return known;
}

const Unwinder::Known& Unwinder::LookUp(uint64_t pc) {
  const auto found = known_.find(pc);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMaxKnown) {
    known_.clear();
    slots_.fill({});
  }
  // Code that is made at run time comes without any other being mapped: asked for again.
  static constexpr Known kNowhere;
  const CodeModule* module = ModuleAt(RemoteAddress(pc));
  if (module == nullptr) return kNowhere;
  Known& known = known_[pc];
  known.in_module = true;
  known.has_table = module->frames != nullptr;
  if (known.has_table) {
    known.row = module->frames->RowAt(pc - module->bias);
  }
  return known;
}

const CodeModule* Unwinder::ModuleAt(RemoteAddress pc) {
  const auto next = modules_.upper_bound(pc);
  if (next != modules_.begin() && std::prev(next)->second.code.Contains(pc)) {
    return &std::prev(next)->second;
  }
  const std::optional<CodeModule> module = find_(pc);
  if (!module || !module->code.Contains(pc)) return nullptr;
  return &modules_.insert_or_assign(module->code.begin(), *module).first->second;
}

std::optional<UnwindRow> Unwinder::RowByCode(const Known& known, uint64_t pc, uint64_t rbp,
                                             bool has_rbp, const StackCopy& stack) {
  if (!known.in_module || known.has_table) return std::nullopt;
  const std::optional<UnwindRow> row =
      code_ != nullptr ? code_->RowBehind(RemoteAddress(pc)) : std::nullopt;
  if (row) return row;
  return has_rbp && HasFrame(rbp, stack) ? std::optional(kFramePointer) : std::nullopt;
}

// Does rbp lead to what looks like a frame, a return address into known code?
bool Unwinder::HasFrame(uint64_t rbp, const StackCopy& stack) {
  uint64_t caller = 0;
  return stack.Read(rbp + sizeof(uint64_t), caller) && caller != 0 &&
         ModuleAt(RemoteAddress(caller - 1)) != nullptr;
}

std::optional<uint64_t> Unwinder::FindRbp(uint64_t pc, uint64_t rsp, const UnwindRow& row,
                                          const StackCopy& stack) {
  if (code_ == nullptr || row.cfa.base != UnwindRow::Base::kRbp || row.cfa.in_memory) {
    return std::nullopt;
  }
  const std::optional<AddressRange> function = FunctionAt(RemoteAddress(pc));
  if (!function) return std::nullopt;
  const std::optional<uint64_t> cfa = FindCfa(function->begin(), rsp, stack);
  if (!cfa) return std::nullopt;
  return *cfa - static_cast<uint64_t>(int64_t{row.cfa.offset});
}

// Where the function's prologue says that its frame begins, if a return address lies there whose
// call may have been of this function. Else where the nearest one lies whose call names it: any
// other call does not do, for its return address may be one that was left behind.
std::optional<uint64_t> Unwinder::FindCfa(RemoteAddress function, uint64_t rsp,
                                          const StackCopy& stack) {
  const auto return_address_below = [&](uint64_t cfa) {
    const std::optional<uint64_t> word = stack.WordAt(cfa - sizeof(uint64_t));
    const RemoteAddress address(word.value_or(0));
    return ModuleAt(address) == nullptr ? RemoteAddress() : address;
  };
  if (const std::optional<uint64_t> size = code_->StackSizeOf(function)) {
    const RemoteAddress address = return_address_below(rsp + *size);
    const RemoteAddress called = address ? code_->CalledBefore(address) : RemoteAddress();
    const bool fits = called.is_null() || called == function;
    if (address && fits && code_->IsReturnAddress(address)) return rsp + *size;
  }
  for (uint64_t cfa = rsp + sizeof(uint64_t); cfa - rsp < kLargestFrame; cfa += sizeof(uint64_t)) {
    const RemoteAddress address = return_address_below(cfa);
    if (address && code_->CalledBefore(address) == function) return cfa;
  }
  return std::nullopt;
}

std::optional<AddressRange> Unwinder::FunctionAt(RemoteAddress pc) {
  const CodeModule* module = ModuleAt(pc);
  if (module == nullptr || module->frames == nullptr) return std::nullopt;
  const std::optional<AddressRange> linked = module->frames->FunctionAt(pc.value() - module->bias);
  if (!linked) return std::nullopt;
  return AddressRange(RemoteAddress(linked->begin().value() + module->bias),
                      RemoteAddress(linked->end().value() + module->bias));
}

UnwindEnd Unwinder::Unwind(const UnwindRegisters& registers, const StackCopy& stack,
                           std::vector<NativeFrame>& frames) {
  frames.clear();
  FrameState state{.pc = registers.pc.value(),
                   .rsp = registers.stack_pointer.value(),
                   .rbp = registers.rbp.value_or(0),
                   .has_rbp = registers.rbp.has_value()};
  bool interrupted = true;
  while (frames.size() < kMaxFrames) {
    frames.push_back({RemoteAddress(state.pc), RemoteAddress(state.rsp), interrupted});
    const Known& known = At(frames.back().instruction().value());
    const UnwindRow* row = known.row ? &*known.row : nullptr;
    std::optional<UnwindRow> by_code;
    if (row == nullptr) {
      by_code = RowByCode(known, state.pc, state.rbp, state.has_rbp, stack);
      if (by_code) row = &*by_code;
    }
    if (row == nullptr) return known.in_module ? UnwindEnd::kNoRow : UnwindEnd::kUnknownCode;
    if (row->is_outermost) return UnwindEnd::kWhole;
    if (!state.Knows(row->cfa.base)) {
      const auto rbp = FindRbp(frames.back().instruction().value(), state.rsp, *row, stack);
      if (!rbp) return UnwindEnd::kUnknownRegister;
      state.rbp = *rbp;
      state.has_rbp = true;
    }
    state.has_cfa = state.Evaluate(row->cfa, stack, state.cfa);
    if (!state.has_cfa) return WhyMissing(state.cfa, stack);
    // A signal handler may have a stack of its own (sigaltstack(2)), anywhere.
    if (state.cfa <= state.rsp && !row->is_signal_frame) return UnwindEnd::kBadStack;
    FrameState caller;
    if (!state.Evaluate(row->return_address, stack, caller.pc)) {
      return WhyMissing(caller.pc, stack);
    }
    if (caller.pc == 0) return UnwindEnd::kWhole;
    caller.has_rbp = state.Evaluate(row->rbp, stack, caller.rbp);
    caller.rsp = state.cfa;
    state = caller;
    interrupted = row->is_signal_frame;
  }
  return UnwindEnd::kTooDeep;
}

}  // namespace spyhop
