#include "symbolizer/epilogue.h"

#include <cstring>
#include <initializer_list>

namespace spyhop {
namespace {

constexpr int32_t kWord = 8;
constexpr int32_t kLargestFrame = 1 << 20;

// Instructions that are passed over one by one.
class Code {
 public:
  explicit Code(absl::Span<const uint8_t> code) : code_(code.subspan(0, kLongestEpilogue)) {}

  bool Take(std::initializer_list<uint8_t> bytes) {
    if (code_.size() < bytes.size() ||
        std::memcmp(code_.data(), bytes.begin(), bytes.size()) != 0) {
      return false;
    }
    code_.remove_prefix(bytes.size());
    return true;
  }
  bool TakeReturn() { return Take({0xC3}) || Take({0xF3, 0xC3}); }
  // Of a register other than rbp and rsp.
  bool TakePop() {
    constexpr uint8_t kRexB = 0x41;
    constexpr uint8_t kPop = 0x58;
    constexpr uint8_t kPopRsp = 0x5C;
    for (uint8_t number = 0; number < 8; ++number) {
      const auto pop = static_cast<uint8_t>(kPop + number);
      if (Take({kRexB, pop}) || (pop != kPopRsp && Take({pop}))) return true;
    }
    return false;
  }
  // Of add rsp, n.
  std::optional<int32_t> TakeAddend() {
    if (Take({0x48, 0x83, 0xC4})) return TakeNumber<int8_t>();
    if (Take({0x48, 0x81, 0xC4})) return TakeNumber<int32_t>();
    return std::nullopt;
  }

 private:
  // -1 when it is cut short.
  template <typename Number>
  int32_t TakeNumber() {
    Number number = -1;
    if (code_.size() < sizeof(number)) return -1;
    std::memcpy(&number, code_.data(), sizeof(number));
    code_.remove_prefix(sizeof(number));
    return number;
  }

  absl::Span<const uint8_t> code_;
};

}  // namespace

std::optional<UnwindRow> RowOfEpilogue(absl::Span<const uint8_t> bytes) {
  using Base = UnwindRow::Base;
  Code code(bytes);
  UnwindRow row{.cfa = {Base::kRsp, false, 0},
                .rbp = {Base::kRbp, false, 0},
                .return_address = {Base::kCfa, true, -kWord}};
  if (code.Take({0xC9})) {
    row.cfa = {Base::kRbp, false, 2 * kWord};
    row.rbp = {Base::kCfa, true, -2 * kWord};
    return code.TakeReturn() ? std::optional(row) : std::nullopt;
  }
  int32_t taken = 0;  // from rsp
  std::optional<int32_t> rbp_at;
  while (taken < kLargestFrame && !code.TakeReturn()) {
    if (code.Take({0x5D})) {
      rbp_at = taken;
      taken += kWord;
    } else if (code.TakePop()) {
      taken += kWord;
    } else {
      const int32_t addend = code.TakeAddend().value_or(-1);
      if (addend < 0) return std::nullopt;
      taken += addend < kLargestFrame ? addend : kLargestFrame;
    }
  }
  if (taken >= kLargestFrame) return std::nullopt;
  row.cfa.offset = taken + kWord;
  if (rbp_at) row.rbp = {Base::kCfa, true, *rbp_at - row.cfa.offset};
  return row;
}

}  // namespace spyhop
