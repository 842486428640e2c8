#include "cli/tui/top_painter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/display_width.h"
#include "tests/unit/cli/tui/top_profile.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> Paint(ScreenSize size, TopState state = {}, bool utf8 = false,
                               const TopData& data = TopDataOfOne()) {
  const TopTable table = MakeTopTable(data, state, {});
  std::vector<std::string> lines;
  for (const TopLine& line : PaintTop(data, table, state, size, utf8)) {
    std::string text;
    for (const TopSpan& span : line) text += span.text;
    text.resize(text.find_last_not_of(' ') + 1);
    lines.push_back(std::move(text));
  }
  return lines;
}

TEST(TopPainter, FillsAnUsualScreen) {
  const std::vector<std::string> lines = Paint({100, 24});
  ASSERT_EQ(lines.size(), 24u);
  EXPECT_EQ(lines[0], "Process 42, Python 3.11.2 (release): python3 app.py");
  EXPECT_THAT(lines[1], StartsWith("1 min 5 s at 100.0 Hz (asked: 100), 2 threads, 20 samples, "
                                   "1 lost, own CPU 1.2 %, never stopped"));
  EXPECT_THAT(lines[2], StartsWith("P python 44.0  N native 28.0  K kernel 4.0  W wait 44.0"));
  EXPECT_THAT(lines[3], StartsWith("[1 Lines] 2 Functions  3 Threads  4 Stacks  5 Processes   by "
                                   "cpu, last 15 s"));
  EXPECT_THAT(lines[4], HasSubstr("*cpu  python  native"));
  EXPECT_THAT(lines[5], StartsWith("PPNGR      28.0    16.0    12.0"));
  EXPECT_THAT(lines[23], StartsWith("? help  q quit"));
}

TEST(TopPainter, DropsTheHeaderWhereThereIsLittleRoom) {
  EXPECT_THAT(Paint({20, 5}), ElementsAre("[1 Lines]  by cpu,..", "*cpu  line",
                                          "28.0  /srv/app.py:10", testing::_, "? help  q quit"));
}

TEST(TopPainter, IsNeverLargerThanTheScreen) {
  const ScreenSize sizes[] = {{80, 24}, {20, 5}, {3, 2}, {1, 1}, {200, 60}, {40, 1}, {1, 50}};
  for (const bool help : {false, true}) {
    for (const ScreenSize size : sizes) {
      for (const TopView view : kTopViews) {
        for (const TopData& data : {TopDataOfOne(), TopDataOfTwo()}) {
          const auto lines = Paint(size, {.view = view, .idle = true, .help = help}, true, data);
          EXPECT_EQ(lines.size(), size.height) << size.width << "x" << size.height;
          for (const std::string& line : lines) {
            EXPECT_LE(DisplayWidth(line), size.width) << line;
          }
        }
      }
    }
  }
}

TEST(TopPainter, ShowsRowsFromTheFirstOneAndMarksTheCursor) {
  const TopData data = TopDataOfOne();
  TopState state{.cursor = 2, .first = 1};
  const TopTable table = MakeTopTable(data, state, {});
  const std::vector<TopLine> lines = PaintTop(data, table, state, {120, 24}, false);
  EXPECT_THAT(lines[5].back().text, HasSubstr(table.rows[1].cells[0]));
  EXPECT_EQ(lines[5].back().style, TopStyle::kNormal);
  EXPECT_EQ(lines[6].back().style, TopStyle::kCursor);
}

TEST(TopPainter, SaysWhatIsTyped) {
  TopState state{.editing = true, .filter = "a\x1b"};
  EXPECT_THAT(Paint({80, 24}, state).back(), StartsWith("Filter: a\\x1b_"));
  state.editing = false;
  state.paused = true;
  EXPECT_THAT(Paint({160, 24}, state)[3], HasSubstr("filter 'a\\x1b', PAUSED"));
}

TEST(TopPainter, ClipsWideCharactersWhole) {
  const TopLine line = Clip({{"工人"}, {"工人工人"}}, 5);
  std::string text;
  for (const TopSpan& span : line) text += span.text;
  EXPECT_LE(DisplayWidth(text), 5u);
  EXPECT_THAT(Clip({{"abc"}, {"def"}}, 3), testing::SizeIs(1));
}

TEST(TopPainter, SeveralProcessesAreNamedByTheirPids) {
  const std::vector<std::string> lines = Paint({160, 24}, {}, false, TopDataOfTwo());
  EXPECT_EQ(lines[0], "2 processes: 42 77 (ended)");
  EXPECT_THAT(lines[4], HasSubstr("pid"));
}

}  // namespace
}  // namespace spyhop
