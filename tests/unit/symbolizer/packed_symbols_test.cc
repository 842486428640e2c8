// The corpus file: `shown` is exported, `hidden` is in .gnu_debugdata only.
#include "symbolizer/packed_symbols.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "symbolizer/symbol_table.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

const std::string kCorpus = SPYHOP_SOURCE_DIR "/tests/fuzz/corpus/";

// Of both files' functions, from lower to higher addresses.
std::vector<std::string> NamesOf(const SymbolTable& symbols, const ElfFile& file) {
  std::vector<std::string> names;
  for (const ElfSegment& segment : file.segments()) {
    for (uint64_t at = segment.address; at < segment.address + segment.memory_size; ++at) {
      const auto found = symbols.Find(at);
      if (found && (names.empty() || names.back() != found->name)) names.emplace_back(found->name);
    }
  }
  return names;
}

TEST(PackedSymbols, NameWhatWasStripped) {
  const auto file = OpenElf(kCorpus + "elf_file/packed_and_linked");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(NamesOf(SymbolTable(*file), *file), std::vector<std::string>{"shown"});
  const std::optional<ElfFile> packed = OpenPackedSymbols(*file);
  ASSERT_TRUE(packed);
  EXPECT_EQ(NamesOf(SymbolTable(*file, &*packed), *file),
            (std::vector<std::string>{"hidden", "shown"}));
}

TEST(PackedSymbols, AFileWithoutThemHasNone) {
  EXPECT_FALSE(OpenPackedSymbols(*OpenElf("/proc/self/exe")));
}

TEST(PackedSymbols, DamagedOrHugeOnesAreNone) {
  for (const char* name : {"cut", "zeros"}) {
    ScopedFd fd(open((kCorpus + "packed_symbols/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<char> bytes(1 << 20);
    const ssize_t size = read(fd.get(), bytes.data(), bytes.size());
    ASSERT_GT(size, 0) << name;
    EXPECT_FALSE(UnpackSymbols({bytes.data(), static_cast<size_t>(size)})) << name;
  }
}

}  // namespace
}  // namespace spyhop
