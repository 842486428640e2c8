#include "cli/tui/plain_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_split.h"
#include "tests/unit/cli/tui/top_profile.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> Lines(const TopSettings& settings) {
  SourceTexts sources(settings.table.open_source);
  const std::string text = PlainTable(TopDataOfOne(), settings.state, settings,
                                      absl::FromUnixSeconds(1'700'000'000), sources);
  return absl::StrSplit(text, '\n');
}

TEST(PlainTable, HasTheHeaderOfTheScreen) {
  const std::vector<std::string> lines = Lines({});
  EXPECT_EQ(lines[0], "Process 42, Python 3.11.2 (release): python3 app.py");
  EXPECT_THAT(lines[1], StartsWith("2023-11-14T22:13:20Z: 1 min 5 s at 100.0 Hz (asked: 100)"));
  EXPECT_THAT(lines[2], StartsWith("Percent of one thread's time: P python 44.0  N native 28.0"));
  EXPECT_EQ(lines[3], "lines, by cpu, last 15 s");
  EXPECT_THAT(lines[4], StartsWith("*cpu  python"));
  EXPECT_THAT(lines[5], HasSubstr("/srv/app.py:10"));
}

TEST(PlainTable, HeedsTheLimit) {
  const std::vector<std::string> lines = Lines({.limit = 1});
  EXPECT_EQ(lines.size(), 8u);
  EXPECT_THAT(lines[6], StartsWith("and ")) << "rows left out";
  EXPECT_THAT(Lines({.state = {.filter = "nowhere"}})[4], "Nothing has this in its name.");
}

TEST(PlainTable, ShowsSourceText) {
  TopSettings settings;
  int opened = 0;
  settings.table.open_source = [&opened](int pid, const std::string& path) {
    EXPECT_EQ(pid, 42);
    ++opened;
    if (path != "/srv/app.py") return ScopedFd();
    FILE* file = tmpfile();
    for (int i = 1; i <= 12; ++i) fprintf(file, "  source %d\x1b\n", i);
    fflush(file);
    fchmod(fileno(file), 0644);  // a file for root alone is not read
    rewind(file);
    ScopedFd fd(dup(fileno(file)));
    fclose(file);
    return fd;
  };
  EXPECT_THAT(Lines(settings)[5], HasSubstr("source 10\\x1b")) << "escaped";
  EXPECT_GT(opened, 1);
}

}  // namespace
}  // namespace spyhop
