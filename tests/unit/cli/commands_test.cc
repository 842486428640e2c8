#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "cli/exit_status.h"
#include "cli/messages.h"

namespace spyhop {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// What a fake sampler does in Run.
struct Script {
  uint64_t samples = 3;
  bool until_stopped = false;
  absl::Status result;
};

class FakeSampler : public Sampler {
 public:
  FakeSampler(int pid, Script script) : target_{.pid = pid}, script_(std::move(script)) {}

  const TargetInfo& target() const override { return target_; }

  absl::Status Run(const std::atomic<bool>& stop, SamplingGate&, Profile& profile,
                   const std::function<void(const SamplingProgress&)>& progress) override {
    profile.AddTarget(target_);
    const ThreadIndex thread = profile.AddThread({.tid = target_.pid});
    const FrameId frame =
        profile.frames().Intern({.function = profile.strings().Intern("work"), .line = 1});
    for (uint64_t i = 0; i < script_.samples; ++i) {
      profile.Add({.thread = thread, .stack = profile.stacks().Push(kNoStack, frame), .weight = 1});
    }
    progress({.elapsed = 1, .samples = script_.samples, .threads = 1});
    while (script_.until_stopped && !stop) std::this_thread::yield();
    profile.set_duration(1);
    return script_.result;
  }

 private:
  TargetInfo target_;
  Script script_;
};

SamplerFactory Making(Script script) {
  return [script](int pid, const SamplerOptions&) -> absl::StatusOr<std::unique_ptr<Sampler>> {
    return std::make_unique<FakeSampler>(pid, script);
  };
}

SamplerFactory Failing(absl::Status status) {
  return [status](int, const SamplerOptions&) -> absl::StatusOr<std::unique_ptr<Sampler>> {
    return status;
  };
}

bool IsPending(int signal) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signal) == 1;
}

// Two of the same that are pending at the same time are one.
void WaitUntilTaken(int signal) {
  while (IsPending(signal)) std::this_thread::yield();
}

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    std::string folder = testing::TempDir() + "spyhop_commands_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~CommandsTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  std::string Contents(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }

  AttachOptions AttachTo(std::vector<int> pids) const {
    AttachOptions options;
    options.pids = std::move(pids);
    options.record.outputs = {{Path("p.folded"), *FindFormat("collapsed")}};
    return options;
  }

  RunOptions RunOf(std::vector<std::string> program) const {
    RunOptions options;
    options.program = std::move(program);
    options.record.outputs = {{Path("p.folded"), *FindFormat("collapsed")}};
    return options;
  }

  fs::path folder_;
};

TEST_F(CommandsTest, AttachWritesWhatWasSampled) {
  EXPECT_EQ(Attach(AttachTo({getpid()}), Making({})), kExitDone);
  EXPECT_EQ(Contents("p.folded"), "work 3\n");
}

TEST_F(CommandsTest, AttachToSeveralMakesOneProfile) {
  EXPECT_EQ(Attach(AttachTo({1, 2}), Making({})), kExitDone);
  EXPECT_EQ(Contents("p.folded"), "process 1 ;work 3\nprocess 2 ;work 3\n");
}

