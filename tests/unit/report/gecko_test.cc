#include "report/gecko.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/json_parse.h"
#include "tests/unit/report/timeline_profile.h"

namespace spyhop {
namespace {

using rapidjson::SizeType;
using rapidjson::Value;
using testing::ElementsAre;
using testing::SizeIs;

rapidjson::Document Gecko(const Profile& profile, const ViewOptions& options = {}) {
  return WriteAndParse(WriteGecko, profile, options);
}

Nanos Nanoseconds(const Value& milliseconds) {
  return std::llround(milliseconds.GetDouble() * kMillisecond);
}

std::string String(const Value& thread, const Value& index) {
  return Text(thread["stringArray"][index.GetUint()]);
}

// Leaf last.
std::string StackIn(const Value& thread, const Value& stack) {
  if (stack.IsNull()) return "";
  const Value& stacks = thread["stackTable"];
  const SizeType index = stack.GetUint();
  const Value& prefix = stacks["prefix"][index];
  EXPECT_TRUE(prefix.IsNull() || prefix.GetUint() < index);
  const SizeType func = thread["frameTable"]["func"][stacks["frame"][index].GetUint()].GetUint();
  const std::string callers = StackIn(thread, prefix);
  return absl::StrCat(callers, callers.empty() ? "" : ";",
                      String(thread, thread["funcTable"]["name"][func]));
}

StackTimes TimesIn(const rapidjson::Document& document) {
  StackTimes sums;
  for (const auto& thread : document["threads"].GetArray()) {
    const Value& samples = thread["samples"];
    for (SizeType i = 0; i < samples["length"].GetUint(); ++i) {
      const Nanos weight = Nanoseconds(samples["weight"][i]);
      const std::string stack = StackIn(thread, samples["stack"][i]);
      if (weight != 0) sums[{thread["tid"].GetInt(), stack}] += weight;
    }
  }
  return sums;
}

// "Waiting/read pipe", of one thread.
std::map<std::string, Nanos> CategoryTimes(const rapidjson::Document& document,
                                           const Value& thread) {
  std::map<std::string, Nanos> sums;
  const Value& samples = thread["samples"];
  for (SizeType i = 0; i < samples["length"].GetUint(); ++i) {
    const Value& stack = samples["stack"][i];
    if (stack.IsNull()) continue;
    const Value& stacks = thread["stackTable"];
    const Value& category =
        document["meta"]["categories"][stacks["category"][stack.GetUint()].GetUint()];
    const SizeType sub = stacks["subcategory"][stack.GetUint()].GetUint();
    sums[absl::StrCat(Text(category["name"]), "/", Text(category["subcategories"][sub]))] +=
        Nanoseconds(samples["weight"][i]);
  }
  return sums;
}

void ExpectColumnsOfOneLength(const Value& table) {
  for (const auto& column : table.GetObject()) {
    if (!column.value.IsArray()) continue;
    EXPECT_EQ(column.value.Size(), table["length"].GetUint()) << column.name.GetString();
  }
}

Nanos ClassTime(const Profile& profile, ThreadIndex thread, TimeClass time_class) {
  return profile.thread(thread).times[time_class];
}

TEST(Gecko, WeighsStacksAsTheProfileDoes) {
  for (const bool idle : {false, true}) {
    const Profile profile = TimelineProfile();
    EXPECT_EQ(TimesIn(Gecko(profile, {.idle = idle})), BucketTimes(profile, idle));
  }
}

TEST(Gecko, WeighsStacksOfAProfileWithoutTimeline) {
  const Profile profile = FullProfile();
  StackTimes expected = BucketTimes(profile, false);
  expected[{44, "(no stack)"}] = expected[{44, ""}];
  expected.erase({44, ""});
  EXPECT_EQ(TimesIn(Gecko(profile)), expected);
}

TEST(Gecko, CategoriesAreTheTimeClasses) {
  const Profile profile = TimelineProfile();
  const rapidjson::Document document = Gecko(profile, {.idle = true});
  const auto main = CategoryTimes(document, document["threads"][0]);
  const ThreadIndex thread{0};
  // Each bucket's scaling rounds down on its own.
  const auto near = [&](Nanos time) {
    return testing::AllOf(testing::Ge(time - 10), testing::Le(time + 10));
  };
  EXPECT_THAT(main.at("Python/Other"), near(ClassTime(profile, thread, TimeClass::kPython)));
  EXPECT_THAT(main.at("Native/Other"), near(ClassTime(profile, thread, TimeClass::kNative)));
  EXPECT_THAT(main.at("Kernel/Other"), near(ClassTime(profile, thread, TimeClass::kKernel)));
  EXPECT_THAT(main.at("Ready, without a CPU/Other"),
              near(ClassTime(profile, thread, TimeClass::kRunQueue)));
  EXPECT_THAT(main.at("Waiting/recv socket 10.0.0.5:5432") + main.at("Waiting/read pipe"),
              near(ClassTime(profile, thread, TimeClass::kWait)));
  const auto worker = CategoryTimes(document, document["threads"][1]);
  EXPECT_EQ(worker.at("Idle/epoll_wait"), 150 * kMillisecond);
}

TEST(Gecko, TimeGoesOnAndPausesHaveNoStack) {
  const rapidjson::Document document = Gecko(TimelineProfile());
  ASSERT_EQ(document["threads"].Size(), 2u);
  int pauses = 0;
  for (const auto& thread : document["threads"].GetArray()) {
    const Value& samples = thread["samples"];
    const SizeType last = samples["length"].GetUint() - 1;
    for (SizeType i = 0; i < last; ++i) {
      const Nanos length = Nanoseconds(samples["time"][i + 1]) - Nanoseconds(samples["time"][i]);
      const bool paused = samples["stack"][i].IsNull();
      EXPECT_EQ(Nanoseconds(samples["weight"][i]), paused ? 0 : length);
      EXPECT_GT(length, 0);
      pauses += paused;
    }
    EXPECT_TRUE(samples["stack"][last].IsNull());
  }
  EXPECT_EQ(pauses, 6);
}

TEST(Gecko, CpuTimeIsTheThreadsAndNotOfWaits) {
  const Profile profile = TimelineProfile();
  const rapidjson::Document document = Gecko(profile, {.idle = true});
  const Value& samples = document["threads"][0]["samples"];
  Nanos sum = samples["threadCPUDelta"][0].GetInt64();
  for (SizeType i = 1; i < samples["length"].GetUint(); ++i) {
    const Nanos cpu = samples["threadCPUDelta"][i].GetInt64();
    const Value& stack = samples["stack"][i - 1];
    const std::string before = StackIn(document["threads"][0], stack);
    EXPECT_TRUE(cpu == 0 || before != "<module>;work;query") << cpu;
    sum += cpu;
  }
  EXPECT_NEAR(sum, profile.thread(ThreadIndex{0}).times.cpu, 100);
  EXPECT_GT(sum, 0);
}

TEST(Gecko, TablesAreWhole) {
  const rapidjson::Document document = Gecko(TimelineProfile());
  EXPECT_EQ(document["meta"]["version"].GetInt(), 24);
  EXPECT_EQ(document["meta"]["preprocessedProfileVersion"].GetInt(), 49);
  EXPECT_EQ(document["meta"]["interval"].GetDouble(), 10);
  EXPECT_EQ(document["meta"]["startTime"].GetDouble(), 1'700'000'000'000);
  for (const auto& thread : document["threads"].GetArray()) {
    for (const char* name : {"samples", "markers", "stackTable", "frameTable", "funcTable",
                             "resourceTable", "nativeSymbols"}) {
      SCOPED_TRACE(name);
      ExpectColumnsOfOneLength(thread[name]);
    }
  }
  const Value& main = document["threads"][0];
  EXPECT_EQ(main["funcTable"]["length"].GetInt(), 6);
  EXPECT_EQ(main["isMainThread"].GetBool(), true);
  EXPECT_EQ(Text(main["pid"]), "42");
  EXPECT_EQ(Text(main["processName"]), "python3 app.py");
  EXPECT_EQ(document["threads"][1]["isMainThread"].GetBool(), false);
}

TEST(Gecko, CallersHaveTheCategoryOfTheirKind) {
  Profile profile;
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  const FrameId python = AddFrame(profile, "a.py", 1, "f");
  const FrameId gc = AddFrame(profile, "", 0, "<garbage collection>", FrameKind::kGc);
  const FrameId native = AddFrame(profile, "/lib/libz.so.1", 0, "free", FrameKind::kNative);
  profile.Add(
      MakeSample(profile, thread, {python, gc, native}, TimeClass::kGil, 5, "held by Thread-2"));
  const rapidjson::Document document = Gecko(profile);
  std::vector<std::string> categories;
  for (const auto& category : document["threads"][0]["stackTable"]["category"].GetArray()) {
    categories.push_back(Text(document["meta"]["categories"][category.GetUint()]["name"]));
  }
  EXPECT_THAT(categories, ElementsAre("Python", "Garbage collection", "Waiting for the GIL"));
}

TEST(Gecko, FurtherWaitReasonsAreOther) {
  Profile profile;
  profile.AddTarget({.pid = 1});
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  const FrameId frame = AddFrame(profile, "a.py", 1, "f");
  for (int i = 0; i < 1010; ++i) {
    const std::string reason = absl::StrCat("connect 10.0.0.1:", i);
    profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kWait, 1, reason));
  }
  const rapidjson::Document document = Gecko(profile);
  const auto sums = CategoryTimes(document, document["threads"][0]);
  EXPECT_THAT(sums, SizeIs(1001));
  EXPECT_EQ(sums.at("Waiting/Other"), 10);
}

