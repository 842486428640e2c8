#include "symbolizer/core_file.h"

#include <sys/auxv.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/symbolizer/made_core.h"

namespace spyhop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

AddressRange Range(uint64_t begin, uint64_t end) {
  return {RemoteAddress(begin), RemoteAddress(end)};
}

std::string ErrorOf(const std::string& bytes) {
  return std::string(OpenMadeCore(bytes).status().message());
}

std::string Signal(int number, int code, uint64_t address) {
  siginfo_t signal = {};
  signal.si_signo = number;
  signal.si_code = code;
  signal.si_addr = reinterpret_cast<void*>(address);
  return MadeNote(NT_SIGINFO, RawBytes(signal));
}

TEST(CoreFile, TellsThreadsWithTheirRegisters) {
  user_regs_struct registers = {};
  registers.rip = 0x1000;
  registers.rsp = 0x7f00;
  registers.rbp = 3;
  registers.rax = 7;
  registers.orig_rax = 202;
  registers.rdi = 10;
  registers.rsi = 11;
  registers.rdx = 12;
  registers.r10 = 13;
  registers.r8 = 14;
  registers.r9 = 15;
  const auto core = OpenMadeCore(MadeCore(MadeThread(5, 0, registers) + MadeThread(6), {}));
  ASSERT_TRUE(core.ok()) << core.status();
  ASSERT_THAT(core->threads(), SizeIs(2));
  const CoreThread& first = core->threads()[0];
  EXPECT_EQ(first.tid, 5);
  EXPECT_EQ(first.registers.pc, RemoteAddress(0x1000));
  EXPECT_EQ(first.registers.stack_pointer, RemoteAddress(0x7f00));
  EXPECT_EQ(first.registers.rbp, 3u);
  EXPECT_EQ(first.registers.rax, 7);
  EXPECT_EQ(first.registers.orig_rax, 202);
  EXPECT_THAT(first.registers.arguments, testing::ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_EQ(core->threads()[1].tid, 6);
}

TEST(CoreFile, TellsTheProcess) {
  const auto core =
      OpenMadeCore(MadeCore(MadeProcess(4, "python3", "python3 a.py ") + MadeThread(5), {}));
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_EQ(core->pid(), 4);
  EXPECT_EQ(core->uid(), 1000u);
  EXPECT_EQ(core->name(), "python3");
  EXPECT_EQ(core->command(), "python3 a.py");
  EXPECT_EQ(core->missing_bytes(), 0u);
}

TEST(CoreFile, TellsTheSignalOfTheFirstThread) {
  const auto core =
      OpenMadeCore(MadeCore(MadeThread(5, SIGSEGV) + Signal(SIGSEGV, SEGV_MAPERR, 8), {}));
  ASSERT_TRUE(core.ok() && core->signal());
  EXPECT_EQ(core->signal()->number, SIGSEGV);
  EXPECT_EQ(core->signal()->code, SEGV_MAPERR);
  EXPECT_EQ(core->signal()->address, 8u);
}

// gcore stops with a signal of its own, and tells of that.
TEST(CoreFile, TellsNoSignalWhenTheThreadsHadNone) {
  const auto core = OpenMadeCore(MadeCore(MadeThread(5) + Signal(SIGSTOP, SI_KERNEL, 0), {}));
  ASSERT_TRUE(core.ok());
  EXPECT_FALSE(core->signal());
}

TEST(CoreFile, TellsMappedFilesByAddressAndAuxiliaryValues) {
  const std::string notes = MadeThread(5) +
                            MadeFiles({{Range(0x9000, 0xa000), 2, "/b"},
                                       {Range(0x1000, 0x3000), 0, "/a b (deleted)"},
                                       {Range(0x2000, 0x4000), 0, "/overlaps"},
                                       {Range(0x5000, 0x5000), 0, "/empty"}}) +
                            MadeAuxiliary({{AT_PHDR, 0x1040}, {AT_ENTRY, 0x1200}});
  const auto core = OpenMadeCore(MadeCore(notes, {}));
  ASSERT_TRUE(core.ok());
  ASSERT_THAT(core->mapped_files(), SizeIs(2));
  EXPECT_EQ(core->mapped_files()[0].path, "/a b (deleted)");
  EXPECT_EQ(core->mapped_files()[1].path, "/b");
  EXPECT_EQ(core->mapped_files()[1].offset, 0x2000u);
  EXPECT_EQ(core->Auxiliary(AT_PHDR), 0x1040u);
  EXPECT_EQ(core->Auxiliary(AT_BASE), 0u);
}

TEST(CoreFile, KeepsTheFirstOfSegmentsThatOverlap) {
  const auto core = OpenMadeCore(
      MadeCore(MadeThread(5),
               {{0x5000, 0x1000, "b", PF_R | PF_X}, {0x1000, 0x3000, "a"}, {0x2000, 0x9000, "c"}}));
  ASSERT_TRUE(core.ok());
  ASSERT_THAT(core->segments(), SizeIs(2));
  EXPECT_EQ(core->segments()[0].range.begin(), RemoteAddress(0x1000));
  EXPECT_TRUE(core->segments()[1].executable && !core->segments()[1].writable);
  EXPECT_EQ(core->SegmentAt(RemoteAddress(0x3fff)), &core->segments()[0]);
  EXPECT_EQ(core->SegmentAt(RemoteAddress(0x4000)), nullptr);
}

TEST(CoreFile, LeavesOutSegmentsThatWrapAndThreadsTwice) {
  const auto core = OpenMadeCore(
      MadeCore(MadeThread(5) + MadeThread(5) + MadeThread(-1), {{UINT64_MAX - 10, 0x1000, "a"}}));
  ASSERT_TRUE(core.ok());
  EXPECT_THAT(core->segments(), IsEmpty());
  EXPECT_THAT(core->threads(), SizeIs(1));
}

TEST(CoreFile, CountsWhatIsMissingAtItsEnd) {
  const std::string whole = MadeCore(
      MadeThread(5), {{.address = 0x1000, .size = 0x1000, .bytes = std::string(0x1000, 'a')}});
  const auto core = OpenMadeCore(whole.substr(0, whole.size() - 100));
  ASSERT_TRUE(core.ok());
  EXPECT_EQ(core->missing_bytes(), 100u);
}

TEST(CoreFile, LeavesOutNotesThatAreCutOrOfOthers) {
  std::string cut = MadeThread(6);
  cut.resize(cut.size() - 8);
  const std::string foreign = MadeNote(NT_PRSTATUS, std::string(sizeof(prstatus_t), '\1'), "LINUX");
  const auto core = OpenMadeCore(MadeCore(MadeThread(5) + foreign + cut, {}));
  ASSERT_TRUE(core.ok());
  EXPECT_THAT(core->threads(), SizeIs(1));
}

TEST(CoreFile, IsNotMisledByCountsThatCannotBe) {
  const std::string contents = RawBytes(UINT64_MAX / 8) + RawBytes(uint64_t{4096}) + "/a";
  const auto core = OpenMadeCore(MadeCore(MadeThread(5) + MadeNote(NT_FILE, contents), {}));
  ASSERT_TRUE(core.ok());
  EXPECT_THAT(core->mapped_files(), IsEmpty());
}

TEST(CoreFile, RefusesWhatIsNone) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf("#!/bin/sh\n"), HasSubstr("not an ELF file"));
  EXPECT_THAT(ErrorOf("\x7f"
                      "ELF"),
              HasSubstr("ELF"));
  EXPECT_THAT(ErrorOf("\x28\xB5\x2F\xFD...."), HasSubstr("zstd -d"));
  EXPECT_THAT(ErrorOf(MadeCore(MadeProcess(4, "a", "a"), {})), HasSubstr("no thread"));
  Elf64_Ehdr header = MadeCoreHeader();
  header.e_type = ET_DYN;
  EXPECT_THAT(ErrorOf(MadeCore(MadeThread(5), {}, header)), HasSubstr("--exe"));
}

