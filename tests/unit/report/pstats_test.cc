#include "report/pstats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/marshal_text.h"

namespace spyhop {
namespace {

using testing::HasSubstr;

std::string Pstats(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WritePstats(profile, options, sink);
  return MarshalText::Of(sink.text());
}

TEST(Pstats, CountsSamplesAsCallsAndRecursionOnce) {
  EXPECT_EQ(Pstats(FullProfile()),
            "{('~', 0, '(no stack)'): (2, 2, 0.05, 0.05, {}), "
            "('/srv/app.py', 1, '<module>'): (14, 14, 0, 0.2, {}), "
            "('/srv/app.py', 10, 'work'): (14, 14, 0.15, 0.2, "
            "{('/srv/app.py', 1, '<module>'): (14, 14, 0.15, 0.2)}), "
            "('/srv/lib.py', 7, 'recv'): (6, 6, 0.06, 0.06, "
            "{('/srv/app.py', 10, 'work'): (5, 5, 0.05, 0.05), "
            "('/srv/worker.py', 33, 'fib'): (1, 1, 0.01, 0.01)}), "
            "('/srv/worker.py', 33, 'fib'): (3, 5, 0.08, 0.09, "
            "{('/srv/worker.py', 33, 'fib'): (2, 1, 0.06, 0.06)})}");
}

TEST(Pstats, CountsIdleTimeWhenAsked) {
  EXPECT_THAT(Pstats(FullProfile(), {.idle = true}),
              HasSubstr("('/srv/loop.py', 5, 'run'): (1, 1, 0.05, 0.05, "
                        "{('/srv/app.py', 1, '<module>'): (1, 1, 0.05, 0.05)})"));
}

TEST(Pstats, KeepsThreadsAndStacksThatTheFilterKeeps) {
  const ViewOptions options{.filter = *Filter::Create({.file = "lib.py", .thread = "Thread-2"})};
  EXPECT_EQ(Pstats(FullProfile(), options),
            "{('/srv/lib.py', 7, 'recv'): (1, 1, 0.01, 0.01, "
            "{('/srv/worker.py', 33, 'fib'): (1, 1, 0.01, 0.01)}), "
            "('/srv/worker.py', 33, 'fib'): (1, 1, 0, 0.01, {})}");
}

TEST(Pstats, MakesNamesHarmless) {
  EXPECT_EQ(Pstats(HostileProfile()),
            "{('/srv/</script>.py', 1, 'f;g\\x1b[2J'): (1, 1, 0.02, 0.02, "
            "{('/srv/app.py', 9, '<module>'): (1, 1, 0.02, 0.02)}), "
            "('/srv/app.py', 9, '<module>'): (4, 4, 0, 0.05, {}), "
            "('/srv/漢字.py', 7, 'nul\\x00name'): (2, 2, 0.02, 0.02, "
            "{('/srv/app.py', 9, '<module>'): (2, 2, 0.02, 0.02)}), "
            "('/srv/\uFFFD\uFFFD.py', 3, '🐍\\u202eevil'): (1, 1, 0.01, 0.01, "
            "{('/srv/app.py', 9, '<module>'): (1, 1, 0.01, 0.01)})}");
}

TEST(Pstats, IsADictAlsoWhenNothingIsKept) { EXPECT_EQ(Pstats(Profile()), "{}"); }

TEST(Pstats, CutsAMegabyteName) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, "x.py", 1, std::string(1 << 20, 'n'));
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  EXPECT_EQ(Pstats(profile),
            absl::StrCat("{('x.py', 1, '", std::string(1000, 'n'), "...'): (1, 1, 1, 1, {})}"));
}

TEST(Pstats, GivesNativeFunctionsTheirOwnTimeWhenAsked) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId python = AddFrame(profile, "x.py", 8, "pack");
  const FrameId native = AddFrame(profile, "/lib/libz.so.1", 0, "deflate", FrameKind::kNative);
  const FrameId kernel = AddFrame(profile, "", 0, "write", FrameKind::kKernel);
  profile.Add(MakeSample(profile, thread, {python, native}, TimeClass::kNative, kSecond));
  profile.Add(MakeSample(profile, thread, {python, native, kernel}, TimeClass::kKernel, kSecond));
  EXPECT_EQ(Pstats(profile), "{('x.py', 8, 'pack'): (2, 2, 2, 2, {})}");
  EXPECT_EQ(Pstats(profile, {.native = true}),
            "{('/lib/libz.so.1', 0, 'deflate'): (2, 2, 2, 2, "
            "{('x.py', 8, 'pack'): (2, 2, 2, 2)}), "
            "('x.py', 8, 'pack'): (2, 2, 0, 2, {})}");
}

// A dict has a key once: a second one would replace the first one's time.
TEST(Pstats, AddsUpFunctionsWhoseNamesLookTheSame) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  for (const char* name : {"f\n", "f\\n"}) {
    const FrameId frame = AddFrame(profile, "x.py", 3, name);
    profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, kSecond));
  }
  EXPECT_EQ(Pstats(profile), "{('x.py', 3, 'f\\n'): (2, 2, 2, 2, {})}");
}

}  // namespace
}  // namespace spyhop