TEST_F(CommandsTest, ExitStatusTellsWhyItCouldNotAttach) {
  const std::pair<absl::Status, int> kCases[] = {
      {absl::NotFoundError("x"), 3},           {absl::PermissionDeniedError("x"), 4},
      {absl::FailedPreconditionError("x"), 5}, {absl::UnimplementedError("x"), 5},
      {absl::InternalError("x"), 1},
  };
  for (const auto& [status, exit_status] : kCases) {
    EXPECT_EQ(Attach(AttachTo({1}), Failing(status)), exit_status) << status;
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CommandsTest, NothingSampledIsSixAndNoFile) {
  EXPECT_EQ(Attach(AttachTo({getpid()}), Making({.samples = 0})), kExitNothingSampled);
  EXPECT_EQ(Attach(AttachTo({0x7ffffff0}), Making({.samples = 0})), kExitNoSuchProcess);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CommandsTest, WhatWasCollectedBeforeAnErrorIsWritten) {
  EXPECT_EQ(Attach(AttachTo({1}), Making({.result = absl::InternalError("disturbed")})),
            kExitFailed);
  EXPECT_EQ(Contents("p.folded"), "work 3\n");
}

TEST_F(CommandsTest, AnUnwritableOutputFailsBeforeSampling) {
  AttachOptions options = AttachTo({1});
  options.record.outputs[0].path = Path("no/p.folded");
  bool created = false;
  const SamplerFactory create = [&](int, const SamplerOptions&) {
    created = true;
    return absl::StatusOr<std::unique_ptr<Sampler>>(absl::InternalError("x"));
  };
  EXPECT_EQ(Attach(options, create), kExitFailed);
  EXPECT_FALSE(created);
}

TEST_F(CommandsTest, ASignalEndsSamplingAndFinishesTheOutput) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::thread killer;
    const SamplerFactory make = Making({.until_stopped = true});
    const SamplerFactory create = [&](int pid, const SamplerOptions& options) {
      killer = std::thread([signal] { kill(getpid(), signal); });
      return make(pid, options);
    };
    EXPECT_EQ(Attach(AttachTo({getpid()}), create), kExitDone);
    killer.join();
    EXPECT_EQ(Contents("p.folded"), "work 3\n");
    fs::remove(Path("p.folded"));
  }
}

TEST_F(CommandsTest, ASecondSigtermOrSighupDoesNotLoseTheOutput) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    const SamplerFactory make = Making({.until_stopped = true});
    const SamplerFactory create = [&](int pid, const SamplerOptions& options) {
      kill(getpid(), signal);
      WaitUntilTaken(signal);
      kill(getpid(), signal);
      WaitUntilTaken(signal);
      return make(pid, options);
    };
    EXPECT_EXIT(_exit(Attach(AttachTo({getpid()}), create)), testing::ExitedWithCode(kExitDone),
                "");
    EXPECT_EQ(Contents("p.folded"), "work 3\n");
    fs::remove(Path("p.folded"));
  }
}

TEST_F(CommandsTest, AHangupThatIsIgnoredDoesNotEndSampling) {
  const SamplerFactory make = Making({.until_stopped = true});
  const SamplerFactory create = [&](int pid, const SamplerOptions& options) {
    kill(getpid(), SIGHUP);
    WaitUntilTaken(SIGHUP);
    kill(getpid(), SIGINT);  // would leave at once as the second one
    return make(pid, options);
  };
  const auto attach = [&] {
    signal(SIGHUP, SIG_IGN);
    _exit(Attach(AttachTo({getpid()}), create));
  };
  EXPECT_EXIT(attach(), testing::ExitedWithCode(kExitDone), "");
  EXPECT_EQ(Contents("p.folded"), "work 3\n");
}

TEST_F(CommandsTest, ASecondCtrlCLeavesAtOnceWithoutHalfAFile) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  AttachOptions options = AttachTo({getpid()});
  // Nobody reads the FIFO, so the output can never be finished.
  options.record.outputs = {{Path("fifo"), *FindFormat("json")}};
  const SamplerFactory make = Making({.until_stopped = true});
  const SamplerFactory create = [&](int pid, const SamplerOptions& sampler) {
    kill(getpid(), SIGHUP);
    WaitUntilTaken(SIGHUP);
    kill(getpid(), SIGINT);
    return make(pid, sampler);
  };
  EXPECT_EXIT(_exit(Attach(options, create)), testing::ExitedWithCode(kExitInterrupted), "");
}

TEST_F(CommandsTest, RunExitsWithTheProgramsStatus) {
  EXPECT_EQ(RunProgram(RunOf({"sh", "-c", "exit 7"}), Making({})), 7);
  EXPECT_EQ(RunProgram(RunOf({"sh", "-c", "kill -KILL $$"}), Making({})), 128 + SIGKILL);
  EXPECT_EQ(RunProgram(RunOf({"true"}), Making({})), 0);
  EXPECT_EQ(Contents("p.folded"), "work 3\n");
}

