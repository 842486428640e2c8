#include "sampler/python/version_detect.h"

#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {

void PrintTo(const PyVersion& version, std::ostream* out) { *out << version.ToString(); }

namespace {

using testing::Optional;

constexpr RemoteAddress kAddress(0x10000);

std::optional<PyVersion> Constant(std::string_view bytes) {
  return FindVersionConstant({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

TEST(VersionDetect, ParsesWhatPyGetVersionSays) {
  EXPECT_THAT(ParseVersion("3.9.18 (main, Jan 1 2024)"), Optional(PyVersion{3, 9, 18}));
  EXPECT_THAT(ParseVersion("2.7.18"), Optional(PyVersion{2, 7, 18}));
  EXPECT_THAT(ParseVersion("3.15.0b2+"), Optional(PyVersion{3, 15, 0, 0xB, 2}));
  EXPECT_THAT(ParseVersion("3.10.0rc1"), Optional(PyVersion{3, 10, 0, 0xC, 1}));
}

TEST(VersionDetect, ParsesNothingElse) {
  for (const char* text : {"", "3", "3.9", "3.9.", "3.9.x", "3.9.18.1", "4.1.0", "2.5.1", "3.8.3or",
                           "3.9.0a", "3.999.0", "v3.9.1", " 3.9.1", "-3.9.1", "3..1"}) {
    EXPECT_EQ(ParseVersion(text), std::nullopt) << text;
  }
}

TEST(VersionDetect, FindsTheConstantAmongStrings) {
  EXPECT_THAT(Constant({"\0abc\0003.9.2\0x%s\0", 16}), Optional(PyVersion{3, 9, 2}));
  EXPECT_THAT(Constant({"3.9.2\0003.9.2", 11}), Optional(PyVersion{3, 9, 2}));
  EXPECT_EQ(Constant(""), std::nullopt);
}

TEST(VersionDetect, StrangersAreNotTheConstant) {
  EXPECT_EQ(Constant("SQLite 3.8.3 or higher"), std::nullopt);
  EXPECT_EQ(Constant("3.8.3 or higher"), std::nullopt);
  EXPECT_EQ(Constant({"3.8.3\0003.9.2", 11}), std::nullopt) << "two that differ say nothing";
}

TEST(VersionDetect, ChecksTheVersionWord) {
  FakeMemory memory;
  EXPECT_EQ(ReadVersionWord(memory, kAddress), std::nullopt);
  memory.Set<uint64_t>(kAddress, 0x030B07F0);
  EXPECT_THAT(ReadVersionWord(memory, kAddress), Optional(PyVersion{3, 11, 7}));
  memory.Set<uint64_t>(kAddress, 0x030B0770);
  EXPECT_EQ(ReadVersionWord(memory, kAddress), std::nullopt) << "no such release level";
  memory.Set<uint64_t>(kAddress, 0x1030B07F0);
  EXPECT_EQ(ReadVersionWord(memory, kAddress), std::nullopt) << "wider than PY_VERSION_HEX";
}

TEST(VersionDetect, ReadsTheVersionBuffer) {
  FakeMemory memory;
  memory.Fill(kAddress, 250);
  EXPECT_EQ(ReadVersionBuffer(memory, kAddress), std::nullopt) << "not filled yet";
  memory.SetText(kAddress, "3.6.15 (default, Nov 2 2025)");
  EXPECT_THAT(ReadVersionBuffer(memory, kAddress), Optional(PyVersion{3, 6, 15}));
}

}  // namespace
}  // namespace spyhop
