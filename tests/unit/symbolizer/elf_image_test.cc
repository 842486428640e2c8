#include "symbolizer/elf_image.h"

#include <elf.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/fakes/fake_memory.h"
#include "tests/unit/symbolizer/made_core.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kAt(0x7f0000000000);

std::string Image(const std::string& notes, uint16_t count = 1) {
  Elf64_Ehdr header = MadeCoreHeader();
  header.e_type = ET_DYN;
  header.e_phnum = count;
  const uint64_t offset = sizeof(header) + sizeof(Elf64_Phdr);
  const Elf64_Phdr segment{.p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes.size()};
  return RawBytes(header) + RawBytes(segment) + notes;
}

std::string BuildIdOf(const std::string& image) {
  FakeMemory memory;
  memory.SetText(kAt, image);
  return BuildIdInMemory(memory, kAt);
}

TEST(ElfImage, FindsTheBuildIdBehindOtherNotes) {
  const std::string notes =
      MadeNote(NT_GNU_ABI_TAG, "abi.", "GNU") + MadeNote(NT_GNU_BUILD_ID, "\x01\xab\xff", "GNU");
  EXPECT_EQ(BuildIdOf(Image(notes)), "01abff");
}

TEST(ElfImage, TellsNothingOfWhatIsNoImageOrHasNone) {
  EXPECT_EQ(
      BuildIdOf("#!/bin/sh and so on, longer than an ELF header would be, by some bytes more"), "");
  EXPECT_EQ(BuildIdOf(Image(MadeNote(NT_GNU_ABI_TAG, "abi.", "GNU"))), "");
  EXPECT_EQ(BuildIdOf(Image(MadeNote(NT_GNU_BUILD_ID, "id", "gnu"))), "");
  EXPECT_EQ(BuildIdOf(Image("", 60000)), "");
}

TEST(ElfImage, IsNotMisledByANoteThatIsLongerThanItsSegment) {
  std::string note = MadeNote(NT_GNU_BUILD_ID, "12345678", "GNU");
  note[4] = '\x7f';  // n_descsz
  EXPECT_EQ(BuildIdOf(Image(note)), "");
}

}  // namespace
}  // namespace spyhop
