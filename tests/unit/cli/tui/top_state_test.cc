#include "cli/tui/top_state.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

using Kind = TopKey::Kind;

constexpr size_t kRows = 100;
constexpr size_t kPage = 10;

TopAction Press(Kind kind, TopState& state) { return HandleKey({kind}, kRows, kPage, state); }

TopAction Type(std::u32string_view keys, TopState& state) {
  TopAction last = TopAction::kNone;
  for (const char32_t key : keys) {
    last = HandleKey({Kind::kCharacter, key}, kRows, kPage, state);
  }
  return last;
}

TEST(TopState, DigitsAndTabChangeTheView) {
  TopState state;
  Type(U"4", state);
  EXPECT_EQ(state.view, TopView::kStacks);
  Press(Kind::kTab, state);
  EXPECT_EQ(state.view, TopView::kProcesses);
  Press(Kind::kRight, state);
  EXPECT_EQ(state.view, TopView::kLines) << "around the end";
  Press(Kind::kBackTab, state);
  EXPECT_EQ(state.view, TopView::kProcesses);
}

TEST(TopState, LettersSwitch) {
  TopState state;
  Type(U"itrp", state);
  EXPECT_TRUE(state.idle && state.per_thread && state.reverse && state.paused);
  Type(U"itr ", state);
  EXPECT_FALSE(state.idle || state.per_thread || state.reverse || state.paused);
  Type(U"h", state);
  EXPECT_TRUE(state.help);
  EXPECT_EQ(Type(U"c", state), TopAction::kReset);
  EXPECT_EQ(Type(U"q", state), TopAction::kQuit);
}

TEST(TopState, SortingGoesThroughTheColumnsAndBack) {
  TopState state;
  Type(U">", state);
  EXPECT_EQ(state.sort, SortKey::kPython);
  Type(U"<<", state);
  EXPECT_EQ(state.sort, SortKey::kTotal);
  Type(U"s", state);
  EXPECT_EQ(state.sort, SortKey::kCpu);
}

TEST(TopState, WindowsGoRoundFromAnyLength) {
  TopState state;
  Type(U"w", state);
  EXPECT_EQ(state.window, 60 * kSecond);
  Type(U"w", state);
  EXPECT_EQ(state.window, 0);
  state.window = 7 * kSecond;  // --window 7
  Type(U"w", state);
  EXPECT_NE(state.window, 7 * kSecond);
}

TEST(TopState, WhatIsTypedIntoTheFilterIsNoCommand) {
  TopState state;
  Type(U"/q工1", state);
  EXPECT_TRUE(state.editing);
  EXPECT_EQ(state.filter,
            "q\u5de5"
            "1");
  Press(Kind::kBackspace, state);
  Press(Kind::kBackspace, state);
  EXPECT_EQ(state.filter, "q") << "a character, not a byte";
  Press(Kind::kEnter, state);
  EXPECT_FALSE(state.editing);
  EXPECT_EQ(state.filter, "q");
  Press(Kind::kEscape, state);
  EXPECT_EQ(state.filter, "");
  Type(U"/x", state);
  Press(Kind::kEscape, state);
  EXPECT_EQ(state.filter, "");
  EXPECT_FALSE(state.editing);
}

TEST(TopState, AFilterHasAnEnd) {
  TopState state;
  Type(U"/", state);
  Type(std::u32string(5000, U'a'), state);
  EXPECT_LE(state.filter.size(), 210u);
}

TEST(TopState, EscapeGoesBackByOne) {
  TopState state;
  state.help = true;
  state.filter = "x";
  state.choice = TopChoice{.pid = 1, .tid = 2};
  Press(Kind::kEscape, state);
  EXPECT_FALSE(state.help);
  Press(Kind::kEscape, state);
  EXPECT_EQ(state.filter, "");
  EXPECT_TRUE(state.choice.has_value());
  Press(Kind::kEscape, state);
  EXPECT_FALSE(state.choice.has_value());
}

TEST(TopState, TheCursorStaysOnARowAndOnTheScreen) {
  TopState state;
  Press(Kind::kUp, state);
  EXPECT_EQ(state.cursor, 0u);
  Press(Kind::kPageDown, state);
  Press(Kind::kDown, state);
  EXPECT_EQ(state.cursor, 11u);
  KeepCursorVisible(kRows, kPage, state);
  EXPECT_EQ(state.first, 2u);
  Press(Kind::kEnd, state);
  KeepCursorVisible(kRows, kPage, state);
  EXPECT_EQ(state.first, 90u);
  KeepCursorVisible(3, kPage, state);
  EXPECT_EQ(state.cursor, 2u);
  EXPECT_EQ(state.first, 0u);
  KeepCursorVisible(0, 0, state);
  EXPECT_EQ(state.cursor, 0u);
  HandleKey({Kind::kEnd}, 0, 0, state);
  EXPECT_EQ(state.cursor, 0u);
}

}  // namespace
}  // namespace spyhop
