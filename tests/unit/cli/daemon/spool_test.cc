#include "cli/daemon/spool.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

PushRequest Request(std::string body, Nanos created) {
  return {.body = std::move(body), .created = created};
}

const uint64_t kEmpty = PushRequest{}.bytes();

TEST(Spool, GivesTheOldestFirst) {
  Spool spool(100'000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(spool.Put(Request(std::to_string(i), i)), size_t{0});
  EXPECT_EQ(spool.bytes(), 3 * (kEmpty + 1));
  for (const char* body : {"0", "1", "2"}) EXPECT_EQ(spool.Take().body, body);
}

TEST(Spool, TriesOthersBeforeWhatHasFailed) {
  Spool spool(100'000);
  spool.Put(Request("bad", 0));
  spool.Put(Request("good", 1));
  PushRequest bad = spool.Take();
  bad.attempts = 1;
  spool.PutBack(std::move(bad));
  EXPECT_EQ(spool.Take().body, "good");
  EXPECT_EQ(spool.Take().body, "bad");
}

TEST(Spool, DropsTheOldestWhenThereIsNoRoom) {
  Spool spool(3 * (kEmpty + 10));
  for (int i = 0; i < 3; ++i) spool.Put(Request(std::string(10, '0' + i), i));
  EXPECT_EQ(spool.Put(Request(std::string(20, 'x'), 3)), size_t{2});
  EXPECT_EQ(spool.size(), size_t{2});
  EXPECT_EQ(spool.bytes(), 2 * kEmpty + 30);
  EXPECT_EQ(spool.Take().body[0], '2');
}

TEST(Spool, DropsByAgeWhateverTheNumberOfAttempts) {
  Spool spool(2 * (kEmpty + 1));
  PushRequest old = Request("o", 0);
  old.attempts = 7;
  spool.Put(std::move(old));
  spool.Put(Request("n", 1));
  EXPECT_EQ(spool.Put(Request("x", 2)), size_t{1});
  EXPECT_EQ(spool.Take().body, "n");
}

TEST(Spool, CountsWhatIsBeingSent) {
  Spool spool(2 * (kEmpty + 10));
  spool.Put(Request(std::string(10, 'a'), 0));
  const PushRequest taken = spool.Take();
  EXPECT_TRUE(spool.empty());
  EXPECT_EQ(spool.size(), size_t{1});
  EXPECT_EQ(spool.Put(Request(std::string(10, 'b'), 1)), size_t{0});
  EXPECT_EQ(spool.Put(Request(std::string(11, 'c'), 2)), size_t{2}) << "neither it nor b fits";
  spool.Forget(taken);
  EXPECT_EQ(spool.bytes(), uint64_t{0});
  EXPECT_EQ(spool.size(), size_t{0});
}

TEST(Spool, DoesNotTakeWhatIsLargerThanIt) {
  Spool spool(kEmpty + 10);
  spool.Put(Request("a", 0));
  EXPECT_EQ(spool.Put(Request(std::string(11, 'x'), 1)), size_t{2});
  EXPECT_EQ(spool.bytes(), uint64_t{0});
}

TEST(Spool, DropsWhatItIsAskedTo) {
  Spool spool(100'000);
  for (int i = 0; i < 4; ++i) spool.Put(Request("a", i));
  EXPECT_EQ(spool.DropIf([](const PushRequest& r) { return r.created < 3; }), size_t{3});
  EXPECT_EQ(spool.bytes(), kEmpty + 1);
}

}  // namespace
}  // namespace spyhop
