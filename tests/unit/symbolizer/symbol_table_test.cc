// SymbolTable of this test's own executable and of the C library.
#include "symbolizer/symbol_table.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace spyhop
