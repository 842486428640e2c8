#include "sampler/core_process.h"

#include <sys/auxv.h>

#include <cstdio>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "symbolizer/memory_map.h"
#include "tests/unit/symbolizer/made_core.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint64_t kCode = 0x10000;
constexpr uint64_t kStack = 0x700000000000;

AddressRange Range(uint64_t begin, uint64_t end) {
  return {RemoteAddress(begin), RemoteAddress(end)};
}

class CoreProcessTest : public testing::Test {
 protected:
  absl::Status Open(const std::string& core, CoreInput input = {}) {
    input.path = path_;
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    std::fwrite(core.data(), 1, core.size(), file);
    std::fclose(file);
    absl::StatusOr<std::unique_ptr<CoreProcess>> process =
        CoreProcess::Open(input, memory_, warnings_);
    if (process.ok()) process_ = *std::move(process);
    return process.status();
  }
  void TearDown() override { std::remove(path_.c_str()); }

  static std::string Thread(int tid, int64_t orig_rax, int64_t rax, uint64_t pc = kCode + 2) {
    user_regs_struct registers = {};
    registers.orig_rax = static_cast<uint64_t>(orig_rax);
    registers.rax = static_cast<uint64_t>(rax);
    registers.rip = pc;
    registers.rsp = kStack;
    registers.rbp = 77;
    return MadeThread(tid, 0, registers);
  }

  const std::string path_ = testing::TempDir() + "core_process_test.core";
  std::unique_ptr<RemoteMemory> memory_;
  std::unique_ptr<CoreProcess> process_;
  std::vector<std::string> warnings_;
};

// `syscall` is 0F 05; -512 is -ERESTARTSYS.
TEST_F(CoreProcessTest, TellsWhatAThreadWasDoingByItsRegisters) {
  const std::string notes =
      Thread(1, 202, -512) + Thread(2, -1, 5) + Thread(3, 62, 0) + Thread(4, 202, -512, kCode + 4);
  ASSERT_TRUE(Open(MadeCore(notes, {{kCode, 0x1000, "\x0F\x05\x90\x90"}})).ok());
  const SyscallState waits = *process_->Probe(1).ReadSyscall();
  EXPECT_FALSE(waits.running || waits.was_running);
  EXPECT_EQ(waits.number, 202);
  EXPECT_EQ(waits.rbp, 77u);
  const SyscallState user_mode = *process_->Probe(2).ReadSyscall();
  EXPECT_TRUE(user_mode.was_running);
  EXPECT_EQ(user_mode.number, -1);
  const SyscallState has_returned = *process_->Probe(3).ReadSyscall();
  EXPECT_TRUE(has_returned.was_running);
  EXPECT_EQ(has_returned.number, 62);
  const SyscallState not_behind_a_call = *process_->Probe(4).ReadSyscall();
  EXPECT_TRUE(not_behind_a_call.was_running);
  EXPECT_EQ(not_behind_a_call.number, -1);
}

TEST_F(CoreProcessTest, ItsThreadsNeverRunAgain) {
  ASSERT_TRUE(Open(MadeCore(Thread(9, 202, -512) + Thread(8, 202, -512), {})).ok());
  EXPECT_THAT(*process_->ThreadIds(), ElementsAre(8, 9));
  ThreadProbe probe = process_->Probe(8);
  EXPECT_EQ(probe.ReadSchedStat()->slices, probe.ReadSchedStat()->slices);
  EXPECT_FALSE(probe.ReadSyscall()->running);
  EXPECT_EQ(process_->live_pid(), 0);
}

TEST_F(CoreProcessTest, TellsWhatWasMappedAsProcDoes) {
  const std::string notes = Thread(1, -1, 0) + MadeAuxiliary({{AT_SYSINFO_EHDR, 0x90000}}) +
                            MadeFiles({{Range(0x1000, 0x2000), 0, "/none/a\nb"},
                                       {Range(0x2000, 0x3000), 1, "/none/a\nb"},
                                       {Range(0x8000, 0x9000), 3, "/none/left out (deleted)"}});
  ASSERT_TRUE(Open(MadeCore(notes, {{0x1000, 0x1000, "", PF_R},
                                    {0x2000, 0x1000, "", PF_R | PF_X},
                                    {0x3000, 0x1000, "", PF_R | PF_W},
                                    {0x90000, 0x1000, "vdso", PF_R | PF_X}}))
                  .ok());
  const MemoryMap map = MemoryMap::Parse(*process_->MapsText());
  ASSERT_EQ(map.mappings().size(), 5u);
  EXPECT_EQ(map.mappings()[1].path, "/none/a\nb");
  EXPECT_EQ(map.mappings()[1].offset, 0x1000u);
  EXPECT_TRUE(map.mappings()[1].executable && map.mappings()[1].has_file());
  EXPECT_EQ(map.mappings()[0].inode, map.mappings()[1].inode);
  EXPECT_TRUE(map.mappings()[2].writable && !map.mappings()[2].has_file());
  EXPECT_TRUE(map.mappings()[3].deleted && map.mappings()[3].readable);
  EXPECT_EQ(map.mappings()[4].path, "[vdso]");
}

