#include "sampler/target/thread_probe.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace spyhop {
namespace {

// Captured from Linux 6.1: 123 minor faults, 31 user and 47 system ticks, on CPU 5.
std::string StatOf(std::string_view name) {
  return "4711 (" + std::string(name) +
         ") R 1 4711 4711 34816 4711 4194304 123 9 2 1 31 47 5 6 20 0 3 0 88112 24219648 2841 "
         "18446744073709551615 94010 94020 140720 0 0 0 0 16781312 2 0 0 0 17 5 0 0 0 0 0 94030 "
         "94040 94050 140730 140740 140750 140760 0\n";
}

TEST(ParseStatOfThread, ReadsTicksFaultsAndCpu) {
  const std::optional<CpuTicks> ticks = ParseTicks(StatOf("python3"));
  ASSERT_TRUE(ticks.has_value());
  EXPECT_EQ(ticks->minor_faults, 123u);
  EXPECT_EQ(ticks->user, 31u);
  EXPECT_EQ(ticks->system, 47u);
  EXPECT_EQ(ParseCpu(StatOf("python3")), 5);
}

TEST(ParseStatOfThread, ANameMayHoldAnything) {
  for (const std::string_view name : {"", "a b c", ") S 1", "))) R 2 3", "(", "x) S 1 2 3 (y"}) {
    const std::optional<CpuTicks> ticks = ParseTicks(StatOf(name));
    ASSERT_TRUE(ticks.has_value()) << name;
    EXPECT_EQ(ticks->user, 31u) << name;
    EXPECT_EQ(ticks->minor_faults, 123u) << name;
    EXPECT_EQ(ParseCpu(StatOf(name)), 5) << name;
  }
}

TEST(ParseStatOfThread, TextThatIsCutBeforeAFieldDoesNotHaveIt) {
  const std::string whole = StatOf("a) b");
  const size_t ticks_begin = whole.find(" 31 47 ");
  const size_t cpu_begin = whole.find(" 17 5 ") + 3;
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string_view text = std::string_view(whole).substr(0, size);
    EXPECT_EQ(ParseTicks(text).has_value(), size > ticks_begin + 4) << text;
    EXPECT_EQ(ParseCpu(text).has_value(), size > cpu_begin + 1) << text;
  }
}

TEST(ParseStatOfThread, NumbersThatDoNotFitAreNone) {
  std::string text = StatOf("python3");
  text.replace(text.find(" 31 "), 4, " 18446744073709551615 ");
  EXPECT_EQ(ParseTicks(text)->user, UINT64_MAX);
  text.replace(text.find(" 18446744073709551615 47"), 22, " 18446744073709551616 ");
  EXPECT_EQ(ParseTicks(text), std::nullopt);
  std::string cpu = StatOf("python3");
  cpu.replace(cpu.find(" 17 5 "), 6, " 17 99999999999 ");
  EXPECT_EQ(ParseCpu(cpu), std::nullopt);
}

TEST(ParseSchedStat, NeedsAllThreeNumbers) {
  EXPECT_EQ(ParseSchedStat("12 34 56\n"), (SchedStat{12, 34, 56}));
  EXPECT_EQ(ParseSchedStat("12 34"), std::nullopt);
  EXPECT_EQ(ParseSchedStat(""), std::nullopt);
}

TEST(ParseSyscall, TellsRunningBlockedAndBlockedOutsideACall) {
  EXPECT_TRUE(ParseSyscall("running\n")->running);
  const std::optional<SyscallState> call =
      ParseSyscall("202 0x7f01 0x189 0x0 0x0 0x0 0xffffffff 0x7ffd10 0x7f22\n");
  ASSERT_TRUE(call.has_value());
  EXPECT_FALSE(call->running);
  EXPECT_EQ(call->number, 202);
  EXPECT_EQ(call->arguments[1], 0x189u);
  EXPECT_EQ(call->arguments[5], 0xffffffffu);
  EXPECT_EQ(call->stack_pointer, RemoteAddress(0x7ffd10));
  EXPECT_EQ(call->pc, RemoteAddress(0x7f22));
  const std::optional<SyscallState> none = ParseSyscall("-1 0x7ffd10 0x7f22\n");
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->number, -1);
  EXPECT_EQ(none->pc, RemoteAddress(0x7f22));
  EXPECT_EQ(ParseSyscall("202 0x7f01 0x189"), std::nullopt);
  EXPECT_EQ(ParseSyscall(""), std::nullopt);
}

TEST(ThreadProbe, ReadsAThreadAgainAndAgain) {
  ThreadProbe probe(getpid(), gettid());
  const std::optional<SchedStat> before = probe.ReadSchedStat();
  sched_yield();
  const std::optional<SchedStat> after = probe.ReadSchedStat();
  ASSERT_TRUE(before.has_value() && after.has_value());
  EXPECT_GE(after->on_cpu, before->on_cpu);
  EXPECT_TRUE(probe.ReadTicks().has_value());
  EXPECT_TRUE(probe.ReadCpu().has_value());
  EXPECT_EQ(probe.ReadSyscall()->number, SYS_pread64) << "it is asked by the thread itself";
}

TEST(ThreadProbe, AThreadThatIsNotThereHasNothing) {
  ThreadProbe probe(getpid(), 0x7fffffff);
  EXPECT_EQ(probe.ReadSchedStat(), std::nullopt);
  EXPECT_EQ(probe.ReadTicks(), std::nullopt);
  EXPECT_EQ(probe.ReadCpu(), std::nullopt);
}

}  // namespace
}  // namespace spyhop
