#include "symbolizer/call_frame_check.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include <optional>
#include <string_view>

namespace spyhop {
namespace {

// x86-64 has 67 and what vendors add (System V ABI, AMD64, figure 3.36).
constexpr uint64_t kMostRegisters = 256;
constexpr int kMostRemembered = 64;
// Bytes. Each entry is read whenever it is asked for, and what it refers to with it. Of 250 files
// of a Debian the longest program has 21 KB, the longest initial one less than 40 bytes.
constexpr size_t kLongestProgram = 64 << 10;
constexpr size_t kLongestInitialProgram = 1 << 10;
constexpr size_t kLargestSearched = 64 << 20;  // of tables without an index
constexpr unsigned kLongestNumber = 9;         // bytes of 7 bits
constexpr uint8_t kPrimary = 0xc0;  // bits of an instruction that has its operand in the others

// What follows an instruction.
enum class Operand : uint8_t { kNone, kRegister, kNumber, kBlock, kByte, kTwoBytes, kFourBytes };
struct Operands {
  Operand first = Operand::kNone;
  Operand second = Operand::kNone;
};

// Nothing for one that is not known, or not used in .eh_frame (DW_CFA_set_loc).
std::optional<Operands> OperandsOf(uint8_t instruction) {
  switch (instruction) {
    case DW_CFA_nop:
    case DW_CFA_remember_state:
    case DW_CFA_restore_state:
      return Operands{};
    case DW_CFA_advance_loc1:
      return Operands{Operand::kByte};
    case DW_CFA_advance_loc2:
      return Operands{Operand::kTwoBytes};
    case DW_CFA_advance_loc4:
      return Operands{Operand::kFourBytes};
    case DW_CFA_restore_extended:
    case DW_CFA_undefined:
    case DW_CFA_same_value:
    case DW_CFA_def_cfa_register:
      return Operands{Operand::kRegister};
    case DW_CFA_register:
      return Operands{Operand::kRegister, Operand::kRegister};
    case DW_CFA_offset_extended:
    case DW_CFA_offset_extended_sf:
    case DW_CFA_def_cfa:
    case DW_CFA_def_cfa_sf:
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
    case DW_CFA_GNU_negative_offset_extended:
      return Operands{Operand::kRegister, Operand::kNumber};
    case DW_CFA_def_cfa_offset:
    case DW_CFA_def_cfa_offset_sf:
    case DW_CFA_GNU_args_size:
      return Operands{Operand::kNumber};
    case DW_CFA_def_cfa_expression:
      return Operands{Operand::kBlock};
    case DW_CFA_expression:
    case DW_CFA_val_expression:
      return Operands{Operand::kRegister, Operand::kBlock};
    default:
      return std::nullopt;
  }
}

class Reader {
 public:
  explicit Reader(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }
  absl::Span<const uint8_t> rest() const { return bytes_; }

  bool Skip(uint64_t count) {
    if (count > bytes_.size()) return false;
    bytes_.remove_prefix(count);
    return true;
  }
  std::optional<uint8_t> Byte() {
    if (bytes_.empty()) return std::nullopt;
    const uint8_t byte = bytes_.front();
    bytes_.remove_prefix(1);
    return byte;
  }
  // ULEB128, or the bits of an SLEB128. Nothing for a longer one than fits: libdw gives up in the
  // middle of it, after ten bytes, and takes the next byte for an instruction
  // (libdw/memory-access.h, __libdw_get_uleb128).
  std::optional<uint64_t> Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < kLongestNumber * 7; shift += 7) {
      const std::optional<uint8_t> byte = Byte();
      if (!byte) return std::nullopt;
      value |= uint64_t{*byte & 0x7fU} << shift;
      if ((*byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }
  bool Take(Operand operand) {
    switch (operand) {
      case Operand::kNone:
        return true;
      case Operand::kByte:
        return Skip(1);
      case Operand::kTwoBytes:
        return Skip(2);
      case Operand::kFourBytes:
        return Skip(4);
      case Operand::kNumber:
        return Number().has_value();
      case Operand::kRegister:
        return Number().value_or(kMostRegisters) < kMostRegisters;
      case Operand::kBlock:
        break;
    }
    const std::optional<uint64_t> size = Number();
    return size && Skip(*size);
  }

 private:
  absl::Span<const uint8_t> bytes_;
};

absl::Span<const uint8_t> Between(const uint8_t* begin, const uint8_t* end) {
  return begin <= end ? absl::MakeSpan(begin, static_cast<size_t>(end - begin))
                      : absl::Span<const uint8_t>();
}

// Of an address that is written so (Linux Standard Base 5.0, Core, 10.5): absolute, or relative to
// its place. Nothing for what compilers do not use.
std::optional<uint64_t> SizeOf(uint8_t encoding) {
  const uint8_t relation = encoding & 0x70;
  if (relation != DW_EH_PE_absptr && relation != DW_EH_PE_pcrel) return std::nullopt;
  switch (encoding & 0x0f) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
      return 8;
    case DW_EH_PE_udata4:
    case DW_EH_PE_sdata4:
      return 4;
    default:
      return std::nullopt;
  }
}

// Of an address in an entry (10.6.1). Only for augmentations that compilers use: in others libdw
// (libdw/cie.c, intern_new_cie) may find another encoding, and the instructions elsewhere.
std::optional<uint64_t> SizeOfAddress(const Dwarf_CIE& cie) {
  const std::string_view augmentation = cie.augmentation;
  Reader data(Between(cie.augmentation_data, cie.augmentation_data + cie.augmentation_data_size));
  if (augmentation.empty()) return SizeOf(DW_EH_PE_absptr);
  if (augmentation.front() != 'z') return std::nullopt;
  uint8_t encoding = DW_EH_PE_absptr;
  for (const char each : augmentation.substr(1)) {
    if (each == 'S' || each == 'B') continue;  // a frame of a signal; signed addresses (aarch64)
    const std::optional<uint8_t> byte = data.Byte();
    if (!byte) return std::nullopt;
    if (each == 'R') {
      encoding = *byte;
    } else if (each == 'P') {
      const std::optional<uint64_t> size =
          SizeOf(*byte);  // of a function's address, or of its place
      if (!size || !data.Skip(*size)) return std::nullopt;
    } else if (each != 'L') {
      return std::nullopt;
    }
  }
  return (encoding & DW_EH_PE_indirect) == 0 ? SizeOf(encoding) : std::nullopt;
}

// The entries of one table, by their place in it.
class Entries {
 public:
  Entries(const ElfFile& file, absl::Span<const char> table)
      : ident_(reinterpret_cast<const unsigned char*>(elf_getident(file.handle(), nullptr))) {
    data_.d_buf = const_cast<char*>(table.data());  // dwarf_next_cfi reads it only
    data_.d_size = table.size();
  }

