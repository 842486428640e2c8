#include "sampler/target/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kSysPtrace = uint64_t{1} << 19;
constexpr uint64_t kDacOverride = uint64_t{1} << 1;

Privileges User() {
  Privileges own;
  own.user = 1000;
  own.program = "/usr/bin/spyhop";
  return own;
}

Privileges Root() {
  Privileges own = User();
  own.user = 0;
  own.capabilities.permitted = own.capabilities.effective = kSysPtrace | kDacOverride;
  return own;
}

Privileges Bounded(ContainerRuntime runtime) {
  Privileges own = User();
  own.user = 0;
  own.capabilities.effective = own.capabilities.bounding = kDacOverride;
  own.container = {runtime, runtime == ContainerRuntime::kNone ? "" : "0123456789abcdef"};
  return own;
}

GuardedProcess Of(uint32_t user) {
  return {.pid = 7, .user = {user, user, user}, .dumpable = true};
}

TEST(Permission, AnotherUsersProcessNeedsRootOrTheCapability) {
  const Refusal refusal = ExplainRefusal(User(), Of(33));
  EXPECT_THAT(refusal.why, HasSubstr("belongs to user 33"));
  EXPECT_THAT(refusal.remedy.lines,
              ElementsAre("sudo /usr/bin/spyhop attach --pid 7",
                          "sudo setcap cap_sys_ptrace,cap_dac_read_search+ep /usr/bin/spyhop"));
}

TEST(Permission, OnesOwnProcessNeedsNoCapabilityForFiles) {
  Privileges own = User();
  own.kernel.yama_scope = 2;
  EXPECT_THAT(ExplainRefusal(own, Of(1000)).remedy.lines,
              Contains("sudo setcap cap_sys_ptrace+ep /usr/bin/spyhop"));
}

TEST(Permission, TracingAloneDoesNotOpenTheFilesOfOthers) {
  Privileges own = User();
  own.capabilities.permitted = own.capabilities.effective = kSysPtrace;
  const Refusal refusal = ExplainRefusal(own, Of(33));
  EXPECT_THAT(refusal.why, HasSubstr("not told to other users"));
  EXPECT_THAT(refusal.remedy.text, HasSubstr("CAP_DAC_READ_SEARCH"));
  EXPECT_THAT(refusal.remedy.lines,
              Contains("sudo setcap cap_sys_ptrace,cap_dac_read_search+ep /usr/bin/spyhop"));
}

TEST(Permission, ASetuidProgramIsNamed) {
  GuardedProcess process = Of(1000);
  process.user.effective = 0;
  EXPECT_THAT(ExplainRefusal(User(), process).why, HasSubstr("setuid"));
}

TEST(Permission, YamaCanBeOpenedForOnesOwnProcessesOnly) {
  const std::string open = "sudo sysctl kernel.yama.ptrace_scope=0";
  Privileges own = User();
  own.kernel.yama_scope = 1;
  EXPECT_THAT(ExplainRefusal(own, Of(1000)).remedy.lines, Contains(open));
  EXPECT_THAT(ExplainRefusal(own, Of(33)).remedy.lines, Not(Contains(open)));
  own.kernel.yama_scope = 2;
  EXPECT_THAT(ExplainRefusal(own, Of(1000)).remedy.lines, Not(Contains(open)));
  EXPECT_THAT(ExplainRefusal(own, Of(1000)).why, HasSubstr("ptrace_scope is 2"));
}

TEST(Permission, YamasThreeHoldsForRootToo) {
  Privileges own = Root();
  own.kernel.yama_scope = 3;
  const Refusal refusal = ExplainRefusal(own, Of(0));
  EXPECT_THAT(refusal.why, HasSubstr("ptrace_scope is 3"));
  EXPECT_THAT(refusal.remedy.text, StartsWith("boot"));
}

TEST(Permission, OnesOwnProcessMayBeGuardedAllTheSame) {
  GuardedProcess process = Of(1000);
  process.dumpable = false;
  EXPECT_THAT(ExplainRefusal(User(), process).why, HasSubstr("not dumpable"));
  process.dumpable = true;
  process.capabilities.permitted = 1 << 10;
  EXPECT_THAT(ExplainRefusal(User(), process).why, HasSubstr("capabilities that Spyhop has not"));
}