// As exec lays it out: argc, arguments, null, environment, null, auxiliary vector, strings.
TEST_F(CoreProcessTest, FindsTheCommandLineOnTheStack) {
  constexpr uint64_t kStrings = kStack + 0x100;
  const std::vector<std::pair<uint64_t, uint64_t>> auxiliary = {{AT_PHDR, 0x1040},
                                                                {AT_RANDOM, kStrings}};
  std::string stack = RawBytes(uint64_t{2}) + RawBytes(kStrings + 16) + RawBytes(kStrings + 24) +
                      RawBytes(uint64_t{0}) + RawBytes(kStrings + 16) + RawBytes(uint64_t{0});
  for (const auto& [type, value] : auxiliary) stack += RawBytes(type) + RawBytes(value);
  stack.resize(0x100, '\1');
  stack += std::string("random bytes, 16python3\0a b.py\0", 31);
  const std::string notes =
      MadeProcess(1, "python3", "python3") + Thread(1, -1, 0) + MadeAuxiliary(auxiliary);
  ASSERT_TRUE(Open(MadeCore(notes, {{kStack, 0x1000, stack}})).ok());
  EXPECT_THAT(process_->CommandLine(), ElementsAre("python3", "a b.py"));
}

TEST_F(CoreProcessTest, HasTheNotesCommandLineElse) {
  ASSERT_TRUE(
      Open(MadeCore(MadeProcess(1, "python3", "python3 a.py") + Thread(1, -1, 0), {})).ok());
  EXPECT_THAT(process_->CommandLine(), ElementsAre("python3 a.py"));
  EXPECT_EQ(process_->ThreadName(1), "python3");
  EXPECT_EQ(process_->ThreadName(2), "");
}

TEST_F(CoreProcessTest, SaysWhichCodeIsMissingAndHowToNameIt) {
  const std::string elf = RawBytes(MadeCoreHeader());
  const std::string notes = Thread(1, -1, 0) + MadeAuxiliary({{AT_PHDR, 0x1040}}) +
                            MadeFiles({{Range(0x1000, 0x2000), 0, "/none/program"},
                                       {Range(0x2000, 0x3000), 0, "/none/library (deleted)"},
                                       {Range(0x3000, 0x4000), 0, "/none/data"}});
  ASSERT_TRUE(Open(MadeCore(notes, {{0x1000, 0x1000, elf}, {0x2000, 0x1000, elf}})).ok());
  EXPECT_EQ(process_->Executable(), "/none/program");
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_THAT(warnings_[0],
              HasSubstr("/none/program cannot be opened: its code is missing; --exe"));
  EXPECT_THAT(warnings_[1], HasSubstr("was deleted while the process ran"));
  EXPECT_FALSE(process_->OpenMapped(Range(0x1000, 0x2000), "/none/program", 0, 1).ok());
}

TEST_F(CoreProcessTest, RefusesAProgramThatIsNotTheCores) {
  const std::string elf = RawBytes(MadeCoreHeader());
  const std::string notes = Thread(1, -1, 0) + MadeAuxiliary({{AT_PHDR, 0x1040}}) +
                            MadeFiles({{Range(0x1000, 0x2000), 0, "/none/program"}});
  const absl::Status status =
      Open(MadeCore(notes, {{0x1000, 0x1000, elf}}), {.executable = "/proc/self/exe"});
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not its program"));
}

TEST_F(CoreProcessTest, TellsWhenAStackWasNotWritten) {
  ASSERT_TRUE(Open(MadeCore(Thread(1, -1, 0), {{kStack, 0x2000, std::string(0x2000, '\0')}})).ok());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_THAT(warnings_[0], HasSubstr("1 thread has only zeros for a stack"));
}

TEST_F(CoreProcessTest, TellsHowItEnded) {
  siginfo_t signal = {};
  signal.si_signo = SIGABRT;
  signal.si_code = SI_TKILL;
  signal.si_pid = 12;
  const std::string notes =
      MadeThread(4, SIGABRT) + MadeNote(NT_SIGINFO, RawBytes(signal)) + MadeThread(3, SIGABRT);
  ASSERT_TRUE(Open(MadeCore(notes, {})).ok());
  const CoreInfo end = process_->End();
  EXPECT_EQ(end.signal, SIGABRT);
  EXPECT_EQ(end.thread, 4);
  EXPECT_EQ(end.sender, 12);
  EXPECT_FALSE(end.address);
  EXPECT_THAT(warnings_, IsEmpty());
}

}  // namespace
}  // namespace spyhop