  // Nothing at the end of the table, and where it makes no sense.
  const Dwarf_CFI_Entry* Read(uint64_t at) {
    const bool read = dwarf_next_cfi(ident_, &data_, true, at, &next_, &entry_) == 0;
    return read ? &entry_ : nullptr;
  }
  // Where the entry behind the last one read is.
  uint64_t next() const { return next_; }

 private:
  const unsigned char* ident_;
  Elf_Data data_{};
  Dwarf_Off next_ = 0;
  Dwarf_CFI_Entry entry_{};
};

}  // namespace

bool IsTameFrameProgram(absl::Span<const uint8_t> program) {
  if (program.size() > kLongestProgram) return false;
  Reader reader(program);
  int remembered = 0;
  while (!reader.done()) {
    const uint8_t instruction = *reader.Byte();
    Operands operands;
    if ((instruction & kPrimary) == DW_CFA_offset) {
      operands.first = Operand::kNumber;
    } else if ((instruction & kPrimary) == 0) {
      const std::optional<Operands> found = OperandsOf(instruction);
      if (!found) return false;
      operands = *found;
    }
    if (instruction == DW_CFA_restore_state && remembered > 0) --remembered;
    if (instruction == DW_CFA_remember_state && ++remembered > kMostRemembered) return false;
    if (!reader.Take(operands.first) || !reader.Take(operands.second)) return false;
  }
  return true;
}

CallFrameCheck::CallFrameCheck(const ElfFile& file) : file_(file) {
  const std::optional<ElfSection> section = file.FindSection(".eh_frame");
  if (!section) return;
  begin_ = section->address;
  table_ = file.ReadSection(".eh_frame");
}

bool CallFrameCheck::AllAreTame() const {
  if (table_.empty() || table_.size() > kLargestSearched) return false;
  Entries entries(file_, table_);
  for (uint64_t at = 0; at < table_.size(); at = entries.next()) {
    const Dwarf_CFI_Entry* entry = entries.Read(at);
    // libdw goes on behind an entry that makes no sense, if it knows where that is (libdw/fde.c).
    if (entries.next() <= at) break;
    if (entry != nullptr && !dwarf_cfi_cie_p(entry) && !IsTame(begin_ + at)) return false;
  }
  return true;
}

bool CallFrameCheck::IsTame(uint64_t address) const {
  if (address < begin_ || address - begin_ >= table_.size()) return false;
  Entries entries(file_, table_);
  const Dwarf_CFI_Entry* entry = entries.Read(address - begin_);
  if (entry == nullptr || dwarf_cfi_cie_p(entry)) return false;
  const Dwarf_FDE fde = entry->fde;
  entry = entries.Read(fde.CIE_pointer);
  if (entry == nullptr || !dwarf_cfi_cie_p(entry)) return false;
  const Dwarf_CIE& cie = entry->cie;
  const std::optional<uint64_t> size = SizeOfAddress(cie);
  Reader program(Between(fde.start, fde.end));
  if (!size || !program.Skip(2 * *size)) return false;
  const bool has_data = cie.augmentation[0] == 'z';
  if (has_data && !program.Take(Operand::kBlock)) return false;
  const auto initial = Between(cie.initial_instructions, cie.initial_instructions_end);
  return cie.return_address_register < kMostRegisters && initial.size() <= kLongestInitialProgram &&
         IsTameFrameProgram(initial) && IsTameFrameProgram(program.rest());
}

}  // namespace spyhop