TEST(Gecko, NamesAreHarmless) {
  const rapidjson::Document document = Gecko(HostileProfile(), {.idle = true});
  const Value& main = document["threads"][0];
  EXPECT_EQ(Text(main["name"]), "Main;Thread\\n");
  EXPECT_EQ(Text(main["processName"]), "python3 a\\x1b[31m.py </script>");
  std::vector<std::string> strings;
  for (const auto& text : main["stringArray"].GetArray()) strings.push_back(Text(text));
  EXPECT_THAT(strings, testing::UnorderedElementsAre(
                           "<module>", "/srv/app.py", "f;g\\x1b[2J", "/srv/</script>.py",
                           "nul\\x00name", "/srv/漢字.py", "🐍\\u202eevil", "/srv/\uFFFD\uFFFD.py"));
}

TEST(Gecko, HasNothingThatIsNotKept) {
  const ViewOptions options{.filter = *Filter::Create({.function = "query"})};
  const rapidjson::Document document = Gecko(TimelineProfile(), options);
  ASSERT_EQ(document["threads"].Size(), 1u);
  const StackTimes sums = TimesIn(document);
  ASSERT_THAT(sums, SizeIs(1));
  EXPECT_EQ(sums.begin()->first.second, "<module>;work;query");
  // query's for each of its two wait reasons.
  EXPECT_EQ(document["threads"][0]["frameTable"]["length"].GetInt(), 4);
}

}  // namespace
}  // namespace spyhop
