#include "report/diff_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

using testing::UnorderedElementsAre;
using Places = std::vector<PlaceWithTime>;

// "FILE:LINE" before and after of each line, "-" for none.
std::vector<std::string> Lines(const Places& before, const Places& after) {
  const auto text = [](const Places& places, const std::optional<size_t>& line) {
    if (!line) return std::string("-");
    const DiffPlace& place = places[*line].place;
    return absl::StrCat(std::string(place.file), ":", place.line);
  };
  std::vector<std::string> lines;
  for (const MatchedLine& line : MatchPlaces(before, after).lines) {
    lines.push_back(absl::StrCat(text(before, line.before), " ", text(after, line.after)));
  }
  return lines;
}

TEST(MatchPlaces, FindsLinesByFileFunctionAndNumber) {
  EXPECT_THAT(Lines({{{"a.py", "f", 1}, 1}, {{"a.py", "f", 2}, 1}, {{"a.py", "g", 3}, 1}},
                    {{{"a.py", "f", 1}, 1}, {{"a.py", "g", 3}, 1}, {{"b.py", "f", 2}, 1}}),
              UnorderedElementsAre("a.py:1 a.py:1", "a.py:2 -", "a.py:3 a.py:3", "- b.py:2"));
}

TEST(MatchPlaces, FollowsAFunctionThatMovedDown) {
  EXPECT_THAT(Lines({{{"a.py", "f", 1}, 5}, {{"a.py", "f", 2}, 3}, {{"a.py", "g", 9}, 1}},
                    {{{"a.py", "f", 4}, 6}, {{"a.py", "f", 5}, 3}, {{"a.py", "g", 9}, 1}}),
              UnorderedElementsAre("a.py:1 a.py:4", "a.py:2 a.py:5", "a.py:9 a.py:9"));
}

TEST(MatchPlaces, LeavesLinesWhereMostOfTheirTimeIs) {
  EXPECT_THAT(Lines({{{"a.py", "f", 1}, 5}, {{"a.py", "f", 2}, 5}},
                    {{{"a.py", "f", 1}, 4}, {{"a.py", "f", 2}, 1}, {{"a.py", "f", 3}, 5}}),
              UnorderedElementsAre("a.py:1 a.py:1", "a.py:2 a.py:2", "- a.py:3"));
}

TEST(MatchPlaces, FindsAFileInAnotherFolderByTheLongestCommonEnd) {
  EXPECT_THAT(Lines({{{"/v1/x/a.py", "f", 1}, 1}, {{"/v1/y/a.py", "f", 1}, 1}},
                    {{{"/v2/y/a.py", "f", 1}, 1}, {{"/v2/x/a.py", "f", 1}, 1}}),
              UnorderedElementsAre("/v1/x/a.py:1 /v2/x/a.py:1", "/v1/y/a.py:1 /v2/y/a.py:1"));
}

TEST(MatchPlaces, FindsARenamedCopy) {
  EXPECT_THAT(
      Lines({{{"/srv/before.py", "f", 1}, 5}, {{"/srv/before.py", "f", 2}, 5}},
            {{{"/srv/after.py", "f", 1}, 6}, {{"/srv/after.py", "f", 2}, 4}}),
      UnorderedElementsAre("/srv/before.py:1 /srv/after.py:1", "/srv/before.py:2 /srv/after.py:2"));
}

TEST(MatchPlaces, DoesNotTakeOneFileForAnother) {
  EXPECT_THAT(Lines({{{"/srv/a.py", "f", 1}, 5}}, {{{"/srv/b.py", "g", 1}, 5}}),
              UnorderedElementsAre("/srv/a.py:1 -", "- /srv/b.py:1"));
  EXPECT_THAT(Lines({{{"/x/util.py", "f", 1}, 5}}, {{{"/y/util.py", "g", 1}, 5}}),
              UnorderedElementsAre("/x/util.py:1 -", "- /y/util.py:1"));
}

TEST(MatchPlaces, NamesFunctionsAsEachProfileHasThem) {
  const MatchedPlaces matched =
      MatchPlaces(Places{{{"/v1/a.py", "f", 1}, 1}}, Places{{{"/v2/a.py", "f", 1}, 1}});
  ASSERT_EQ(matched.functions.size(), size_t{1});
  EXPECT_EQ(matched.functions[0].before, (DiffPlace{"/v1/a.py", "f"}));
  EXPECT_EQ(matched.functions[0].after, (DiffPlace{"/v2/a.py", "f"}));
}

TEST(MatchPlaces, TakesLinesWithoutANumberAndWithAnyNumber) {
  constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
  EXPECT_THAT(
      Lines({{{"", "<native thread x>", 0}, 1}, {{"a.py", "f", 1}, 1}, {{"a.py", "f", -7}, 0}},
            {{{"", "<native thread x>", 0}, 1}, {{"a.py", "f", kLast}, 1}}),
      UnorderedElementsAre(":0 :0", absl::StrCat("a.py:1 a.py:", kLast), "a.py:-7 -"));
}

TEST(MatchPlaces, TakesNothing) { EXPECT_TRUE(Lines({}, {}).empty()); }

}  // namespace
}  // namespace spyhop
