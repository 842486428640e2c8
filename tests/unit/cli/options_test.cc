#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help_page.h"
#include "cli/option_values.h"
#include "cli/suggest.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }

AttachOptions Attached(const Arguments& arguments) {
  absl::StatusOr<AttachOptions> options = ParseAttach(arguments);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? *std::move(options) : AttachOptions();
}

std::vector<std::string> OutputsOf(const RecordOptions& record) {
  std::vector<std::string> texts;
  for (const OutputSpec& output : record.outputs) {
    texts.push_back(output.path + " " + std::string(output.format->name));
  }
  return texts;
}

TEST(Options, HaveDefaultsThatSuitAService) {
  const AttachOptions options = Attached({"--pid", "12"});
  EXPECT_THAT(options.pids, ElementsAre(12));
  const RecordOptions& record = options.record;
  EXPECT_EQ(record.sampler.rate_hz, 100);
  EXPECT_FALSE(record.sampler.duration.has_value());
  EXPECT_EQ(record.sampler.pause, PauseMode::kAuto);
  EXPECT_EQ(record.view.limit, 30u);
  EXPECT_EQ(record.view.sort, SortKey::kSelf);
  EXPECT_FALSE(record.view.idle);
  EXPECT_TRUE(record.common.progress);
  EXPECT_THAT(OutputsOf(record), ElementsAre("- table"));
}

TEST(Options, TakeTheShortLettersOfTheContract) {
  const AttachOptions options = Attached(
      {"-p", "1", "-p0x10", "-d", "2m", "-r", "1khz", "-tgi", "-q", "-f", "json", "-o", "p"});
  EXPECT_THAT(options.pids, ElementsAre(1, 16));
  EXPECT_EQ(options.record.sampler.duration, 120 * kSecond);
  EXPECT_EQ(options.record.sampler.rate_hz, 1000);
  EXPECT_TRUE(options.record.sampler.gil_only);
  EXPECT_TRUE(options.record.view.per_thread);
  EXPECT_TRUE(options.record.view.idle);
  EXPECT_FALSE(options.record.common.progress);
  EXPECT_THAT(OutputsOf(options.record), ElementsAre("p json"));
}

TEST(Options, PrintTheTableBesidesFilesUnlessStdoutIsTakenOrQuiet) {
  EXPECT_THAT(OutputsOf(Attached({"-p1", "-o", "a.json", "-o", "b.folded"}).record),
              ElementsAre("a.json json", "b.folded collapsed", "- table"));
  EXPECT_THAT(OutputsOf(Attached({"-p1", "-o", "-", "-f", "json"}).record), ElementsAre("- json"));
  EXPECT_THAT(OutputsOf(Attached({"-p1", "-f", "collapsed"}).record), ElementsAre("- collapsed"));
  EXPECT_THAT(OutputsOf(Attached({"-p1", "-qo", "a.json"}).record), ElementsAre("a.json json"));
  EXPECT_THAT(OutputsOf(ParseRun({"-o", "a.json", "--", "x"})->record), ElementsAre("a.json json"));
}

