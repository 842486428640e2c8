#include "report/diff_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "report/display_width.h"
#include "tests/unit/report/made_recording.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string Table(const ProfileDiff& diff, const ViewOptions& options = {}) {
  StringSink sink;
  WriteDiffTable(diff, options, sink);
  return sink.text();
}

ProfileDiff SlowerLoop(const DiffOptions& options = {}) {
  return DiffProfiles(Record(BusyLoop(), 1, {.seconds = 60}),
                      Record(Slower(BusyLoop(), 0, 1.3), 2, {.seconds = 60}), options);
}

TEST(DiffTable, ShowsTheSlowerLineAndWhatWasCompared) {
  const std::string text = Table(SlowerLoop());
  EXPECT_THAT(text, testing::StartsWith("BEFORE 60 s at 99."));
  EXPECT_THAT(text, HasSubstr("\nAFTER  60 s at"));
  EXPECT_THAT(text, HasSubstr("ms/s busy; process 42, Python 3.11.2: python3 app.py\n"));
  EXPECT_THAT(text, HasSubstr("the program has no time to spare"));
  EXPECT_THAT(text, HasSubstr("\nslower: 1 line; faster: none\n\nchange "));
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_THAT(lines[lines.size() - 2],
              MatchesRegex(" +\\+[23].% +\\+[12].%..\\+[34].% +...\\.. +4..\\.. +5..\\.. +"
                           ">99.99%  /srv/app.py:10  work"));
}

TEST(DiffTable, ShowsFunctionsWhenAsked) {
  const std::string text = Table(SlowerLoop(), {.table = TableView::kFunctions});
  EXPECT_THAT(text, HasSubstr("slower: 1 function; faster: none"));
  EXPECT_THAT(text, HasSubstr("/srv/app.py  work\n"));
  EXPECT_THAT(text, Not(HasSubstr(":10")));
}

TEST(DiffTable, SaysNoChangeAndWhatWouldHaveBeenSeen) {
  const std::string text = Table(DiffProfiles(Record(BusyLoop(), 1), Record(BusyLoop(), 2)));
  EXPECT_THAT(text, HasSubstr("\nno change: nothing differs by more than chance would have it. "
                              "The busiest line's time for each second would have had "));
  EXPECT_THAT(text, Not(HasSubstr("confidence")));
  EXPECT_THAT(text, Not(HasSubstr("no time to spare")));
}

TEST(DiffTable, SaysWhetherTheLimitWasExceeded) {
  EXPECT_THAT(Table(SlowerLoop({.fail_above = 10})),
              HasSubstr("\nSomething got slower by more than 10 %.\n"));
  EXPECT_THAT(Table(SlowerLoop({.fail_above = 200})),
              HasSubstr("\nNothing got slower by more than 200 %.\n"));
}

TEST(DiffTable, NamesNewCodeAndSaysWhatChanceRestsOn) {
  MadeProgram after = BusyLoop();
  after.lines.push_back({"extra", 30, 0.4});
  const MadeOptions options{.timeline = false};
  const std::string text =
      Table(DiffProfiles(Record(BusyLoop(), 1, options), Record(after, 2, options)));
  EXPECT_THAT(text, HasSubstr("without a timeline"));
  EXPECT_THAT(text, HasSubstr("   new            -       -"));
  EXPECT_THAT(text, HasSubstr("/srv/app.py:30  extra"));
}

TEST(DiffTable, SaysWhenMostLinesGrewAlike) {
  ProfileDiff diff;
  diff.common_factor = 1.4;
  EXPECT_THAT(Table(diff), HasSubstr("most lines alike take 1.4 times their time before"));
}

TEST(DiffTable, SaysWhenPhasesAreTooLong) {
  ProfileDiff diff;
  diff.before.samples = diff.after.samples = 1;
  diff.phases_too_long = true;
  EXPECT_THAT(Table(diff), HasSubstr("record for longer"));
  EXPECT_THAT(Table(diff), Not(HasSubstr("would have had to change")));
}

TEST(DiffTable, LimitsAndFilters) {
  MadeProgram after = BusyLoop();
  after.lines.push_back({"extra", 30, 0.4});
  after.lines.push_back({"more", 40, 0.6});
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1), Record(after, 2));
  EXPECT_THAT(Table(diff, {.limit = 1}), HasSubstr("and 1 more line (--limit 0 shows all)"));
  const std::string text = Table(diff, {.filter = *Filter::Create({.function = "^extra$"})});
  EXPECT_THAT(text, HasSubstr("extra"));
  EXPECT_THAT(text, Not(HasSubstr("more\n")));
}

TEST(DiffTable, MarksSlowerRowsWhenThereIsColour) {
  EXPECT_THAT(Table(SlowerLoop(), {.color = true}), HasSubstr("\x1b[1m"));
  EXPECT_THAT(Table(SlowerLoop()), Not(HasSubstr("\x1b")));
}

TEST(DiffTable, ShowsHostileNamesHarmlesslyAndFitsTheTerminal) {
  MadeProgram after = BusyLoop();
  const std::string bad = "</script>\x1b[2J\n\xff\u202E";
  after.lines.push_back({bad + std::string(1 << 20, 'f'), 30, 0.4, "/srv/" + bad + "/x.py"});
  const ProfileDiff diff = DiffProfiles(Record(BusyLoop(), 1), Record(after, 2));
  for (const size_t width : {60, 80, 200}) {
    const std::string text = Table(diff, {.width = width});
    EXPECT_THAT(text, HasSubstr("x.py:30"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\xff")));
    EXPECT_THAT(text, Not(HasSubstr("\u202E")));
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), width) << line;
    }
  }
}

TEST(DiffTable, IsWrittenForProfilesWithoutAnything) {
  EXPECT_THAT(Table(DiffProfiles(Profile(), Profile())),
              HasSubstr("nothing to compare: no samples in BEFORE\n"));
  EXPECT_THAT(Table(DiffProfiles(Record(BusyLoop(), 1), Profile())),
              HasSubstr("nothing to compare: no samples in AFTER\n"));
}

}  // namespace
}  // namespace spyhop