TEST(CoreFile, RefusesOtherMachines) {
  Elf64_Ehdr header = MadeCoreHeader();
  header.e_machine = EM_AARCH64;
  const auto other = OpenMadeCore(MadeCore(MadeThread(5), {}, header));
  EXPECT_TRUE(absl::IsUnimplemented(other.status())) << other.status();
  header = MadeCoreHeader();
  header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(ErrorOf(MadeCore(MadeThread(5), {}, header)), HasSubstr("32-bit"));
}

TEST(CoreFile, SaysThatTheThreadsLieBehindTheCut) {
  const std::string whole = MadeCore(MadeThread(5), {});
  EXPECT_THAT(ErrorOf(whole.substr(0, whole.size() - 50)), HasSubstr("50 bytes are missing"));
}

// e_phnum's value for more than 65,534 lies in the first section's header (elf(5), PN_XNUM).
TEST(CoreFile, RefusesAMillionsOfSegments) {
  Elf64_Ehdr header = MadeCoreHeader();
  header.e_phnum = PN_XNUM;
  header.e_shoff = sizeof(header);
  header.e_shnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  const std::string bytes = RawBytes(header) + RawBytes(Elf64_Shdr{.sh_info = 3'000'000});
  EXPECT_FALSE(OpenMadeCore(bytes + std::string(1 << 20, '\0')).ok());
}

}  // namespace
}  // namespace spyhop
