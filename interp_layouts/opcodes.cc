#include "interp_layouts/opcodes.h"

#include <array>
#include <cstddef>

namespace spyhop {
namespace {

struct OpcodeEntry {
  OpcodeSet set;
  uint8_t opcode;
  OpcodeFamily family;
  Indirection indirection = Indirection::kNone;
};

constexpr OpcodeEntry kEntries[] = {
#include "interp_layouts/generated/opcodes.inc"
};

constexpr size_t kSets = static_cast<size_t>(OpcodeSet::k315) + 1;

struct Meaning {
  OpcodeFamily family = OpcodeFamily::kOther;
  Indirection indirection = Indirection::kNone;
};

using Table = std::array<Meaning, 256>;

constexpr std::array<Table, kSets> Spread() {
  std::array<Table, kSets> tables{};
  for (const OpcodeEntry& entry : kEntries) {
    tables[static_cast<size_t>(entry.set)][entry.opcode] = {entry.family, entry.indirection};
  }
  return tables;
}

constexpr std::array<Table, kSets> kTables = Spread();

}  // namespace

OpcodeFamily FamilyOf(OpcodeSet set, uint8_t opcode) {
  return kTables[static_cast<size_t>(set)][opcode].family;
}

Indirection IndirectionOf(OpcodeSet set, uint8_t opcode) {
  return kTables[static_cast<size_t>(set)][opcode].indirection;
}

bool HandsOverAtBreakers(OpcodeSet set) { return set >= OpcodeSet::k310; }

}  // namespace spyhop
