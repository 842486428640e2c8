#include "sampler/target_code.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "symbolizer/epilogue.h"
#include "symbolizer/prologue.h"

namespace spyhop {
namespace {

constexpr size_t kMaxKnown = 100'000;
constexpr uint64_t kLargestFunction = 4096;
constexpr size_t kLargestPrologue = 160;

// x86-64 calls: E8 and 32 bits; FF /2 with a ModRM byte, perhaps a SIB byte and a displacement of 1
// or 4 bytes, perhaps a prefix before it (Intel SDM volume 2, CALL and tables 2-2 and 2-3). 0: it
// is none of the latter.
size_t LengthOfIndirectCall(const uint8_t* code, size_t size) {
  const int mode = code[1] >> 6;
  const int base = code[1] & 7;
  if (code[0] != 0xFF || (code[1] >> 3 & 7) != 2) return 0;
  if (mode == 3) return 2;
  const bool has_sib = base == 4;
  const bool no_base = mode == 0 && (has_sib ? size > 2 && (code[2] & 7) == 5 : base == 5);
  const size_t displacement = mode == 1 ? 1 : mode == 2 || no_base ? 4 : 0;
  return 2 + (has_sib ? 1 : 0) + displacement;
}

// `from` and the signed 32 bits at `code`.
RemoteAddress PlusDistance(RemoteAddress from, const uint8_t* code) {
  int32_t distance;
  std::memcpy(&distance, code, sizeof(distance));
  return RemoteAddress(from.value() + static_cast<uint64_t>(int64_t{distance}));
}

// What `known` has of a key, read if it is new. Full, it starts anew.
template <typename Known, typename Read>
typename Known::mapped_type Once(Known& known, const typename Known::key_type& key, Read read) {
  if (known.size() >= kMaxKnown) known.clear();
  const auto [entry, fresh] = known.try_emplace(key);
  if (fresh) entry->second = read();
  return entry->second;
}

}  // namespace

RemoteAddress TargetCode::CalledBefore(RemoteAddress address) {
  return Once(called_, address, [&] { return ReadCalled(address); });
}

std::optional<uint64_t> TargetCode::StackSizeOf(RemoteAddress function) {
  return Once(stack_sizes_, function, [&] {
    std::array<uint8_t, kLargestPrologue> code{};
    const size_t size = memory_.ReadSome(function, code.data(), code.size());
    return StackSizeOfPrologue(absl::MakeSpan(code).subspan(0, size));
  });
}

std::optional<UnwindRow> TargetCode::RowBehind(RemoteAddress pc) {
  return Once(rows_, pc, [&] {
    std::array<uint8_t, kLongestEpilogue> code{};
    const size_t size = memory_.ReadSome(pc, code.data(), code.size());
    return RowOfEpilogue(absl::MakeSpan(code).subspan(0, size));
  });
}

void TargetCode::Forget() {
  calls_.clear();
  rows_.clear();
  called_.clear();
  jumps_.clear();
  stack_sizes_.clear();
}

bool TargetCode::JumpsTo(RemoteAddress function, const AddressRange& code) {
  return Once(jumps_, {code.begin(), function}, [&] { return ReadJump(function, code); });
}

// E9 and a distance.
bool TargetCode::ReadJump(RemoteAddress function, const AddressRange& code) {
  constexpr size_t kJump = 5;
  std::vector<uint8_t> bytes(std::min(code.size(), kLargestFunction));
  const size_t size = memory_.ReadSome(code.begin(), bytes.data(), bytes.size());
  for (size_t at = 0; at + kJump <= size; ++at) {
    if (bytes[at] != 0xE9) continue;
    if (PlusDistance(code.begin().Plus(at + kJump), &bytes[at + 1]) == function) return true;
  }
  return false;
}

// E8 and a distance; FF 15 and the distance of the pointer.
RemoteAddress TargetCode::ReadCalled(RemoteAddress address) {
  std::array<uint8_t, 6> before{};
  if (!memory_.ReadAll(RemoteAddress(address.value() - before.size()), before.data(),
                       before.size())) {
    return RemoteAddress();
  }
  const RemoteAddress place = PlusDistance(address, before.data() + 2);
  if (before[1] == 0xE8) return BehindPlt(place);
  if (before[0] != 0xFF || before[1] != 0x15) return RemoteAddress();
  return memory_.ReadPointer(place).value_or(RemoteAddress());
}

// A PLT entry jumps through the GOT (FF 25), behind an ENDBR64 perhaps and a BND prefix (System V
// ABI for x86-64, 5.2 and 13.2).
RemoteAddress TargetCode::BehindPlt(RemoteAddress function) {
  std::array<uint8_t, 11> code{};
  if (!memory_.ReadAll(function, code.data(), code.size())) return function;
  constexpr std::array<uint8_t, 4> kEndbr64 = {0xF3, 0x0F, 0x1E, 0xFA};
  size_t at = std::equal(kEndbr64.begin(), kEndbr64.end(), code.begin()) ? kEndbr64.size() : 0;
  if (code[at] == 0xF2) ++at;
  if (code[at] != 0xFF || code[at + 1] != 0x25) return function;
  const size_t end = at + 6;
  return memory_.ReadPointer(PlusDistance(function.Plus(end), code.data() + at + 2))
      .value_or(function);
}

bool TargetCode::IsReturnAddress(RemoteAddress address) {
  return Once(calls_, address, [&] { return ReadIsReturn(address); });
}

bool TargetCode::ReadIsReturn(RemoteAddress address) {
  std::array<uint8_t, 7> before{};
  if (!memory_.ReadAll(RemoteAddress(address.value() - before.size()), before.data(),
                       before.size())) {
    return false;
  }
  bool call = before[2] == 0xE8;
  for (const size_t length : {2, 3, 4, 6, 7}) {
    const uint8_t* code = before.data() + before.size() - length;
    call = call || LengthOfIndirectCall(code, length) == length;
  }
  return call;
}

}  // namespace spyhop
