#include "symbolizer/prologue.h"

#include <cstring>

namespace spyhop {
namespace {

constexpr uint8_t kRexW = 0x48;
constexpr int kRsp = 4;
constexpr uint64_t kWord = 8;

// One instruction at the front of `code`.
class Instruction {
 public:
  explicit Instruction(absl::Span<const uint8_t> code) : code_(code) {
    if (Byte(0) >= 0x40 && Byte(0) <= 0x4F) rex_ = code_[at_++];
    opcode_ = Byte(at_);
  }

  // Bytes of ENDBR64 or NOP, which come before the rest; 0: it is none.
  size_t SizeOfNothing() const {
    constexpr uint8_t kEndbr64[] = {0xF3, 0x0F, 0x1E, 0xFA};
    return StartsWith(kEndbr64) ? sizeof(kEndbr64) : Byte(0) == 0x90 ? 1 : 0;
  }
  bool IsPush() const { return opcode_ >= 0x50 && opcode_ <= 0x57; }
  bool IsPushRbp() const { return Byte(0) == 0x55; }
  // mov rbp, rsp has two forms.
  bool IsMoveOfRspToRbp() const {
    constexpr uint8_t kStore[] = {kRexW, 0x89, 0xE5};
    constexpr uint8_t kLoad[] = {kRexW, 0x8B, 0xEC};
    return StartsWith(kStore) || StartsWith(kLoad);
  }
  // sub rsp, n.
  std::optional<uint64_t> Subtrahend() const {
    constexpr uint8_t kByte[] = {kRexW, 0x83, 0xEC};
    constexpr uint8_t kLong[] = {kRexW, 0x81, 0xEC};
    if (StartsWith(kByte) && code_.size() > 3 && code_[3] < 0x80) return code_[3];
    if (!StartsWith(kLong) || code_.size() < 7) return std::nullopt;
    uint32_t value = 0;
    std::memcpy(&value, code_.data() + 3, sizeof(value));
    return value;
  }
  size_t SizeOfPush() const { return at_ + 1; }
  // Of one that moves, computes or compares and leaves rsp alone; 0: not known to be one.
  size_t SizeOfMove() const {
    switch (opcode_) {
      case 0x01:
      case 0x09:
      case 0x21:
      case 0x29:
      case 0x31:
      case 0x39:  // op r/m, r
      case 0x88:
      case 0x89:
        return WritesRsp(true) ? 0 : WithModRm(0);
      case 0x03:
      case 0x0B:
      case 0x23:
      case 0x2B:
      case 0x33:
      case 0x3B:  // op r, r/m
      case 0x8A:
      case 0x8B:
      case 0x8D:
      case 0x63:
        return WritesRsp(false) ? 0 : WithModRm(0);
      case 0x38:
      case 0x3A:
      case 0x84:
      case 0x85:  // cmp, test
        return WithModRm(0);
      case 0x80:
      case 0x83:
      case 0xC6:  // op r/m, imm8
        return WritesRsp(true) ? 0 : WithModRm(1);
      case 0x81:
      case 0xC7:  // op r/m, imm32
        return WritesRsp(true) ? 0 : WithModRm(4);
      default:
        break;
    }
    // mov r, imm32 (with REX.W imm64).
    const bool loads = opcode_ >= 0xB8 && opcode_ <= 0xBF;
    return loads ? at_ + 1 + ((rex_ & 8) != 0 ? 8 : 4) : 0;
  }

 private:
  uint8_t Byte(size_t at) const { return at < code_.size() ? code_[at] : 0; }
  template <size_t N>
  bool StartsWith(const uint8_t (&bytes)[N]) const {
    return code_.size() >= N && std::memcmp(code_.data(), bytes, N) == 0;
  }
  // Is rsp what it writes to: the register in r/m, else that in reg?
  bool WritesRsp(bool to_rm) const {
    const uint8_t modrm = Byte(at_ + 1);
    if (to_rm) return modrm >> 6 == 3 && (modrm & 7) == kRsp && (rex_ & 1) == 0;
    return (modrm >> 3 & 7) == kRsp && (rex_ & 4) == 0;
  }
  // Intel SDM volume 2, tables 2-2 and 2-3.
  size_t WithModRm(size_t immediate) const {
    const uint8_t modrm = Byte(at_ + 1);
    const int mode = modrm >> 6;
    size_t size = at_ + 2;
    bool no_base = mode == 0 && (modrm & 7) == 5;
    if (mode != 3 && (modrm & 7) == 4) {
      no_base = mode == 0 && (Byte(size) & 7) == 5;
      ++size;
    }
    if (mode == 1) size += 1;
    if (mode == 2 || no_base) size += 4;
    return size + immediate;
  }

  absl::Span<const uint8_t> code_;
  size_t at_ = 0;  // of the opcode
  uint8_t rex_ = 0;
  uint8_t opcode_ = 0;
};

}  // namespace

std::optional<uint64_t> StackSizeOfPrologue(absl::Span<const uint8_t> code) {
  uint64_t size = kWord;  // the return address
  bool has_frame = false;
  while (!code.empty()) {
    const Instruction next(code);
    size_t length = next.SizeOfNothing();
    if (length == 0 && next.IsPush()) {
      // rbp has to be the first: see the CFA that the table tells.
      if (!has_frame && (size != kWord || !next.IsPushRbp())) return std::nullopt;
      size += kWord;
      length = next.SizeOfPush();
    } else if (length == 0 && next.IsMoveOfRspToRbp()) {
      has_frame = size == 2 * kWord;
      length = 3;
    } else if (const auto subtrahend = next.Subtrahend(); length == 0 && subtrahend) {
      return has_frame ? std::optional(size + *subtrahend) : std::nullopt;
    } else if (length == 0) {
      length = next.SizeOfMove();
    }
    if (length == 0 || length > code.size()) {
      // Before a call it is over; behind a branch it may go on.
      const bool is_call = code.front() == 0xE8;
      return has_frame && is_call ? std::optional(size) : std::nullopt;
    }
    code.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace spyhop
