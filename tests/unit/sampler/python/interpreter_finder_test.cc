// The finder's parts on interpreters built in fake memory, for every layout; the finder as a whole
// on this very process, which is not Python. Real interpreters: tests/integration.
#include "sampler/python/interpreter_finder.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/python/interpreter_probe.h"
#include "sampler/python/interpreter_scan.h"
#include "sampler/python/interpreter_trial.h"
#include "sampler/target/process_files.h"
#include "sampler/target/process_vm_memory.h"
#include "symbolizer/memory_map.h"
#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using testing::HasSubstr;

constexpr uint32_t HexOf(PyVersion v) {
  return uint32_t{v.major} << 24 | uint32_t{v.minor} << 16 | uint32_t{v.micro} << 8 |
         uint32_t{v.level} << 4 | v.serial;
}

class InterpreterProbeTest : public testing::TestWithParam<const Layout*> {
 protected:
  bool has_runtime() const { return layout_.runtime.interpreters_head.present(); }

  absl::StatusOr<Trial> Try() { return TryInterpreterList(memory_, layout_, world_.head); }

  // As from a symbol: _PyRuntime, or interp_head where there is none.
  absl::StatusOr<ProbeResult> Probe(ProbeHints hints) {
    InterpreterProbe probe(memory_, hints);
    return has_runtime() ? probe.Runtime(world_.runtime) : probe.Head(world_.head);
  }

  const Layout& layout_ = *GetParam();
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
  ObjectBuilder::World world_ = builder_.Interpreter(HexOf(layout_.first));
};

INSTANTIATE_TEST_SUITE_P(Layouts, InterpreterProbeTest, EveryLayout(), LayoutName);

TEST_P(InterpreterProbeTest, TrialProvesARunningInterpreter) {
  const absl::StatusOr<Trial> trial = Try();
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->first, world_.interpreter);
  EXPECT_EQ(trial->version, layout_.first);
  EXPECT_EQ(trial->debug, layout_.flags.debug);
  EXPECT_EQ(trial->frames, TrialFrames::kGood);
}

TEST_P(InterpreterProbeTest, TrialTellsStartingFromWrong) {
  builder_.Put(world_.interpreter, layout_.interpreter.modules, RemoteAddress());
  EXPECT_TRUE(IsStarting(Try().status())) << "no modules yet";
  builder_.Put(world_.interpreter, layout_.interpreter.threads_head, RemoteAddress());
  EXPECT_TRUE(IsStarting(Try().status())) << "no thread yet";
  memory_.Set(world_.head, RemoteAddress());
  EXPECT_TRUE(IsStarting(Try().status())) << "no interpreter yet";
  memory_.Set(world_.head, RemoteAddress(0x123456789abcdef8));
  EXPECT_FALSE(Try().ok());
  EXPECT_FALSE(IsStarting(Try().status()));
}

TEST_P(InterpreterProbeTest, TrialRefusesThreadOfAnotherOwner) {
  builder_.Put(world_.tstate, layout_.thread.interp, world_.interpreter.Plus(8));
  const absl::Status status = Try().status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("thread state of another owner"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrFormat("%x", world_.tstate.value())))
      << "names the address";
}

TEST_P(InterpreterProbeTest, TrialRefusesModulesThatAreNoDict) {
  builder_.Put(world_.interpreter, layout_.interpreter.modules, builder_.Int(3));
  EXPECT_THAT(std::string(Try().status().message()), HasSubstr("not a dict"));
}

TEST_P(InterpreterProbeTest, TrialEndsOnListsThatRunInACircle) {
  builder_.Put(world_.tstate, layout_.thread.next, world_.tstate);
  EXPECT_TRUE(Try().ok());
  builder_.Put(world_.interpreter, layout_.interpreter.next, world_.interpreter);
  builder_.Put(world_.interpreter, layout_.interpreter.modules, RemoteAddress());
  EXPECT_FALSE(Try().ok());
}

TEST_P(InterpreterProbeTest, TrialFindsTheMainOneBehindANewSubinterpreter) {
  const RemoteAddress young = builder_.Allocate(layout_.interpreter.size);
  builder_.Put(young, layout_.interpreter.next, world_.interpreter);
  memory_.Set(world_.head, young);
  const absl::StatusOr<Trial> trial = Try();
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->first, young);
}

TEST_P(InterpreterProbeTest, ThreadWithoutFramesIsFine) {
  builder_.Put(world_.tstate, layout_.thread.frame, RemoteAddress());
  builder_.Put(world_.tstate, layout_.thread.cframe, RemoteAddress());
  builder_.Put(world_.tstate, layout_.thread.current_frame, RemoteAddress());
  const absl::StatusOr<Trial> trial = Try();
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->frames, TrialFrames::kNone);
}

