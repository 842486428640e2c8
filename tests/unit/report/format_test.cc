#include "report/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::HasSubstr;

std::string Guess(std::string_view name) {
  const absl::StatusOr<const Format*> format = GuessFormat(name);
  return format.ok() ? std::string((*format)->name) : std::string(format.status().message());
}

TEST(Format, IsGuessedByTheFilesName) {
  EXPECT_EQ(Guess("p.json"), "json");
  EXPECT_EQ(Guess("/a.json/P.FOLDED"), "collapsed");
  EXPECT_EQ(Guess("p.collapsed"), "collapsed");
  EXPECT_EQ(Guess("p.txt"), "collapsed");
  EXPECT_EQ(Guess("-"), "table");
  EXPECT_EQ(Guess("p"), "table");
}

TEST(Format, PrefersTheLongerSuffix) {
  EXPECT_THAT(Guess("p.speedscope.json"), HasSubstr("'speedscope' is not available"));
  EXPECT_THAT(Guess("p.gecko.json"), HasSubstr("'gecko'"));
  EXPECT_THAT(Guess("p.trace.json"), HasSubstr("'chrome'"));
}

TEST(Format, SaysWhatIsAvailableForWhatIsNotMadeYet) {
  for (const char* name :
       {"html", "speedscope", "pprof", "gecko", "chrome", "pstats", "recording"}) {
    const absl::Status status = FindFormat(name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("table json collapsed")) << name;
  }
  EXPECT_THAT(std::string(FindFormat("x").status().message()), HasSubstr("no format 'x'"));
}

TEST(Filter, MatchesPathsOrTheirLastPart) {
  const Filter by_name = *Filter::Create({.file = "app*.py"});
  EXPECT_TRUE(by_name.KeepsLine("/srv/x/app1.py", "f"));
  EXPECT_FALSE(by_name.KeepsLine("/srv/app/x.py", "f"));
  const Filter by_path = *Filter::Create({.file = "*/site-packages/*"});
  EXPECT_TRUE(by_path.KeepsLine("/usr/lib/site-packages/a/b.py", "f"));
  EXPECT_FALSE(by_path.KeepsLine("b.py", "f"));
}

TEST(Filter, FindsTheRegexAnywhereInTheName) {
  const Filter filter = *Filter::Create({.function = "(get|put)_.*r$"});
  EXPECT_TRUE(filter.KeepsLine("a.py", "Cache.get_user"));
  EXPECT_FALSE(filter.KeepsLine("a.py", "get_users"));
  EXPECT_FALSE(filter.KeepsLine("a.py", std::string(size_t{4} << 20, 'g')));
}

TEST(Filter, RefusesWhatIsNoRegex) {
  EXPECT_EQ(Filter::Create({.function = "a("}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Filter, MatchesThreadsByNameOrTid) {
  const Filter filter = *Filter::Create({.thread = "Pool-*"});
  EXPECT_TRUE(filter.KeepsThread({.tid = 5, .name = "Pool-1"}));
  EXPECT_FALSE(filter.KeepsThread({.tid = 5, .name = "MainThread"}));
  EXPECT_TRUE(Filter::Create({.thread = "5"})->KeepsThread({.tid = 5, .name = "MainThread"}));
}

}  // namespace
}  // namespace spyhop
