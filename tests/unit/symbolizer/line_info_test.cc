// LineInfo of this test's own executable, which is built with -g.
#include "symbolizer/line_info.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "symbolizer/memory_map.h"
#include "tests/unit/symbolizer/made_elf.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

__attribute__((noinline)) uint64_t ReturnAddress() {
  return reinterpret_cast<uint64_t>(__builtin_return_address(0));
}

// Of an address of this executable.
uint64_t AsLinked(const ElfFile& file, uint64_t address) {
  std::ifstream text("/proc/self/maps");
  const MemoryMap map = MemoryMap::Parse(std::string(std::istreambuf_iterator<char>(text), {}));
  return address - file.LoadBias(*map.Find(RemoteAddress(address))).value_or(0);
}

TEST(LineInfo, TellsTheLineOfAnInstruction) {
  const std::shared_ptr<const ElfFile> file = OpenElf("/proc/self/exe");
  const std::unique_ptr<LineInfo> lines = LineInfo::Open(file);
  ASSERT_NE(lines, nullptr);
  const uint64_t here = ReturnAddress();
  const int line = __LINE__ - 1;
  const std::optional<LineInfo::Place> place = lines->At(AsLinked(*file, here) - 1);
  ASSERT_TRUE(place);
  EXPECT_THAT(place->file, testing::EndsWith("line_info_test.cc"));
  EXPECT_EQ(place->line, line);
}

TEST(LineInfo, SaysNothingOfWhatIsNoCode) {
  const std::unique_ptr<LineInfo> lines = LineInfo::Open(OpenElf("/proc/self/exe"));
  ASSERT_NE(lines, nullptr);
  EXPECT_FALSE(lines->At(0));
  EXPECT_FALSE(lines->At(UINT64_MAX));
}

TEST(LineInfo, AStrippedFileHasNone) {
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(&gnu_get_libc_version), &info), 0);
  const std::shared_ptr<const ElfFile> libc = OpenElf(info.dli_fname);
  if (libc->HasSymbolTable()) GTEST_SKIP() << "not stripped";
  EXPECT_EQ(LineInfo::Open(libc), nullptr);
}

// A file whose debug information is partly in another one.
class DwzTest : public ::testing::Test {
 protected:
  DwzTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    const std::string note = std::string("\4\0\0\0\3\0\0\0\3\0\0\0GNU\0abc\0", 20);
    std::ofstream(folder_ + "common")
        << MadeElf({{.name = ".debug_line", .bytes = "x"},
                    {.name = ".note", .bytes = note, .type = SHT_NOTE}});
    mkfifo((folder_ + "pipe").c_str(), 0600);
  }

  std::unique_ptr<LineInfo> Open(const std::string& name, const std::string& build_id) const {
    const std::string link = name + '\0' + build_id;
    return LineInfo::Open(OpenMadeElf(MadeElf({{.name = ".debug_line", .bytes = "x"},
                                               {.name = ".gnu_debugaltlink", .bytes = link}})),
                          folder_);
  }

  const std::string folder_ = testing::TempDir() + "line_info_test/.dwz/";
};

TEST_F(DwzTest, TheCommonPartIsFoundByNameAndBuildId) {
  EXPECT_NE(Open("/usr/lib/debug/.dwz/common", "abc"), nullptr);
  EXPECT_NE(Open("../../.dwz/common", "abc"), nullptr);
  EXPECT_EQ(Open("../../.dwz/common", "abd"), nullptr);
  EXPECT_EQ(Open("../../.dwz/other", "abc"), nullptr);
}

// The file's maker chooses the name.
TEST_F(DwzTest, NothingElseIsOpened) {
  EXPECT_EQ(Open("/.dwz/pipe", "abc"), nullptr) << "and it is not waited for";
  EXPECT_EQ(Open("/.dwz/x/../common", "abc"), nullptr);
  EXPECT_EQ(Open(std::filesystem::path(folder_).parent_path().parent_path() / "common", "abc"),
            nullptr);
}

// Where .debug_info is compressed, lines come from the line tables alone.
TEST(LineInfo, ACompressedFileTellsTheSame) {
  const std::string packed = testing::TempDir() + "line_info_test.packed";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = "objcopy --compress-debug-sections=zlib " + self + " " + packed;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const std::shared_ptr<const ElfFile> file = OpenElf("/proc/self/exe");
  const std::shared_ptr<const ElfFile> packed_file = OpenElf(packed);
  ASSERT_TRUE(packed_file->IsCompressed(".debug_info"));
  const auto lines = LineInfo::Open(file);
  const auto packed_lines = LineInfo::Open(packed_file);
  ASSERT_NE(packed_lines, nullptr);
  EXPECT_FALSE(packed_file->ReadSection(".debug_info").empty()) << "hidden only from libdw";
  int known = 0;
  int different = 0;
  for (const ElfSymbol& function : file->FindFunctions({"*"})) {
    const auto place = lines->At(function.address);
    const auto other = packed_lines->At(function.address);
    ASSERT_EQ(place.has_value(), other.has_value()) << function.name;
    if (!place) continue;
    ++known;
    if (place->file != other->file || place->line != other->line) ++different;
  }
  EXPECT_GT(known, 1000);
  // Functions that several tables have (templates): libdw takes any of them.
  EXPECT_LT(200 * different, known);
  std::filesystem::remove(packed);
}

TEST(LineInfo, AHugeFileHasNone) {
  const std::string bytes =
      MadeElf({{.name = ".debug_line", .bytes = "x", .size = uint64_t{19} << 30}});
  EXPECT_EQ(LineInfo::Open(OpenMadeElf(bytes, off_t{20} << 30)), nullptr);
}

}  // namespace
}  // namespace spyhop