TEST(Options, TakeAViewWhereThereIsATableToShowIt) {
  EXPECT_EQ(Attached({"-p1"}).record.view.table, TableView::kLines);
  EXPECT_EQ(Attached({"-p1", "--view", "functions"}).record.view.table, TableView::kFunctions);
  EXPECT_EQ(Attached({"-p1", "--view=threads", "--sort", "cpu"}).record.view.table,
            TableView::kThreads);
  EXPECT_EQ(Attached({"-p1", "--view", "waits", "-o", "p.json"}).record.view.table,
            TableView::kWaits);
  EXPECT_TRUE(ParseRun({"--view", "waits", "-o", "p.table", "--", "x"}).ok());
  for (const absl::Status& status :
       {ParseAttach({"-p1", "--view", "waits", "-f", "json"}).status(),
        ParseAttach({"-p1", "--view", "waits", "-q", "-o", "p.folded"}).status(),
        ParseRun({"--view", "waits", "-o", "p.json", "--", "x"}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(ErrorOf(status), HasSubstr("--view 'waits': views are of the format table"));
  }
}

TEST(Options, NameTheUnknownOptionAndACloseOne) {
  EXPECT_EQ(ErrorOf(ParseAttach({"--durration", "5"}).status()),
            "unknown option '--durration'; did you mean '--duration'?");
  EXPECT_EQ(ErrorOf(ParseAttach({"-Z"}).status()), "unknown option '-Z'");
  EXPECT_EQ(ErrorOf(ParseAttach({"--\x1b[31m"}).status()), "unknown option '--\\x1b[31m'");
}

TEST(Options, DoNotGuessAbbreviations) {
  EXPECT_THAT(ErrorOf(ParseAttach({"-p1", "--dur", "5"}).status()),
              HasSubstr("did you mean '--duration'?"));
}

TEST(Options, SayWhatIsWrongAndWhatIsRight) {
  const std::pair<Arguments, const char*> kCases[] = {
      {{}, "which process?"},
      {{"-p"}, "argument"},
      {{"-p", "0"}, "--pid '0': a process id is a number above 0"},
      {{"-p", "-5"}, "--pid '-5'"},
      {{"-p", "99999999999"}, "--pid"},
      {{"-p", "1", "2"}, "unexpected argument '2'"},
      {{"-p", "1", "-r", "0"}, "--rate '0': samples per second are 0.1 to 1000000"},
      {{"-p", "1", "-r", "2mhz"}, "--rate"},
      {{"-p", "1", "-d", "0"}, "--duration '0'"},
      {{"-p", "1", "-d", "1", "-d", "2"}, "--duration"},
      {{"-p", "1", "--pause", "newer"}, "use one of: auto never; did you mean 'never'?"},
      {{"-p", "1", "--sort", "x"}, "self total python native system wait gil cpu"},
      {{"-p", "1", "--view", "wait"}, "lines functions threads waits; did you mean 'waits'?"},
      {{"-p", "1", "--view", "waits", "--sort", "cpu"}, "--view 'waits': it is sorted by time"},
      {{"-p", "1", "--limit", "-1"}, "--limit '-1'"},
      {{"-p", "1", "-f", "svg"}, "there is no format 'svg'"},
      {{"-p", "1", "-o", "a", "-o", "a"}, "the same file twice"},
      {{"-p", "1", "-o", "a", "-f", "json", "-f", "table"}, "2 formats (-f) for 1 outputs (-o)"},
      {{"-p", "1", "--native=some"}, "--native 'some'"},
      {{"-p", "1", "-s"}, "--subprocesses: following children comes with a later version"},
      {{"-p", "1", "--function", "("}, "is not a regular expression"},
  };
  for (const auto& [arguments, expected] : kCases) {
    const absl::Status status = ParseAttach(arguments).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << expected;
    EXPECT_THAT(ErrorOf(status), HasSubstr(expected));
  }
}

TEST(Options, OfNativeStacks) {
  EXPECT_EQ(Attached({"-p", "1"}).record.sampler.native, NativeDetail::kNone);
  EXPECT_EQ(Attached({"-n", "-p", "1"}).record.sampler.native, NativeDetail::kFolded);
  EXPECT_TRUE(Attached({"-n", "-p", "1"}).record.view.native);
  EXPECT_EQ(Attached({"-p", "1", "--native=all"}).record.sampler.native, NativeDetail::kAll);
  EXPECT_EQ(ParseSnapshot({"-np", "1"}).value_or(SnapshotCommandOptions()).snapshot.native,
            NativeDetail::kNone)
      << "what is glued to a short option is its value";
  EXPECT_EQ(ParseSnapshot({"-n", "-p", "1"})->snapshot.native, NativeDetail::kFolded);
}

TEST(Options, GiveHelpWhateverElseIsWrong) {
  EXPECT_TRUE(Attached({"--help"}).record.common.help);
  EXPECT_TRUE(Attached({"-h", "-p", "x", "--sort", "y", "z"}).record.common.help);
  EXPECT_TRUE(ParseRun({"--help"})->record.common.help);
  EXPECT_FALSE(ParseAttach({"--help", "--durration", "5"}).ok()) << "but for what is no option";
  for (const char* command : {"attach", "run", "snapshot", "top", "list", "doctor"}) {
    EXPECT_THAT(HelpFor(command), testing::StartsWith("Examples:\n")) << command;
  }
  EXPECT_THAT(HelpFor("run"), HasSubstr("cpu_time (cum) ticks (cum) samples (cum)"));
}

TEST(Options, RunTakesEverythingAfterTheDashesAsTheProgram) {
  const absl::StatusOr<RunOptions> options =
      ParseRun({"-r", "10", "--", "python3", "-c", "x", "--", "--rate", "5"});
  ASSERT_TRUE(options.ok());
  EXPECT_THAT(options->program, ElementsAre("python3", "-c", "x", "--", "--rate", "5"));
  EXPECT_EQ(options->record.sampler.rate_hz, 10);
  EXPECT_THAT(ErrorOf(ParseRun({}).status()), HasSubstr("which program?"));
  EXPECT_THAT(ErrorOf(ParseRun({"--"}).status()), HasSubstr("which program?"));
}

TEST(Options, OfSnapshotOfACoreFile) {
  const absl::StatusOr<SnapshotCommandOptions> snapshot =
      ParseSnapshot({"-c", "core.1", "--exe", "/bin/p", "--sysroot=/srv"});
  ASSERT_TRUE(snapshot.ok() && snapshot->core);
  EXPECT_EQ(snapshot->core->path, "core.1");
  EXPECT_EQ(snapshot->core->executable, "/bin/p");
  EXPECT_EQ(snapshot->core->root, "/srv");
  EXPECT_FALSE(ParseSnapshot({"-p", "1"})->core);
  EXPECT_THAT(ErrorOf(ParseSnapshot({"-c", "core", "-p", "1"}).status()), HasSubstr("either"));
  EXPECT_THAT(ErrorOf(ParseSnapshot({"-p", "1", "--exe", "p"}).status()), HasSubstr("--core FILE"));
}

TEST(Options, OfSnapshotListAndDoctor) {
  const absl::StatusOr<SnapshotCommandOptions> snapshot =
      ParseSnapshot({"-p", "3", "--json", "--pause=never"});
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(snapshot->json);
  EXPECT_EQ(snapshot->snapshot.pause, PauseMode::kNever);
  EXPECT_TRUE(ParseList({"-j"})->json);
  EXPECT_EQ(ParseDoctor({})->pid, 0);
  EXPECT_EQ(ParseDoctor({"-p", "9"})->pid, 9);
}

TEST(Options, OfTop) {
  const absl::StatusOr<TopCommandOptions> top =
      ParseTop({"-p",       "3",     "-p",           "4",  "--rate", "50",      "-d",     "10",
                "--delay",  "500ms", "--iterations", "2",  "--view", "threads", "--sort", "wait",
                "--window", "5",     "-i",           "-t", "-n"});
  ASSERT_TRUE(top.ok()) << top.status();
  EXPECT_THAT(top->pids, ElementsAre(3, 4));
  EXPECT_EQ(top->sampler.rate_hz, 50);
  EXPECT_FALSE(top->sampler.duration) << "the sampler runs again and again";
  EXPECT_EQ(top->settings.duration, 10 * kSecond);
  EXPECT_EQ(top->settings.delay, kSecond / 2);
  EXPECT_EQ(top->settings.iterations, 2u);
  EXPECT_EQ(top->settings.state.view, TopView::kThreads);
  EXPECT_EQ(top->settings.state.sort, SortKey::kWait);
  EXPECT_EQ(top->settings.state.window, 5 * kSecond);
  EXPECT_TRUE(top->settings.state.idle && top->settings.state.per_thread);
  EXPECT_TRUE(top->settings.table.native);
  EXPECT_THAT(ErrorOf(ParseTop({"-p", "3", "--delay", "0.1"}).status()), HasSubstr("--delay"));
  EXPECT_THAT(ErrorOf(ParseTop({"-p", "3", "--window", "61"}).status()), HasSubstr("--window"));
  EXPECT_THAT(ErrorOf(ParseTop({}).status()), HasSubstr("which process?"));
}

TEST(Options, OfLocals) {
  EXPECT_FALSE(ParseSnapshot({"-p", "3"})->snapshot.locals.has_value());
  const auto usual = ParseSnapshot({"-l", "-p", "3"})->snapshot.locals;
  ASSERT_TRUE(usual.has_value());
  EXPECT_EQ(usual->depth, 3);
  EXPECT_EQ(usual->length, 400u);
  EXPECT_THAT(usual->masks, testing::Contains("*password*"));
  const auto own = ParseSnapshot({"-p", "3", "--locals=0", "--value-length", "50", "--no-mask",
                                  "--mask", "pin", "--mask=card*"})
                       ->snapshot.locals;
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->depth, 0);
  EXPECT_EQ(own->length, 50u);
  EXPECT_THAT(own->masks, testing::ElementsAre("pin", "card*"));
}

TEST(Options, OfLocalsAreChecked) {
  EXPECT_THAT(ErrorOf(ParseSnapshot({"-p", "3", "--mask", "pin"}).status()),
              HasSubstr("add --locals"));
  EXPECT_THAT(ErrorOf(ParseSnapshot({"-p", "3", "--locals=21"}).status()), HasSubstr("0 to 20"));
  EXPECT_THAT(ErrorOf(ParseSnapshot({"-p", "3", "-l", "--value-length=x"}).status()),
              HasSubstr("10 to 1000000"));
}

TEST(Options, GuessASnapshotsFormatFromItsName) {
  EXPECT_TRUE(ParseSnapshot({"-p", "3", "-o", "x.json"})->json);
  EXPECT_TRUE(ParseSnapshot({"-p", "3", "-o", "x.txt", "--json"})->json);
  EXPECT_FALSE(ParseSnapshot({"-p", "3", "-o", "x.txt"})->json);
  EXPECT_FALSE(ParseSnapshot({"-p", "3"})->json);
}

TEST(Options, TakeTheCommonOnesInEveryCommand) {
  const Arguments common = {"--no-progress", "-v", "--color=never"};
  EXPECT_FALSE(ParseSnapshot({"-p", "3", "--no-progress", "-v", "--color=never"})->common.progress);
  EXPECT_FALSE(ParseList(common)->common.progress);
  EXPECT_FALSE(ParseDoctor(common)->common.progress);
  EXPECT_FALSE(Attached({"-p1", "--no-progress"}).record.common.progress);
}

TEST(OptionValues, TakeUnits) {
  EXPECT_EQ(*ParseRate("100HZ"), 100);
  EXPECT_EQ(*ParseRate("0.1"), 0.1);
  EXPECT_EQ(*ParseRate("1mhz"), 1e6);
  EXPECT_EQ(*ParseDuration("0.5"), kSecond / 2);
  EXPECT_EQ(*ParseDuration("500ms"), kSecond / 2);
  EXPECT_EQ(*ParseDuration("30s"), 30 * kSecond);
  EXPECT_EQ(*ParseDuration("1h"), 3600 * kSecond);
  for (const char* wrong : {"", "s", "nan", "inf", "-1", "1e400", "1 x", "hz", "0x"}) {
    EXPECT_FALSE(ParseRate(wrong).ok()) << wrong;
    EXPECT_FALSE(ParseDuration(wrong).ok()) << wrong;
  }
}

TEST(Suggestion, FindsAWordThatMayHaveBeenMeant) {
  const std::vector<std::string> words = {"attach", "run", "snapshot"};
  EXPECT_EQ(Suggestion("atach", words), "; did you mean 'attach'?");
  EXPECT_EQ(Suggestion("snap", words), "; did you mean 'snapshot'?");
  EXPECT_EQ(Suggestion("rnu", words), "; did you mean 'run'?");
  EXPECT_EQ(Suggestion("zebra", words), "");
  EXPECT_EQ(Suggestion(std::string(1 << 20, 'x'), words), "");
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace spyhop