TEST_P(InterpreterProbeTest, ProbeUsesTheVersionThatIsKnown) {
  const absl::StatusOr<ProbeResult> result =
      Probe({.version = layout_.first, .certain = true, .debug = layout_.flags.debug});
  if (layout_.flags.free_threaded) return;  // Only ever with debug offsets.
  ASSERT_TRUE(result.ok()) << result.status();
  const Interpreter& found = result->interpreter;
  EXPECT_EQ(found.version, layout_.first);
  EXPECT_TRUE(found.flags == layout_.flags);
  EXPECT_EQ(found.interpreters_head, world_.head);
  EXPECT_EQ(found.first, world_.interpreter);
  EXPECT_EQ(found.runtime, has_runtime() ? world_.runtime : RemoteAddress());
}

TEST_P(InterpreterProbeTest, ProbeTriesEveryTableWhenNothingIsKnown) {
  if (layout_.flags.free_threaded) return;
  for (const ProbeHints& hints :
       {ProbeHints{}, ProbeHints{.version = PyVersion{3, 4, 5}}, ProbeHints{.debug = true},
        ProbeHints{.version = PyVersion{3, 8, 1}}}) {
    const absl::StatusOr<ProbeResult> result = Probe(hints);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->interpreter.version, layout_.first);
    EXPECT_TRUE(result->interpreter.flags == layout_.flags);
  }
}

TEST_P(InterpreterProbeTest, ProbeWaitsUntilATornFrameIsWhole) {
  if (layout_.flags.free_threaded) return;
  const PointerField field =
      layout_.frame_object.f_code.present() ? layout_.frame_object.f_code : layout_.iframe.code;
  builder_.Put(world_.frame, field, RemoteAddress(0x10008));
  memory_.ChangeBeforeRead(400, [&] { builder_.Put(world_.frame, field, world_.code); });
  const absl::StatusOr<ProbeResult> result = Probe({.version = layout_.first});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->has_frames);
}

TEST_P(InterpreterProbeTest, ProbeNeverTakesWhatItCannotProve) {
  if (layout_.flags.free_threaded) return;
  for (size_t n = 0; n < 60; ++n) {
    memory_.ShortenRead(n, n % 3);
    const absl::StatusOr<ProbeResult> result = Probe({.version = layout_.first});
    if (!result.ok()) continue;
    EXPECT_EQ(result->interpreter.version, layout_.first);
    EXPECT_EQ(result->interpreter.first, world_.interpreter);
  }
}

TEST_P(InterpreterProbeTest, UnsupportedVersionIsNamedWithTheSupportedOnes) {
  const absl::StatusOr<ProbeResult> result =
      Probe({.version = PyVersion{3, 99, 2}, .certain = true});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("3.99.2"));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(SupportedVersions()));
}

// A process that maps one file with all of the fake memory as its .data.
class InterpreterScanTest : public InterpreterProbeTest {
 protected:
  void SetUp() override {
    const RemoteAddress end = builder_.Allocate(0);
    map_ = MemoryMap::Parse(absl::StrFormat("%x-%x rw-p 00000000 08:01 7 /bin/stripped\n",
                                            0x7f0000000000, (end.value() + 0xFFF) & ~0xFFFull));
    object_ = map_.Objects().at(0);
    scan_ = std::make_unique<InterpreterScan>(memory_, map_, object_);
  }

  MemoryMap map_;
  MappedObject object_;
  std::unique_ptr<InterpreterScan> scan_;
};

INSTANTIATE_TEST_SUITE_P(Layouts, InterpreterScanTest, EveryLayout(), LayoutName);

TEST_P(InterpreterScanTest, FindsAnInterpreterWithoutAnyName) {
  if (layout_.flags.free_threaded) return;
  const absl::StatusOr<ProbeResult> result = InterpreterProbe(memory_, {}).Scan(*scan_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->interpreter.version, layout_.first);
  EXPECT_EQ(result->interpreter.first, world_.interpreter);
  EXPECT_EQ(result->interpreter.runtime, has_runtime() ? world_.runtime : RemoteAddress());
}

TEST_P(InterpreterScanTest, CurrentThreadLeadsToTheInterpreter) {
  if (has_runtime()) return;
  const RemoteAddress current = builder_.Allocate(8);
  memory_.Set(current, world_.tstate);
  const auto result = InterpreterProbe(memory_, {}).CurrentThread(current, *scan_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->interpreter.first, world_.interpreter);
}

TEST_P(InterpreterScanTest, FreeGilLeavesTheScan) {
  if (has_runtime()) return;
  const RemoteAddress current = builder_.Allocate(8);
  const auto result = InterpreterProbe(memory_, {}).CurrentThread(current, *scan_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->interpreter.first, world_.interpreter);
}

TEST(InterpreterFinder, SaysThatThisProcessIsNotPython) {
  auto memory = OpenProcessMemory(getpid());
  ASSERT_TRUE(memory.ok()) << memory.status();
  const absl::Status status = FindInterpreter(ProcessFiles(getpid()), **memory).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(IsStarting(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("process ", getpid(), " (")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not a Python process"));
}

}  // namespace
}  // namespace spyhop
