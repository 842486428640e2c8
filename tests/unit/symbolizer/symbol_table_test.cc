// SymbolTable of this test's own executable and of the C library.
#include "symbolizer/symbol_table.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include "tests/unit/symbolizer/made_elf.h"
#include "tests/unit/symbolizer/open_elf.h"

extern "C" {
// Two names for one place, and a function that no other file sees.
__attribute__((noinline)) int spyhop_test_named(int x) noexcept { return x + 1; }
int _spyhop_test_alias(int) noexcept __attribute__((alias("spyhop_test_named")));
}

namespace spyhop {
namespace {

__attribute__((noinline)) int LocalFunction(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

// As linked.
uint64_t AddressOf(const void* function) {
  Dl_info info{};
  dladdr(function, &info);
  const std::shared_ptr<const ElfFile> file = OpenElf(info.dli_fname);
  const uint64_t begin = file->segments().front().address - file->segments().front().offset;
  return reinterpret_cast<uint64_t>(function) - reinterpret_cast<uint64_t>(info.dli_fbase) + begin;
}

std::string NameAt(const SymbolTable& table, uint64_t address) {
  const auto found = table.Find(address);
  return found ? std::string(found->name) : "";
}

class SymbolTableTest : public ::testing::Test {
 protected:
  const SymbolTable own_{*OpenElf("/proc/self/exe")};
};

TEST_F(SymbolTableTest, NamesAFunctionFromItsFirstByteToItsLast) {
  const uint64_t begin = AddressOf(reinterpret_cast<const void*>(&spyhop_test_named));
  EXPECT_EQ(NameAt(own_, begin), "spyhop_test_named") << "not the alias with an underscore";
  EXPECT_EQ(NameAt(own_, begin + 1), "spyhop_test_named");
  EXPECT_NE(NameAt(own_, begin - 1), "spyhop_test_named");
  EXPECT_EQ(own_.Find(begin + 1)->address, begin);
}

TEST_F(SymbolTableTest, KnowsFunctionsThatNobodyElseSees) {
  EXPECT_EQ(LocalFunction(1), 1);
  const uint64_t begin = AddressOf(reinterpret_cast<const void*>(&LocalFunction));
  EXPECT_NE(NameAt(own_, begin).find("LocalFunction"), std::string::npos);
}

TEST_F(SymbolTableTest, NamesHaveNoVersion) {
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(&gnu_get_libc_version), &info), 0);
  const SymbolTable libc(*OpenElf(info.dli_fname));
  EXPECT_EQ(NameAt(libc, AddressOf(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"))),
            "gnu_get_libc_version");
}

TEST_F(SymbolTableTest, SaysNothingOfWhatIsNoFunction) {
  EXPECT_FALSE(own_.Find(0));
  EXPECT_FALSE(own_.Find(UINT64_MAX));
}

std::string Symbol(uint32_t name, uint16_t section, uint64_t address) {
  return BytesOf(Elf64_Sym{.st_name = name,
                           .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
                           .st_other = 0,
                           .st_shndx = section,
                           .st_value = address,
                           .st_size = 0});
}

// _init, which has no size, stands before a PLT, which has no symbols.
TEST_F(SymbolTableTest, AFunctionWithoutASizeEndsWithItsSection) {
  const std::string symbols =
      Symbol(1, 1, 0x1000) + Symbol(7, 3, 0x3000) + Symbol(12, SHN_ABS, 0x4000);
  const SymbolTable table(*OpenMadeElf(MadeElf(
      {{.name = ".init", .bytes = std::string(0x20, '\x90'), .address = 0x1000},
       {.name = ".plt", .bytes = std::string(0x20, '\x90'), .address = 0x2000},
       {.name = ".text", .bytes = std::string(0x20, '\x90'), .address = 0x3000},
       {.name = ".symtab", .bytes = symbols, .type = SHT_SYMTAB, .link = 5},
       {.name = ".strtab", .bytes = std::string("\0_init\0text\0abs", 16), .type = SHT_STRTAB}})));
  EXPECT_EQ(NameAt(table, 0x101f), "_init");
  EXPECT_EQ(NameAt(table, 0x1020), "");
  EXPECT_EQ(NameAt(table, 0x2000), "");
  EXPECT_EQ(NameAt(table, 0x3000), "text");
  EXPECT_EQ(NameAt(table, 0x4000), "abs");
}

}  // namespace
}  // namespace spyhop
