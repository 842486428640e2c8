#include "sampler/python/copy_set.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kA(0x10000);
constexpr RemoteAddress kB(0x20000);

class CopySetTest : public testing::Test {
 protected:
  CopySetTest() {
    for (uint64_t i = 0; i < 64; ++i) {
      memory_.Set(kA.Plus(i), static_cast<uint8_t>(i));
      memory_.Set(kB.Plus(i), static_cast<uint8_t>(100 + i));
    }
  }
  void Copy() {
    std::vector<ReadRequest> batch;
    set_.AppendTo(batch);
    memory_.ReadBatch(absl::MakeSpan(batch));
    set_.Settle(batch.data());
  }

  FakeMemory memory_;
  CopySet set_{2, 64};
};

TEST_F(CopySetTest, FindsAnyRangeInsideAPiece) {
  set_.Add(kB, 32);
  set_.Add(kA, 32);
  Copy();
  ASSERT_NE(set_.Find(kA.Plus(4), 8), nullptr);
  EXPECT_EQ(*set_.Find(kA.Plus(4), 8), 4);
  EXPECT_EQ(*set_.Find(kB.Plus(31), 1), 131);
  EXPECT_EQ(set_.Find(kA.Plus(31), 2), nullptr) << "it ends behind the piece";
  EXPECT_EQ(set_.Find(RemoteAddress(kA.value() - 1), 2), nullptr);
  EXPECT_EQ(set_.Find(RemoteAddress(0x30000), 1), nullptr);
}

TEST_F(CopySetTest, KnowsHowMuchOfAPieceArrived) {
  set_.Add(kA, 64);
  memory_.ShortenRead(0, 16);
  Copy();
  EXPECT_NE(set_.Find(kA, 16), nullptr);
  EXPECT_EQ(set_.Find(kA, 17), nullptr);
  EXPECT_EQ(set_.Find(kA.Plus(16), 1), nullptr);
}

TEST_F(CopySetTest, FetchesWhatTheGuessMissedAndRemembersIt) {
  set_.Add(kA, 8);
  Copy();
  memory_.ClearLog();
  ASSERT_NE(set_.FindOrFetch(memory_, kB, 16), nullptr);
  EXPECT_EQ(*set_.FindOrFetch(memory_, kB.Plus(2), 4), 102);
  EXPECT_EQ(memory_.batches(), 1u);
  ASSERT_EQ(set_.fetched().size(), 1u);
  EXPECT_EQ(set_.fetched()[0].address, kB);
}

TEST_F(CopySetTest, FetchesNoMoreThanItHasRoomFor) {
  Copy();
  EXPECT_NE(set_.FindOrFetch(memory_, kA, 8), nullptr);
  EXPECT_EQ(set_.FindOrFetch(memory_, kB, 64), nullptr) << "too many bytes";
  EXPECT_NE(set_.FindOrFetch(memory_, kB, 8), nullptr);
  EXPECT_EQ(set_.FindOrFetch(memory_, kA.Plus(32), 8), nullptr) << "too many ranges";
}

TEST_F(CopySetTest, AFailedFetchIsNotRemembered) {
  Copy();
  EXPECT_EQ(set_.FindOrFetch(memory_, RemoteAddress(0x50000), 8), nullptr);
  EXPECT_TRUE(set_.fetched().empty());
}

}  // namespace
}  // namespace spyhop
