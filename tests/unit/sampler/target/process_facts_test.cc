#include "sampler/target/process_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace spyhop {
namespace {

using std::string_literals::operator""s;

TEST(FindVariable, TakesTheOneOfThatNameOnly) {
  const std::string environ = "AB=1\0A=2\0A=3\0EMPTY=\0ODD\0LAST=x"s;
  EXPECT_EQ(FindVariable(environ, "A"), "2");
  EXPECT_EQ(FindVariable(environ, "AB"), "1");
  EXPECT_EQ(FindVariable(environ, "EMPTY"), "");
  EXPECT_EQ(FindVariable(environ, "LAST"), "x");
  EXPECT_EQ(FindVariable(environ, "ODD"), std::nullopt);
  EXPECT_EQ(FindVariable(environ, "B"), std::nullopt);
  EXPECT_EQ(FindVariable(environ, ""), std::nullopt);
  EXPECT_EQ(FindVariable("", "A"), std::nullopt);
}

TEST(FindVariable, CutsWhatIsTooLong) {
  EXPECT_EQ(FindVariable("A=" + std::string(1 << 20, 'x'), "A")->size(), 4096u);
}

TEST(MainCgroup, IsThatOfVersionTwoOrOfSystemd) {
  EXPECT_EQ(MainCgroup("0::/system.slice/a.service\n"), "/system.slice/a.service");
  EXPECT_EQ(MainCgroup("12:pids:/x\n1:name=systemd:/y\n"), "/y");
  EXPECT_EQ(MainCgroup("12:pids:/x\n1:name=systemd:/y\n0::/\n"), "/y");
  EXPECT_EQ(MainCgroup("12:pids:/x\n0::/z\n"), "/z");
  EXPECT_EQ(MainCgroup("0::/\n"), "/");
  EXPECT_EQ(MainCgroup("3:cpu:/only\n"), "/only");
  EXPECT_EQ(MainCgroup(""), "");
  EXPECT_EQ(MainCgroup("garbage"), "");
}

TEST(FactsOf, TellsThisProcess) {
  const std::optional<ProcessFacts> facts = FactsOf(getpid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->pid, getpid());
  EXPECT_EQ(facts->parent, getppid());
  EXPECT_EQ(facts->user, geteuid());
  EXPECT_GT(facts->start_time, 0u);
  EXPECT_NE(facts->executable.find("unit_sampler"), std::string::npos);
  ASSERT_FALSE(facts->command.empty());
  EXPECT_NE(facts->command[0].find("unit_sampler"), std::string::npos);
}

TEST(FactsOf, IsNothingForNobody) { EXPECT_FALSE(FactsOf(1 << 30)); }

TEST(EnvironmentOf, IsThatOfTheStart) {
  const char* path = getenv("PATH");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(EnvironmentOf(getpid(), "PATH"), path);
  EXPECT_EQ(EnvironmentOf(getpid(), "NO_SUCH_VARIABLE"), std::nullopt);
  EXPECT_EQ(EnvironmentOf(1 << 30, "PATH"), std::nullopt);
}

}  // namespace
}  // namespace spyhop