TEST_F(CommandsTest, RunTellsWhyAProgramCannotBeStarted) {
  EXPECT_EQ(RunProgram(RunOf({"spyhop-no-such-program"}), Making({})), kExitNotFound);
  EXPECT_EQ(RunProgram(RunOf({"/etc/passwd"}), Making({})), kExitNotExecutable);
  EXPECT_EQ(RunProgram(RunOf({"/"}), Making({})), kExitNotExecutable);
}

TEST_F(CommandsTest, RunDoesNotStartAProgramWhoseProfileCannotBeWritten) {
  RunOptions options = RunOf({"touch", Path("started")});
  options.record.outputs[0].path = Path("no/p.folded");
  EXPECT_EQ(RunProgram(options, Making({})), kExitCouldNotStart);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CommandsTest, RunLetsAProgramThatIsNotPythonRun) {
  EXPECT_EQ(RunProgram(RunOf({"sh", "-c", "exit 4"}), Failing(absl::UnimplementedError("PyPy"))),
            4);
  EXPECT_EQ(RunProgram(RunOf({"sh", "-c", "exit 5"}),
                       Failing(absl::FailedPreconditionError("not Python"))),
            5);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CommandsTest, RunWaitsForTheInterpreterToStart) {
  int tries = 0;
  const SamplerFactory make = Making({});
  const SamplerFactory create = [&](int pid, const SamplerOptions& options) {
    if (++tries < 4) {
      return absl::StatusOr<std::unique_ptr<Sampler>>(absl::FailedPreconditionError("not yet"));
    }
    return make(pid, options);
  };
  EXPECT_EQ(RunProgram(RunOf({"sleep", "0.3"}), create), 0);
  EXPECT_EQ(tries, 4);
  EXPECT_EQ(Contents("p.folded"), "work 3\n");
}

TEST_F(CommandsTest, RunGivesTheProgramCleanSignals) {
  sigset_t child, old;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child, &old);
  const std::string command = "grep -E '^Sig(Blk|Ign)' /proc/self/status > " + Path("signals");
  EXPECT_EQ(RunProgram(RunOf({"sh", "-c", command}), Making({})), 0);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  EXPECT_EQ(Contents("signals"), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(CommandsTest, RunPassesASignalSentToItOn) {
  std::thread killer;
  const SamplerFactory make = Making({});
  const SamplerFactory create = [&](int pid, const SamplerOptions& options) {
    killer = std::thread([] { kill(getpid(), SIGTERM); });
    return make(pid, options);
  };
  EXPECT_EQ(RunProgram(RunOf({"sleep", "30"}), create), 128 + SIGTERM);
  killer.join();
}

TEST(Messages, ShowHostileNamesHarmlessly) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(Report(absl::NotFoundError("process 7 (a\x1b[31m\nb) has ended")), kExitNoSuchProcess);
  SayInfo("c\rd");
  ReportUsage(absl::InvalidArgumentError("there is no 'e\nf'"), "run");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "spyhop: process 7 (a\\x1b[31m\\nb) has ended\n"
            "spyhop: c\\rd\n"
            "spyhop: there is no 'e\\nf'\n        see: spyhop run --help\n");
}

TEST(ExitStatus, IsTheContracts) {
  EXPECT_EQ(ExitStatusOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitStatusOf(absl::UnknownError("disk full")), 1);
  EXPECT_EQ(ExitStatusOf(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitStatusOf(absl::NotFoundError("")), 3);
  EXPECT_EQ(ExitStatusOf(absl::PermissionDeniedError("")), 4);
  EXPECT_EQ(ExitStatusOf(absl::UnimplementedError("")), 5);
}

}  // namespace
}  // namespace spyhop
