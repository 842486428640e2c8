#include "report/html_report.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fstream>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "report/html_gil.h"
#include "report/html_stacks.h"
#include "tests/unit/report/full_profile.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string Page(const Profile& profile, const ViewOptions& options = {}) {
  StringSink sink;
  WriteHtmlReport(profile, options, sink);
  return sink.text();
}

std::string Block(const std::string& page) {
  constexpr std::string_view kBegin = R"(<script id="data" type="application/json">)";
  const size_t begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

rapidjson::Document Data(const std::string& page) {
  rapidjson::Document data;
  data.Parse<rapidjson::kParseValidateEncodingFlag>(Block(page).c_str());
  EXPECT_FALSE(data.HasParseError()) << data.GetErrorOffset();
  return data;
}

rapidjson::Document Data(const Profile& profile, const ViewOptions& options = {}) {
  return Data(Page(profile, options));
}

std::vector<int64_t> Integers(const rapidjson::Value& array) {
  std::vector<int64_t> numbers;
  for (const auto& number : array.GetArray()) numbers.push_back(number.GetInt64());
  return numbers;
}

// What is at the end of a path of members and indices. Not by operator[]: what it does for a member
// that is missing is a puzzle to clang's analyzer.
const rapidjson::Value& At(const rapidjson::Value& value) { return value; }

template <typename... Path>
const rapidjson::Value& At(const rapidjson::Value& value, int index, Path... path);

template <typename... Path>
const rapidjson::Value& At(const rapidjson::Value& value, const char* member, Path... path) {
  return At(value.FindMember(member)->value, path...);
}

template <typename... Path>
const rapidjson::Value& At(const rapidjson::Value& value, int index, Path... path) {
  return At(value[static_cast<unsigned>(index)], path...);
}

std::string Text(const rapidjson::Document& data, const rapidjson::Value& index) {
  const auto& text = At(data, "strings", index.GetUint());
  return std::string(text.GetString(), text.GetStringLength());
}

// "class" -> the sum of "ns".
std::map<int64_t, int64_t> SampledByClass(const rapidjson::Document& data) {
  const std::vector<int64_t> classes = Integers(At(data, "samples", "class"));
  const std::vector<int64_t> times = Integers(At(data, "samples", "ns"));
  std::map<int64_t, int64_t> sums;
  for (size_t i = 0; i < times.size(); ++i) sums[classes[i]] += times[i];
  return sums;
}

std::map<int64_t, int64_t> BucketsByClass(const Profile& profile) {
  std::map<int64_t, int64_t> sums;
  for (const auto& [key, times] : profile.buckets()) {
    sums[static_cast<int64_t>(key.time_class)] += times.Wall(true);
  }
  return sums;
}

// "ROOT;..;LEAF CLASS NS" of each sample.
std::vector<std::string> Stacks(const rapidjson::Document& data) {
  const rapidjson::Value& samples = At(data, "samples");
  const std::vector<int64_t> up = Integers(At(data, "stacks", "up"));
  const std::vector<int64_t> frames = Integers(At(data, "stacks", "frame"));
  const std::vector<int64_t> nodes = Integers(At(samples, "node"));
  const std::vector<int64_t> classes = Integers(At(samples, "class"));
  const std::vector<int64_t> times = Integers(At(samples, "ns"));
  const rapidjson::Value& names = At(data, "frames", "name");
  std::vector<std::string> lines;
  for (size_t i = 0; i < times.size(); ++i) {
    std::string line;
    for (auto node = static_cast<size_t>(nodes[i]); node != 0; node -= up[node]) {
      const std::string name = Text(data, names[static_cast<unsigned>(frames[node])]);
      line = absl::StrCat(name, line.empty() ? "" : ";", line);
    }
    lines.push_back(absl::StrCat(line, " ", classes[i], " ", times[i]));
  }
  return lines;
}

TEST(HtmlReport, AddsUpToTheProfilesBuckets) {
  const Profile profile = FullProfile();
  const rapidjson::Document data = Data(profile);
  EXPECT_EQ(SampledByClass(data), BucketsByClass(profile));
  EXPECT_EQ(SampledByClass(data).size(), size_t{kTimeClasses});
  for (size_t i = 0; i < profile.threads().size(); ++i) {
    const Times& times = profile.threads()[i].times;
    EXPECT_THAT(Integers(At(data, "threads", i, "times")),
                testing::ElementsAreArray(times.by_class));
    EXPECT_EQ(At(data, "threads", i, "cpu_ns").GetInt64(), times.cpu);
  }
}

TEST(HtmlReport, HasEachStackWithItsTime) {
  EXPECT_THAT(
      Stacks(Data(FullProfile())),
      testing::UnorderedElementsAre(
          " 1 40000000", " 3 10000000", "<module>;work 0 40000000", "<module>;work 1 30000000",
          "<module>;work 4 30000000", "<module>;work 5 20000000", "<module>;work 2 10000000",
          "<module>;work 3 20000000", "<module>;work;recv 3 50000000", "<module>;run 6 50000000",
          "fib;fib;fib 0 60000000", "fib;recv 3 10000000", "fib 3 20000000"));
}

TEST(HtmlReport, HasLinesWhoseSelfTimeIsThatOfAllStacks) {
  const Profile profile = FullProfile();
  const rapidjson::Document data = Data(profile);
  int64_t self = 0;
  for (const auto& line : At(data, "lines").GetArray()) {
    for (const int64_t time : Integers(line[7])) self += time;
  }
  int64_t sampled = 0;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.stack != kNoStack) sampled += times.Wall(true);
  }
  EXPECT_EQ(self, sampled);
}

