#include "sampler/python/line_table.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spyhop {

void PrintTo(const Position& p, std::ostream* out) {
  *out << p.line << ":" << p.column << "-" << p.end_line << ":" << p.end_column;
}

namespace {

using Table = std::vector<uint8_t>;

Position Line(int32_t line) { return {.line = line}; }

// One line of data/line_tables.txt, see make_line_tables.py.
struct CapturedCode {
  std::string version;
  std::string name;
  int32_t first_line = 0;
  Table table;
  std::vector<Position> positions;  // one a unit
};

Position ParsePosition(const std::vector<std::string>& fields) {
  const auto number = [&](size_t i) {
    int32_t value = 0;
    if (i >= fields.size()) return value;
    EXPECT_TRUE(absl::SimpleAtoi(fields[i], &value));
    return value;
  };
  return {number(1), number(2), number(3), number(4)};
}

CapturedCode ParseCode(const std::string& text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  CapturedCode code{.version = words.at(0), .name = words.at(1)};
  EXPECT_TRUE(absl::SimpleAtoi(words.at(2), &code.first_line));
  const std::string bytes = words.at(3) == "-" ? "" : absl::HexStringToBytes(words[3]);
  code.table.assign(bytes.begin(), bytes.end());
  for (size_t i = 4; i < words.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(words[i], ':');
    int count = 0;
    EXPECT_TRUE(absl::SimpleAtoi(fields.at(0), &count));
    code.positions.insert(code.positions.end(), count, ParsePosition(fields));
  }
  return code;
}

LineTable FormatOf(const std::string& version) {
  if (version == "2.7") return LineTable::kLnotabUnsigned;
  if (version == "3.10") return LineTable::kLinetable310;
  return version.size() == 3 ? LineTable::kLnotabSigned : LineTable::kLocationTable;
}

std::vector<CapturedCode> Captured() {
  const char* override_path = std::getenv("SPYHOP_TEST_LINE_TABLES");
  std::ifstream in(override_path != nullptr ? override_path
                                            : SPYHOP_SOURCE_DIR
                       "/tests/unit/sampler/python/data/line_tables.txt");
  std::vector<CapturedCode> codes;
  for (std::string text; std::getline(in, text);) codes.push_back(ParseCode(text));
  return codes;
}

TEST(LineTable, AgreesWithEveryInterpreter) {
  const std::vector<CapturedCode> codes = Captured();
  ASSERT_GT(codes.size(), 100u);
  for (const CapturedCode& code : codes) {
    const int unit = code.version == "2.7" ? 1 : 2;
    for (size_t i = 0; i < code.positions.size(); ++i) {
      const auto offset = static_cast<int32_t>(i) * unit;
      ASSERT_EQ(FindPosition(FormatOf(code.version), code.table, code.first_line, offset),
                code.positions[i])
          << code.version << " " << code.name << " at " << offset;
    }
  }
}

TEST(LineTable, NotStartedIsTheFirstLine) {
  for (const LineTable format : {LineTable::kLnotabUnsigned, LineTable::kLnotabSigned,
                                 LineTable::kLinetable310, LineTable::kLocationTable}) {
    EXPECT_EQ(FindPosition(format, Table{0xF8, 10}, 7, -1), Line(7));
    EXPECT_EQ(FindPosition(format, Table{}, 7, 0), Line(7));
  }
}

TEST(LineTable, LnotabSignedSkipsNegativeDeltas) {
  const Table table = {2, 5, 4, static_cast<uint8_t>(-3)};
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, table, 10, 2), Line(15));
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, table, 10, 6), Line(12));
}

TEST(LineTable, LnotabOf27HasNoSign) {
  EXPECT_EQ(FindPosition(LineTable::kLnotabUnsigned, Table{2, 0xFD}, 10, 2), Line(263));
}

TEST(LineTable, LnotabSumsUpLongSteps) {
  const Table table = {255, 0, 10, 127, 0, 127, 0, 6};
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, table, 1, 264), Line(1));
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, table, 1, 265), Line(261));
}

TEST(LineTable, Linetable310KnowsInstructionsWithoutLine) {
  const Table table = {2, 1, 4, 0x80, 2, 2};
  EXPECT_EQ(FindPosition(LineTable::kLinetable310, table, 10, 0), Line(11));
  EXPECT_EQ(FindPosition(LineTable::kLinetable310, table, 10, 4), Line(0));
  EXPECT_EQ(FindPosition(LineTable::kLinetable310, table, 10, 6), Line(13));
}

TEST(LineTable, LocationWithoutLineDoesNotMoveTheNext) {
  const Table table = {0xF8, 0xE8, 4};  // none, 1 unit; no columns, 1 unit, line +2
  EXPECT_EQ(FindPosition(LineTable::kLocationTable, table, 10, 0), Position());
  EXPECT_EQ(FindPosition(LineTable::kLocationTable, table, 10, 2), (Position{12, 0, 12, 0}));
}

TEST(LineTable, TableOfMegabytesHasNoCliff) {
  Table table;
  for (int i = 0; i < 200'000; ++i) table.insert(table.end(), {0xD8, 1, 2});  // 1 unit, line +1
  EXPECT_EQ(FindPosition(LineTable::kLocationTable, table, 0, 2 * 199'999).line, 200'000);
}

TEST(LineTable, DamagedTableGivesTheLastGoodLine) {
  EXPECT_EQ(FindPosition(LineTable::kLocationTable, Table{0xD8, 1, 2, 0xF0, 0x7F}, 10, 2),
            Line(11));
  EXPECT_EQ(FindPosition(LineTable::kLinetable310, Table{2, 1, 2}, 10, 100), Line(11));
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, Table{2, 1, 2}, 10, 100), Line(11));
  EXPECT_EQ(FindPosition(LineTable::kLocationTable, Table(64, 0xFF), 10, 100'000), Line(10));
}

TEST(LineTable, LinesThatDoNotFitAreNone) {
  const int32_t last = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, Table{0, 1}, last, 0), Line(0));
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, Table{0, 0xFF}, 0, 0), Line(0));
  EXPECT_EQ(FindPosition(LineTable::kLnotabSigned, Table{}, -5, -1), Line(0));
}

}  // namespace
}  // namespace spyhop
