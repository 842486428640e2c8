#include "report/diff_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/full_profile.h"

namespace spyhop {
namespace {

using ::testing::HasSubstr;

// Of a profile of twice the duration, half its time.
TEST(DiffHtml, ScalesTheTimeBeforeToTheDurationAfter) {
  Profile before;
  before.AddTarget({.pid = 1});
  before.set_duration(500 * kMillisecond);
  const ThreadIndex thread = before.AddThread({.tid = 1, .name = "MainThread"});
  const FrameId work = AddFrame(before, "/srv/app.py", 10, "work");
  const FrameId gone = AddFrame(before, "/srv/app.py", 20, "gone");
  before.Add(MakeSample(before, thread, {work}, TimeClass::kPython, 246'802));
  before.Add(MakeSample(before, thread, {work, gone}, TimeClass::kWait, 135'792));
  before.Add(MakeSample(before, thread, {gone}, TimeClass::kIdle, 999'999));
  StringSink sink;
  WriteDiffHtml(before, FullProfile(), {}, sink);
  EXPECT_THAT(sink.text(), HasSubstr("\"ns\":[123401,67896]"));
  EXPECT_THAT(sink.text(), HasSubstr("\"gone\""));
}

TEST(DiffHtml, OfAProfileWithoutTimeHasNothingBefore) {
  StringSink sink;
  WriteDiffHtml(Profile(), FullProfile(), {}, sink);
  EXPECT_THAT(sink.text(), HasSubstr("\"before\":{\"node\":[],\"ns\":[]}"));
}

}  // namespace
}  // namespace spyhop
