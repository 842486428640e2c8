#include "sampler/python/prefetched_memory.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kPlace{0x10000};
constexpr RemoteAddress kOther{0x20000};

class PrefetchedMemoryTest : public testing::Test {
 protected:
  PrefetchedMemoryTest() {
    for (uint64_t i = 0; i < 32; ++i) {
      memory_.Set(kPlace.Plus(8 * i), i);
      memory_.Set(kOther.Plus(8 * i), 100 + i);
    }
  }

  FakeMemory memory_;
  PrefetchedMemory ahead_{memory_};
};

TEST_F(PrefetchedMemoryTest, ServesWhatWasReadAheadWithoutARead) {
  ahead_.Prefetch({kPlace, kOther, kPlace}, 64);
  EXPECT_EQ(memory_.batches(), 1u);
  EXPECT_EQ(ahead_.Read<uint64_t>(kPlace.Plus(56)), 7u);
  EXPECT_EQ(ahead_.Read<uint64_t>(kOther), 100u);
  EXPECT_EQ(memory_.batches(), 1u);
}

TEST_F(PrefetchedMemoryTest, ReadsTheRestFromTheTarget) {
  ahead_.Prefetch({kPlace}, 64);
  EXPECT_EQ(ahead_.Read<uint64_t>(kPlace.Plus(64)), 8u);
  EXPECT_EQ(ahead_.Read<uint64_t>(kPlace.Plus(60)), uint64_t{8} << 32);
  EXPECT_EQ(ahead_.Read<uint64_t>(RemoteAddress(0x8000)), std::nullopt);
}

TEST_F(PrefetchedMemoryTest, KeepsSmallReadsUntilTheNextBatch) {
  EXPECT_EQ(ahead_.Read<uint64_t>(kOther), 100u);
  memory_.Set(kOther, uint64_t{5});
  EXPECT_EQ(ahead_.Read<uint64_t>(kOther), 100u);
  ahead_.Prefetch({}, 64);
  EXPECT_EQ(ahead_.Read<uint64_t>(kOther), 5u);
}

TEST_F(PrefetchedMemoryTest, KeepsWhatCouldBeReadOfAPlace) {
  ahead_.Prefetch({kPlace.Plus(31 * 8)}, 64);
  EXPECT_EQ(ahead_.Read<uint64_t>(kPlace.Plus(31 * 8)), 31u);
  EXPECT_EQ(ahead_.Read<uint64_t>(kPlace.Plus(32 * 8)), std::nullopt);
}

}  // namespace
}  // namespace spyhop
