#include "cli/tui/class_bar.h"

#include <gtest/gtest.h>

#include "report/display_width.h"

namespace spyhop {
namespace {

std::string Bar(const Times& times, Nanos whole, size_t width, bool idle = false,
                bool utf8 = false) {
  std::string text;
  for (const TopSpan& span : MakeClassBar(times, whole, width, idle, utf8)) text += span.text;
  return text;
}

Times SomeTimes() {
  Times times;
  times[TimeClass::kPython] = 30;
  times[TimeClass::kWait] = 20;
  times[TimeClass::kIdle] = 50;
  return times;
}

TEST(ClassBar, DividesByTime) {
  EXPECT_EQ(Bar(SomeTimes(), 100, 10), "PPPWW     ");
  EXPECT_EQ(Bar(SomeTimes(), 100, 10, true), "PPPWW.....");
}

TEST(ClassBar, OfSeveralThreadsIsFull) { EXPECT_EQ(Bar(SomeTimes(), 25, 4), "PPPP"); }

TEST(ClassBar, OfNothingIsBlank) {
  EXPECT_EQ(Bar(Times(), 0, 4), "    ");
  EXPECT_EQ(Bar(SomeTimes(), 100, 0), "");
}

TEST(ClassBar, CharactersTakeOneColumnAndDiffer) {
  std::string all;
  for (int i = 0; i < kTimeClasses; ++i) {
    for (const bool utf8 : {false, true}) {
      const std::string one(BarCharacter(static_cast<TimeClass>(i), utf8));
      EXPECT_EQ(DisplayWidth(one), 1u);
      EXPECT_EQ(all.find(one), std::string::npos);
      all += one;
    }
  }
}

TEST(ClassBar, ClassesHaveStylesOfTheirOwn) {
  EXPECT_EQ(StyleOf(TimeClass::kPython), TopStyle::kPython);
  EXPECT_EQ(StyleOf(TimeClass::kIdle), TopStyle::kIdle);
}

}  // namespace
}  // namespace spyhop
