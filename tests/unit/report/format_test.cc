#include "report/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace spyhop {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string_view Guess(std::string_view name) { return GuessFormat(name)->name; }

TEST(Format, IsGuessedByTheFilesName) {
  EXPECT_EQ(Guess("p.json"), "json");
  EXPECT_EQ(Guess("/a.json/P.FOLDED"), "collapsed");
  EXPECT_EQ(Guess("p.collapsed"), "collapsed");
  EXPECT_EQ(Guess("p.txt"), "collapsed");
  EXPECT_EQ(Guess("p.pb.gz"), "pprof");
  EXPECT_EQ(Guess("p.pprof"), "pprof");
  EXPECT_EQ(Guess("p.prof"), "pstats");
  EXPECT_EQ(Guess("p.pstats"), "pstats");
  EXPECT_EQ(Guess("p.otlp"), "otlp");
  EXPECT_EQ(Guess("p.HTML"), "html");
  EXPECT_EQ(Guess("-"), "table");
  EXPECT_EQ(Guess("p"), "table");
}

TEST(Format, PrefersTheLongerSuffix) {
  EXPECT_EQ(Guess("p.speedscope.json"), "speedscope");
  EXPECT_EQ(Guess("p.gecko.json"), "gecko");
  EXPECT_EQ(Guess("p.trace.json"), "chrome");
}

TEST(Format, SaysWhichOnesShowTime) {
  for (const char* name : {"speedscope", "gecko", "chrome", "html"}) {
    EXPECT_TRUE((*FindFormat(name))->wants_timeline) << name;
  }
  for (const char* name : {"table", "json", "collapsed", "pprof", "pstats", "otlp", "recording"}) {
    EXPECT_FALSE((*FindFormat(name))->wants_timeline) << name;
  }
}

TEST(Format, IsWrittenByAWriterUnlessItIsARecording) {
  const std::string names = FormatNames();
  for (const absl::string_view word : absl::StrSplit(names, ' ')) {
    const std::string_view name(word.data(), word.size());
    const Format& format = **FindFormat(name);
    EXPECT_NE(format.write != nullptr, format.is_recording) << name;
  }
}

TEST(Format, ListsAllWhenThereIsNone) {
  const absl::Status status = FindFormat("x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("no format 'x'"), HasSubstr("table html speedscope gecko chrome json "
                                                  "collapsed pprof pstats otlp recording")));
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