TEST(HtmlReport, NamesWaitsAndWhoHeldTheGil) {
  const rapidjson::Document data = Data(FullProfile());
  const auto& longest = At(data, "waits", 0);
  EXPECT_EQ(Text(data, longest[1]), "recv socket 10.0.0.5:5432");
  EXPECT_EQ(longest[2].GetInt64(), 80 * kMillisecond);
  EXPECT_EQ(Text(data, longest[5][0][0]), "/srv/lib.py");
  const auto& gil = At(data, "gil", "rows", 0);
  EXPECT_EQ(gil[0].GetInt(), 0);
  EXPECT_EQ(Text(data, gil[3]), "work");
  EXPECT_EQ(Text(data, gil[4]), "Thread-2");
  EXPECT_EQ(Text(data, gil[5]), "worker.py:33");
  EXPECT_EQ(gil[6].GetInt64(), 30 * kMillisecond);
}

TEST(HtmlReport, TakesAGilReasonApart) {
  EXPECT_EQ(ParseGilReason("held by a at b at x.py:3").thread, "a at b");
  EXPECT_EQ(ParseGilReason("held by a at b at x.py:3").place, "x.py:3");
  for (const std::string_view reason : {"GIL", "GIL, free", "held by at x", ""}) {
    EXPECT_EQ(ParseGilReason(reason).thread, "");
    EXPECT_EQ(ParseGilReason(reason).place, reason);
  }
}

TEST(HtmlReport, BlockHoldsNothingThatHtmlReadsAsMarkup) {
  Profile profile = HostileProfile();
  profile.AddTarget({.pid = 43, .command = {"<!--<script>", "&lt;", "\u2028\u2029\u202E\x1b"}});
  const std::string page = Page(profile);
  const std::string block = Block(page);
  for (const char c : block) {
    ASSERT_TRUE(c >= ' ' && c <= '~' && c != '<' && c != '>' && c != '&') << c;
  }
  const rapidjson::Document data = Data(page);
  EXPECT_STREQ(At(data, "targets", 0, "command", 2).GetString(), "</script>");
  EXPECT_STREQ(At(data, "targets", 1, "command", 1).GetString(), "&lt;");
}

TEST(HtmlReport, ShowsWhatTurnsTextOrHidesInIt) {
  const rapidjson::Document data = Data(HostileProfile());
  std::vector<std::string> names;
  for (const auto& name : At(data, "frames", "name").GetArray()) names.push_back(Text(data, name));
  EXPECT_THAT(names, testing::UnorderedElementsAre("<module>", "f;g\\x1b[2J", "nul\\x00name",
                                                   "🐍\\u202eevil"));
  EXPECT_STREQ(At(data, "threads", 1, "name").GetString(), "工人\uFFFD");
}

TEST(HtmlReport, CutsAMegabyteName) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, "x.py", 1, std::string(1 << 20, '<'));
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 1));
  EXPECT_LT(Block(Page(profile)).size(), size_t{10'000});
}

TEST(HtmlReport, AllowsOnlyItsOwnScriptAndStyle) {
  const std::string page = Page(Profile());
  EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'sha256-"));
  for (const char* left : {"{{", "unsafe-inline", "http://", "https://", "src=", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(left))) << left;
  }
  EXPECT_EQ(At(Data(page), "samples", "ns").Size(), 0u);
}

TEST(HtmlReport, SaysWhenThereIsNoTimeline) {
  EXPECT_TRUE(At(Data(FullProfile()), "timeline").IsNull());
}

TEST(HtmlReport, PutsSamplesIntoBinsOfTime) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({.tid = 1});
  profile.set_start(absl::UnixEpoch(), 1 * kSecond);
  profile.KeepTimeline();
  const FrameId frame = AddFrame(profile, "x.py", 1, "f");
  for (const auto& [time_class, end] :
       {std::pair(TimeClass::kPython, 3), std::pair(TimeClass::kWait, 5)}) {
    Sample sample = MakeSample(profile, thread, {frame}, time_class, 2 * kSecond);
    sample.end = end * kSecond;
    profile.Add(sample);
  }
  profile.set_duration(4 * kSecond);
  const rapidjson::Document data = Data(profile);
  const auto& timeline = At(data, "timeline");
  EXPECT_EQ(At(timeline, "bins").GetInt(), 1000);
  // LENGTH, N, CLASS, PER MILLE. A bin is a nanosecond longer than a thousandth of the whole.
  EXPECT_THAT(Integers(At(timeline, "rows", 0, "runs")),
              ElementsAre(500, 1, 0, 1000, 500, 1, 3, 1000));
}