TEST(Permission, WhatABoundingSetLacksTheContainersStartHasToGive) {
  EXPECT_THAT(HowToBePermitted(Bounded(ContainerRuntime::kDocker), 7).lines,
              ElementsAre("docker run --cap-add=SYS_PTRACE IMAGE",
                          "docker exec --privileged 0123456789ab /usr/bin/spyhop attach --pid 7"));
  EXPECT_THAT(HowToBePermitted(Bounded(ContainerRuntime::kPodman)).lines,
              Contains("podman run --cap-add=SYS_PTRACE IMAGE"));
  EXPECT_THAT(HowToBePermitted(Bounded(ContainerRuntime::kKubernetes)).lines,
              Contains("securityContext: {capabilities: {add: [SYS_PTRACE]}}"));
  EXPECT_THAT(HowToBePermitted(Bounded(ContainerRuntime::kLxc)).text, HasSubstr("lxc.cap.drop"));
  Privileges dropped = Bounded(ContainerRuntime::kKubernetes);
  dropped.capabilities = {.bounding = 0};
  EXPECT_THAT(HowToBePermitted(dropped).lines,
              Contains("securityContext: {capabilities: {add: [SYS_PTRACE, DAC_READ_SEARCH]}}"));
  Privileges unit = Bounded(ContainerRuntime::kNone);
  unit.unit = "shop.service";
  EXPECT_THAT(HowToBePermitted(unit).lines, Contains("AmbientCapabilities=CAP_SYS_PTRACE"));
}

TEST(Permission, WithoutNewPrivilegesNeitherSudoNorSetcapIsOffered) {
  Privileges own = User();
  own.no_new_privileges = true;
  EXPECT_THAT(HowToBePermitted(own).lines, IsEmpty());
  EXPECT_THAT(HowToBePermitted(own).text, HasSubstr("NoNewPrivileges=no"));
}

TEST(Permission, AFileSystemWithoutSetuidTakesNoFileCapabilities) {
  Privileges own = User();
  own.program_on_nosuid = true;
  EXPECT_THAT(HowToBePermitted(own).InOneLine(), Not(HasSubstr("setcap")));
}

TEST(Permission, APermittedCapabilityHasToBeMadeEffective) {
  Privileges own = User();
  own.capabilities.permitted = kSysPtrace | kDacOverride;
  EXPECT_THAT(HowToBePermitted(own).lines,
              ElementsAre("sudo setcap cap_sys_ptrace,cap_dac_read_search+ep /usr/bin/spyhop"));
}

TEST(Permission, SecurityModulesAreNamed) {
  Privileges own = Root();
  own.kernel.selinux_denies_ptrace = true;
  EXPECT_THAT(HowToBePermitted(own).lines, ElementsAre("sudo setsebool deny_ptrace 0"));
  own.kernel.selinux_denies_ptrace = false;
  own.profile = "docker-default (enforce)";
  own.container = {ContainerRuntime::kDocker, ""};
  EXPECT_THAT(HowToBePermitted(own).InOneLine(), HasSubstr("apparmor=unconfined"));
  EXPECT_THAT(HowToBePermitted(own).text, HasSubstr("docker-default"));
}

TEST(Permission, AFilterIsTheContainersOrTheUnits) {
  Privileges own = Root();
  own.ptrace_call = false;
  own.container = {ContainerRuntime::kDocker, ""};
  EXPECT_THAT(HowToBePermitted(own).InOneLine(), HasSubstr("--cap-add=SYS_PTRACE"));
  own.container = {};
  own.unit = "shop.service";
  EXPECT_THAT(HowToBePermitted(own).lines, ElementsAre("SystemCallFilter=ptrace process_vm_readv"));
}

TEST(Permission, AUserNamespaceIsToBeLeft) {
  Privileges own = Root();
  own.in_user_namespace = true;
  EXPECT_THAT(ExplainRefusal(own, Of(0)).why, HasSubstr("user namespace"));
  EXPECT_THAT(HowToBePermitted(own).text, HasSubstr("outside of its user namespace"));
}

TEST(ShellWord, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(ShellWord("/usr/bin/spyhop-1.0"), "/usr/bin/spyhop-1.0");
  EXPECT_EQ(ShellWord("/a b/$(reboot)"), "'/a b/$(reboot)'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

TEST(Remedy, IsOneLineForMessages) {
  EXPECT_EQ((Remedy{"do this", {"a", "b"}}.InOneLine()), "do this: `a` or `b`");
  EXPECT_EQ((Remedy{"do this", {}}.InOneLine()), "do this");
}

}  // namespace
}  // namespace spyhop
