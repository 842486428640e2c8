#include "sampler/python/python_clues.h"

#include <fcntl.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/target/process_files.h"

// What CPython to 3.6 calls the locks of its GIL, as variables of this test's own executable.
extern "C" {
[[gnu::used]] alignas(8) char spyhop_test_interpreter_lock[8] asm("interpreter_lock") = {1};
[[gnu::used]] alignas(8) char spyhop_test_gil_cond[48] asm("gil_cond") = {1};
[[gnu::used]] alignas(8) char spyhop_test_gil_mutex[40] asm("gil_mutex") = {1};
[[gnu::used]] alignas(8) char spyhop_test_switch_cond[48] asm("switch_cond") = {1};
[[gnu::used]] alignas(8) char spyhop_test_switch_mutex[40] asm("switch_mutex") = {1};
}

namespace spyhop {
namespace {

RemoteAddress AddressOf(const char* variable) {
  return RemoteAddress(reinterpret_cast<uint64_t>(variable));
}

PythonClues OwnClues() {
  const absl::StatusOr<ElfFile> file = ElfFile::Open(ScopedFd(open("/proc/self/exe", O_RDONLY)));
  const MemoryMap map = MemoryMap::Parse(*ProcessFiles(getpid()).MapsText());
  return ReadPythonClues(*file, *file->LoadBias(*map.Find(AddressOf(spyhop_test_gil_cond))));
}

TEST(PythonClues, NamesTheLocksOfAnOldGil) {
  const PythonClues clues = OwnClues();
  EXPECT_EQ(clues.gil_lock_pointer, AddressOf(spyhop_test_interpreter_lock));
  std::vector<std::pair<RemoteAddress, uint64_t>> locks;
  for (const AddressRange& lock : clues.gil_locks) locks.emplace_back(lock.begin(), lock.size());
  EXPECT_THAT(
      locks, testing::UnorderedElementsAre(testing::Pair(AddressOf(spyhop_test_gil_cond), 48),
                                           testing::Pair(AddressOf(spyhop_test_gil_mutex), 40),
                                           testing::Pair(AddressOf(spyhop_test_switch_cond), 48),
                                           testing::Pair(AddressOf(spyhop_test_switch_mutex), 40)));
}

TEST(PythonClues, LocksAloneMakeNoPython) {
  const PythonClues clues = OwnClues();
  EXPECT_FALSE(clues.any());
  EXPECT_FALSE(clues.pypy) << "a name without a branch of its own falls to PyPy's";
  EXPECT_FALSE(clues.debug_build);
}

}  // namespace
}  // namespace spyhop