TEST(HtmlReport, EmbedsSourcesOnlyWhereTheyMayBeRead) {
  const std::string path = testing::TempDir() + "spyhop_html_report.py";
  std::ofstream(path) << "def f():\n\treturn '</script>'\n";
  Profile profile;
  profile.AddTarget({.pid = 7});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId frame = AddFrame(profile, path, 2, "f");
  profile.Add(MakeSample(profile, thread, {frame}, TimeClass::kPython, 1));
  EXPECT_TRUE(At(Data(profile), "sources").GetArray().Empty());
  const ViewOptions options{.open_source = [](int, const std::string& name) {
    return ScopedFd(open(name.c_str(), O_RDONLY));
  }};
  const rapidjson::Document data = Data(profile, options);
  unlink(path.c_str());
  const auto& source = At(data, "sources", 0);
  EXPECT_EQ(Text(data, At(source, "file")), path);
  EXPECT_STREQ(At(source, "text", 1).GetString(), "        return '</script>'");
  EXPECT_FALSE(source.HasMember("numbers"));
}

TEST(HtmlReport, KeepsOnlyTheThreadsAndStacksAskedFor) {
  const rapidjson::Document data =
      Data(FullProfile(), {.filter = *Filter::Create({.thread = "Thread-2"})});
  EXPECT_EQ(At(data, "threads").Size(), 1u);
  for (const int64_t thread : Integers(At(data, "samples", "thread"))) EXPECT_EQ(thread, 0);
  EXPECT_EQ(At(data, "gil", "rows").Size(), 0u);
  EXPECT_FALSE(At(data, "options", "filtered").GetBool());
  const rapidjson::Document of_file =
      Data(FullProfile(), {.filter = *Filter::Create({.file = "worker.py"})});
  EXPECT_TRUE(At(of_file, "options", "filtered").GetBool());
  EXPECT_THAT(Stacks(of_file),
              testing::UnorderedElementsAre("fib;fib;fib 0 60000000", "fib;recv 3 10000000",
                                            "fib 3 20000000"));
}

TEST(HtmlReport, HasTheTimesOfAnEarlierProfileBesideItsOwn) {
  Profile profile = FullProfile();
  const FrameId gone = AddFrame(profile, "/srv/app.py", 20, "gone");
  const StackId stack = profile.stacks().Intern({gone});
  StringSink sink;
  WriteHtmlReport(profile, {}, BeforeTimes{{stack, 5}, {kNoStack, 2}}, sink);
  const rapidjson::Document data = Data(sink.text());
  EXPECT_THAT(Integers(At(data, "before", "ns")), ElementsAre(2, 5));
  const unsigned node = At(data, "before", "node", 1).GetUint();
  const unsigned frame = At(data, "stacks", "frame", node).GetUint();
  EXPECT_EQ(Text(data, At(data, "frames", "name", frame)), "gone");
  EXPECT_FALSE(Data(profile).HasMember("before"));
}

TEST(HtmlStacks, MergesTheSmallestOfTooManyAndLosesNoTime) {
  Profile profile;
  profile.AddTarget({});
  const ThreadIndex thread = profile.AddThread({});
  const FrameId root = AddFrame(profile, "x.py", 1, "root");
  const FrameId hot = AddFrame(profile, "x.py", 2, "hot");
  profile.Add(MakeSample(profile, thread, {root, hot}, TimeClass::kPython, 1'000'000));
  for (int i = 0; i < 100; ++i) {
    const FrameId rare = AddFrame(profile, "x.py", 100 + i, "rare");
    profile.Add(MakeSample(profile, thread, {root, rare, rare}, TimeClass::kWait, 3));
  }
  EXPECT_EQ(MakeHtmlStacks(profile, {}, nullptr).nodes.size(), 203u);
  EXPECT_EQ(MakeHtmlStacks(profile, {}, nullptr).merged_nodes, 0u);
  const HtmlStacks stacks = MakeHtmlStacks(profile, {}, nullptr, 100);
  EXPECT_EQ(stacks.nodes.size(), 4u);  // the root, "root", "hot", "(other)"
  EXPECT_TRUE(stacks.nodes[3].merged);
  EXPECT_EQ(stacks.nodes[3].parent, 1u);
  EXPECT_EQ(stacks.merged_nodes, 200u);
  EXPECT_EQ(stacks.merged_below, 100);
  ASSERT_EQ(stacks.times.size(), 2u);
  EXPECT_EQ(stacks.times[0].time, 1'000'000);
  EXPECT_EQ(stacks.times[1].time, 300);
}

}  // namespace
}  // namespace spyhop
