// LineIndex on tables made by hand; on real ones it is tested by line_info_test.
#include "symbolizer/line_index.h"

#include <dwarf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace spyhop {
namespace {

using testing::Optional;

template <typename T>
std::string Bytes(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

constexpr uint8_t kFirstSpecial = 13;
constexpr uint8_t kLineRange = 14;

std::string Op(uint8_t opcode, const std::string& operands = "") {
  return static_cast<char>(opcode) + operands;
}
std::string Extended(uint8_t opcode, const std::string& operands = "") {
  return Op(0, static_cast<char>(operands.size() + 1) + Op(opcode, operands));
}
std::string Begin(uint64_t address) { return Extended(DW_LNE_set_address, Bytes(address)); }
const std::string kEnd = Extended(DW_LNE_end_sequence);

// A table of that version with that program.
std::string Table(const std::string& program, uint16_t version = 5) {
  const std::string operands("\0\1\1\1\1\0\0\0\1\0\0\1", kFirstSpecial - 1);
  const std::string header =
      Op(1) + Op(1) + Op(1) + Op(0xfb) + Op(kLineRange) + Op(kFirstSpecial) + operands + "names";
  const std::string rest = Bytes(version) + Op(8) + Op(0) +
                           Bytes(static_cast<uint32_t>(header.size())) + header + program;
  return Bytes(static_cast<uint32_t>(rest.size())) + rest;
}

std::optional<uint64_t> TableAt(const std::string& section, uint64_t pc) {
  const std::optional<LineIndex> index = LineIndex::Read({section.data(), section.size()});
  EXPECT_TRUE(index);
  return index ? index->TableAt(pc) : std::nullopt;
}

TEST(LineIndex, EachOpcodeThatMovesTheAddress) {
  const std::string special = Op(kFirstSpecial + kLineRange * 3);  // 3
  const std::string program = Begin(0x1000) + special + Op(DW_LNS_copy) +
                              Op(DW_LNS_advance_pc, "\x80\x01") +  // 128
                              Op(DW_LNS_const_add_pc) +            // (255 - 13) / 14 = 17
                              Op(DW_LNS_fixed_advance_pc, Bytes(uint16_t{0x100})) + kEnd;
  const uint64_t end = 0x1000 + 3 + 128 + 17 + 0x100;
  EXPECT_EQ(TableAt(Table(program), 0xfff), std::nullopt);
  EXPECT_THAT(TableAt(Table(program), 0x1000), Optional(0U));
  EXPECT_THAT(TableAt(Table(program), end - 1), Optional(0U));
  EXPECT_EQ(TableAt(Table(program), end), std::nullopt);
}

TEST(LineIndex, OtherOpcodesArePassedOver) {
  const std::string program = Begin(0x1000) + Op(DW_LNS_advance_line, "\x80\x7f") +
                              Op(DW_LNS_set_file, "\x05") + Op(DW_LNS_negate_stmt) +
                              Extended(DW_LNE_set_discriminator, "\x02") +
                              Op(DW_LNS_advance_pc, "\x10") + kEnd;
  EXPECT_THAT(TableAt(Table(program), 0x100f), Optional(0U));
  EXPECT_EQ(TableAt(Table(program), 0x1010), std::nullopt);
}

TEST(LineIndex, ATableOfManyAndSequencesOutOfOrder) {
  const std::string advance = Op(DW_LNS_advance_pc, "\x10");
  const std::string first = Table(Begin(0x3000) + advance + kEnd + Begin(0x1000) + advance + kEnd);
  const std::string section = first + Table(Begin(0x2000) + advance + kEnd);
  EXPECT_THAT(TableAt(section, 0x1008), Optional(0U));
  EXPECT_THAT(TableAt(section, 0x2008), Optional(first.size()));
  EXPECT_THAT(TableAt(section, 0x3008), Optional(0U));
  EXPECT_EQ(TableAt(section, 0x2800), std::nullopt);
}

// A linker leaves a function out by putting its sequence at 0.
TEST(LineIndex, WhatIsAt0IsNotThere) {
  EXPECT_EQ(TableAt(Table(Begin(0) + Op(DW_LNS_advance_pc, "\x10") + kEnd), 4), std::nullopt);
}

TEST(LineIndex, AnotherVersionIsRefused) {
  const std::string section = Table(kEnd) + Table(kEnd, 4);
  EXPECT_FALSE(LineIndex::Read({section.data(), section.size()}));
}

TEST(LineIndex, ATruncatedTableIsRefused) {
  const std::string section = Table(Begin(0x1000) + Op(DW_LNS_advance_pc, "\x10") + kEnd);
  for (size_t size = 1; size < section.size(); ++size) {
    EXPECT_FALSE(LineIndex::Read({section.data(), size})) << size;
  }
}

}  // namespace
}  // namespace spyhop
