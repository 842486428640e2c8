#include "sampler/python/bounded_memory.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kHere(0x10000);
constexpr Nanos kNever = INT64_MAX;

class BoundedMemoryTest : public testing::Test {
 protected:
  BoundedMemoryTest() { fake_.Fill(kHere, 4096); }

  FakeMemory fake_;
};

TEST_F(BoundedMemoryTest, ReadsUntilItsBytesAreUsedUp) {
  BoundedMemory memory(fake_, 4096, kNever);
  int reads = 0;
  while (memory.Read<uint64_t>(kHere)) ++reads;
  EXPECT_GT(reads, 8);
  EXPECT_LE(reads, 16);
  EXPECT_TRUE(memory.exhausted());
  EXPECT_FALSE(memory.Read<uint8_t>(kHere));
}

TEST_F(BoundedMemoryTest, ReadsNothingAfterItsTime) {
  BoundedMemory memory(fake_, 1 << 20, MonotonicClock().Now() - 1);
  EXPECT_FALSE(memory.Read<uint64_t>(kHere));
  EXPECT_TRUE(memory.exhausted());
  EXPECT_TRUE(fake_.log().empty());
}

TEST_F(BoundedMemoryTest, SumsOfSizesDoNotWrap) {
  BoundedMemory memory(fake_, 1 << 20, kNever);
  uint8_t byte = 0;
  ReadRequest requests[] = {{kHere, &byte, SIZE_MAX, 7}, {kHere, &byte, 1, 7}};
  EXPECT_EQ(memory.ReadBatch(absl::MakeSpan(requests)), 0u);
  EXPECT_EQ(requests[0].done, 0u);
  EXPECT_EQ(requests[1].done, 0u);
}

}  // namespace
}  // namespace spyhop
