#include "sampler/profile/interner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(StringTable, GivesTheSameIdForTheSameText) {
  StringTable strings;
  const StringId a = strings.Intern("a");
  for (int i = 0; i < 10000; ++i) strings.Intern(std::to_string(i));
  EXPECT_EQ(strings.Intern("a"), a);
  EXPECT_EQ(strings.Get(a), "a");
  EXPECT_EQ(strings.Get(StringId{}), "");
  EXPECT_EQ(strings.Intern(""), StringId{});
}

TEST(StringTable, KeepsNulAndInvalidBytes) {
  StringTable strings;
  const std::string_view nul("a\0b", 3);
  const StringId id = strings.Intern(nul);
  EXPECT_NE(id, strings.Intern("a"));
  EXPECT_EQ(strings.Get(id), nul);
  EXPECT_EQ(strings.Get(strings.Intern("\xff\xfe")), "\xff\xfe");
}

TEST(FrameTable, TellsLinesAndKindsApart) {
  FrameTable frames;
  const Frame frame{.line = 3};
  const FrameId id = frames.Intern(frame);
  EXPECT_EQ(frames.Intern(frame), id);
  EXPECT_NE(frames.Intern({.line = 4}), id);
  EXPECT_NE(frames.Intern({.line = 3, .kind = FrameKind::kGc}), id);
  EXPECT_EQ(frames.Get(id), frame);
}

TEST(StackTrie, SharesRootEndsAndGivesFramesBack) {
  StackTrie stacks;
  const std::vector<FrameId> frames = {FrameId{7}, FrameId{0}, FrameId{7}};
  const StackId stack = stacks.Intern(frames);
  EXPECT_EQ(stacks.Frames(stack), frames);
  EXPECT_EQ(stacks.Intern(frames), stack);
  EXPECT_EQ(stacks.Push(stacks.Parent(stack), FrameId{7}), stack);
  EXPECT_EQ(stacks.Intern({}), kNoStack);
  EXPECT_THAT(stacks.Frames(kNoStack), testing::IsEmpty());
  EXPECT_EQ(stacks.size(), 4u);
}

}  // namespace
}  // namespace spyhop
