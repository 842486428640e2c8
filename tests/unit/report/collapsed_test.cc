#include "report/collapsed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/hostile_profile.h"

namespace spyhop {
namespace {

std::string Collapsed(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteCollapsed(profile, options, sink);
  return sink.text();
}

TEST(Collapsed, WritesRootFirstAndSamplesLast) {
  EXPECT_EQ(Collapsed(HostileProfile()),
            "<module> (/srv/app.py:9);f\\x3bg\\x1b[2J (/srv/</script>.py:1) 1\n"
            "<module> (/srv/app.py:9);nul\\x00name (/srv/漢字.py:7) 2\n"
            "<module> (/srv/app.py:9);🐍\\u202eevil (/srv/\uFFFD\uFFFD.py:3) 1\n");
}

TEST(Collapsed, PutsTheThreadFirstWhenAskedAndCountsIdleWhenAsked) {
  EXPECT_EQ(Collapsed(HostileProfile(), {.per_thread = true, .idle = true}),
            "thread 42 Main\\x3bThread\\n;<module> (/srv/app.py:9);f\\x3bg\\x1b[2J "
            "(/srv/</script>.py:1) 1\n"
            "thread 42 Main\\x3bThread\\n;<module> (/srv/app.py:9);nul\\x00name "
            "(/srv/漢字.py:7) 2\n"
            "thread 42 Main\\x3bThread\\n;<module> (/srv/app.py:9);🐍\\u202eevil "
            "(/srv/\uFFFD\uFFFD.py:3) 1\n"
            "thread 43 工人\uFFFD;<module> (/srv/app.py:9) 1\n");
}

TEST(Collapsed, TellsProcessesApart) {
  Profile merged;
  merged.Merge(HostileProfile());
  merged.Merge(HostileProfile());
  EXPECT_THAT(Collapsed(merged),
              testing::StartsWith("process 42 python3 a\\x1b[31m.py </script>;<module>"));
}

TEST(Collapsed, KeepsStacksOnWhichSomethingMatches) {
  const ViewOptions options{.filter = *Filter::Create({.file = "漢字.py"})};
  EXPECT_EQ(Collapsed(HostileProfile(), options),
            "<module> (/srv/app.py:9);nul\\x00name (/srv/漢字.py:7) 2\n");
}

TEST(Collapsed, WritesAMegabyteNameOnOneLine) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, "x.py", 1, std::string(1 << 20, '\n'));
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 1));
  const std::string text = Collapsed(profile);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_GT(text.size(), size_t{2} << 20);
}

}  // namespace
}  // namespace spyhop
