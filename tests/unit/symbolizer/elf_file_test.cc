#include "symbolizer/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "symbolizer/memory_map.h"
#include "tests/unit/symbolizer/made_elf.h"

// Names that this test looks up in its own executable.
extern "C" {
int spyhop_elf_file_test_variable = 7;
[[gnu::noinline]] int spyhop_elf_file_test_function() { return spyhop_elf_file_test_variable; }
// Parts of functions, as compilers name them.
[[gnu::used]] void spyhop_split_cold() asm("spyhop_split.cold");
[[gnu::used]] void spyhop_split_part() asm("spyhop_split.part.0");
[[gnu::used]] void spyhop_split_longer() asm("spyhop_split_longer.cold");
[[gnu::used]] char spyhop_split_table asm("spyhop_split.table") = 1;
void spyhop_split_cold() {}
void spyhop_split_part() {}
void spyhop_split_longer() {}
}

namespace spyhop {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

std::string ReadFile(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

absl::StatusOr<ElfFile> OpenBytes(std::string_view bytes) {
  ScopedFd fd(memfd_create("elf_file_test", MFD_CLOEXEC));
  EXPECT_EQ(write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return ElfFile::Open(std::move(fd));
}

ElfFile OpenSelf() {
  absl::StatusOr<ElfFile> file = ElfFile::Open(ScopedFd(open("/proc/self/exe", O_RDONLY)));
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

uint64_t OwnBias(const ElfFile& file) {
  const MemoryMap map = MemoryMap::Parse(ReadFile("/proc/self/maps"));
  const Mapping* code =
      map.Find(RemoteAddress(reinterpret_cast<uint64_t>(&spyhop_elf_file_test_function)));
  return file.LoadBias(*code).value_or(1);
}

TEST(ElfFile, FindsSymbolsWhereTheyAre) {
  const ElfFile file = OpenSelf();
  const uint64_t bias = OwnBias(file);
  bool function = false, variable = false;
  for (const ElfSymbol& symbol : file.FindSymbols(
           {"spyhop_elf_file_test_function", "spyhop_elf_file_test_variable", "no such name"})) {
    const uint64_t address = symbol.address + bias;
    function |= address == reinterpret_cast<uint64_t>(&spyhop_elf_file_test_function);
    variable |= address == reinterpret_cast<uint64_t>(&spyhop_elf_file_test_variable) &&
                symbol.size == sizeof(int);
    EXPECT_FALSE(symbol.local);
  }
  EXPECT_TRUE(function);
  EXPECT_TRUE(variable);
}

std::vector<std::string> NamesOf(const std::vector<ElfSymbol>& symbols) {
  std::vector<std::string> names;
  for (const ElfSymbol& symbol : symbols) names.push_back(symbol.name);
  return names;
}

TEST(ElfFile, FindsAFunctionWithItsParts) {
  const ElfFile file = OpenSelf();
  const std::vector<ElfSymbol> parts = file.FindFunctions({"spyhop_split"});
  EXPECT_THAT(NamesOf(parts),
              testing::UnorderedElementsAre("spyhop_split.cold", "spyhop_split.part.0"))
      << "neither the object nor the longer name";
  for (const ElfSymbol& part : parts) {
    const auto expected = part.name == "spyhop_split.cold" ? &spyhop_split_cold : spyhop_split_part;
    EXPECT_EQ(part.address + OwnBias(file), reinterpret_cast<uint64_t>(expected));
    EXPECT_GT(part.size, 0u);
  }
  EXPECT_THAT(file.FindSymbols({"spyhop_split"}), IsEmpty());
}

TEST(ElfFile, FindsFunctionsByABeginningOfTheirNames) {
  const ElfFile file = OpenSelf();
  EXPECT_THAT(NamesOf(file.FindFunctions({"spyhop_split_*", "no such name*"})),
              testing::ElementsAre("spyhop_split_longer.cold"));
  EXPECT_THAT(NamesOf(file.FindFunctions({"spyhop_split*", "spyhop_split_longer"})),
              testing::UnorderedElementsAre("spyhop_split.cold", "spyhop_split.part.0",
                                            "spyhop_split_longer.cold"))
      << "each once, and no object";
  EXPECT_THAT(file.FindSymbols({"spyhop_split*"}), IsEmpty());
}

TEST(ElfFile, ObjectsAreNoFunctions) {
  EXPECT_THAT(OpenSelf().FindFunctions({"spyhop_elf_file_test_variable"}), IsEmpty());
  EXPECT_THAT(NamesOf(OpenSelf().FindFunctions({"spyhop_elf_file_test_function"})),
              Contains("spyhop_elf_file_test_function"));
}

TEST(ElfFile, EveryMappingGivesTheSameBias) {
  const ElfFile file = OpenSelf();
  const MemoryMap map = MemoryMap::Parse(ReadFile("/proc/self/maps"));
  const Mapping* code =
      map.Find(RemoteAddress(reinterpret_cast<uint64_t>(&spyhop_elf_file_test_function)));
  for (const MappedObject& object : map.Objects()) {
    if (object.path != code->path) continue;
    for (const Mapping& mapping : object.mappings) {
      EXPECT_EQ(file.LoadBias(mapping), file.LoadBias(*code)) << mapping.offset;
    }
  }
}

TEST(ElfFile, MappingBeyondEverySegmentHasNoBias) {
  EXPECT_EQ(OpenSelf().LoadBias({.offset = uint64_t{1} << 40}), std::nullopt);
}

TEST(ElfFile, FindsAllocatedSections) {
  const ElfFile file = OpenSelf();
  const std::optional<ElfSection> data = file.FindSection(".data");
  ASSERT_TRUE(data.has_value());
  const uint64_t variable = reinterpret_cast<uint64_t>(&spyhop_elf_file_test_variable);
  EXPECT_GE(variable, data->address + OwnBias(file));
  EXPECT_LT(variable, data->address + data->size + OwnBias(file));
  EXPECT_EQ(file.FindSection(".nonsense"), std::nullopt);
  EXPECT_EQ(file.FindSection(".symtab"), std::nullopt) << "not in memory";
}

TEST(ElfFile, ListsSegments) {
  const ElfFile file = OpenSelf();
  EXPECT_THAT(file.segments(), Contains(testing::Field(&ElfSegment::writable, true)));
  EXPECT_THAT(file.segments(), Contains(testing::Field(&ElfSegment::executable, true)));
}

TEST(ElfFile, ReadsABuildIdAndDynamicSymbols) {
  // libc has one on every distribution.
  const MemoryMap map = MemoryMap::Parse(ReadFile("/proc/self/maps"));
  const Mapping* libc = map.Find(RemoteAddress(reinterpret_cast<uint64_t>(&std::fclose)));
  if (libc == nullptr || libc->path.find("libc.so") == std::string::npos) return;  // a static build
  absl::StatusOr<ElfFile> file = ElfFile::Open(ScopedFd(open(libc->path.c_str(), O_RDONLY)));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->BuildId(), testing::MatchesRegex("[0-9a-f]{16,64}"));
  EXPECT_THAT(file->FindFunctions({"fclose"}), Contains(testing::Field(&ElfSymbol::dynamic, true)));
}

TEST(ElfFile, RefusesWhatIsNoElfFile) {
  EXPECT_EQ(OpenBytes("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenBytes("#!/bin/sh\necho hello\n").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenBytes("\177ELF").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ElfFile::Open(ScopedFd()).ok());
}

TEST(ElfFile, Refuses32Bit) {
  Elf32_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(header);
  const absl::Status status =
      OpenBytes({reinterpret_cast<const char*>(&header), sizeof(header)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("32-bit"));
}

// A shared object with .dynsym, .dynstr and a build-id, small enough to damage byte by byte.
std::string SmallElf() {
  std::string strings("\0_PyRuntime\0.dynsym\0.dynstr\0.note.gnu.build-id\0", 48);
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shstrndx = 2;
  const Elf64_Phdr load = {.p_type = PT_LOAD,
                           .p_flags = PF_R | PF_W,
                           .p_offset = 0,
                           .p_vaddr = 0x10000,
                           .p_paddr = 0,
                           .p_filesz = 0x400,
                           .p_memsz = 0x1000,
                           .p_align = 0x1000};
  const Elf64_Sym symbols[2] = {{},
                                {.st_name = 1,
                                 .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
                                 .st_other = 0,
                                 .st_shndx = 1,
                                 .st_value = 0x10100,
                                 .st_size = 64}};
  const char note[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\xDE\xAD\xBE\xEF";
  const uint64_t symbols_at = sizeof(header) + sizeof(load);
  const uint64_t strings_at = symbols_at + sizeof(symbols);
  const uint64_t note_at = strings_at + strings.size();
  header.e_shoff = note_at + 20;
  const auto section = [](uint32_t name, uint32_t type, uint64_t offset, uint64_t size,
                          uint32_t link, uint64_t entry) {
    return Elf64_Shdr{.sh_name = name,
                      .sh_type = type,
                      .sh_flags = SHF_ALLOC,
                      .sh_addr = 0x10000 + offset,
                      .sh_offset = offset,
                      .sh_size = size,
                      .sh_link = link,
                      .sh_info = 0,
                      .sh_addralign = 4,
                      .sh_entsize = entry};
  };
  const Elf64_Shdr sections[4] = {{},
                                  section(12, SHT_DYNSYM, symbols_at, sizeof(symbols), 2, 24),
                                  section(20, SHT_STRTAB, strings_at, strings.size(), 0, 0),
                                  section(28, SHT_NOTE, note_at, 20, 0, 0)};
  std::string bytes;
  const auto append = [&bytes](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  };
  append(&header, sizeof(header));
  append(&load, sizeof(load));
  append(symbols, sizeof(symbols));
  bytes += strings;
  append(note, 20);
  append(sections, sizeof(sections));
  return bytes;
}

void UseEverything(const absl::StatusOr<ElfFile>& file) {
  if (!file.ok()) return;
  file->FindSymbols({"_PyRuntime"});
  file->FindSection(".dynsym");
  file->BuildId();
  file->LoadBias({.range = {RemoteAddress(0x1000), RemoteAddress(0x2000)}});
}

TEST(ElfFile, ReadsASmallFileWhole) {
  const absl::StatusOr<ElfFile> file = OpenBytes(SmallElf());
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<ElfSymbol> symbols = file->FindSymbols({"_PyRuntime", "x"});
  ASSERT_THAT(symbols, testing::SizeIs(1));
  EXPECT_EQ(symbols[0].address, 0x10100u);
  EXPECT_EQ(symbols[0].size, 64u);
  EXPECT_TRUE(symbols[0].dynamic);
  EXPECT_EQ(file->BuildId(), "deadbeef");
  EXPECT_TRUE(file->FindSection(".dynsym").has_value());
  EXPECT_EQ(
      file->LoadBias({.range = {RemoteAddress(0x7f0000000000), RemoteAddress(0x7f0000001000)}}),
      0x7f0000000000u - 0x10000u);
}

TEST(ElfFile, SurvivesEveryTruncation) {
  const std::string bytes = SmallElf();
  for (size_t size = 0; size < bytes.size(); ++size)
    UseEverything(OpenBytes(bytes.substr(0, size)));
}

TEST(ElfFile, SurvivesEveryDamagedByte) {
  std::string bytes = SmallElf();
  for (char& byte : bytes) {
    for (const char damage : {'\0', '\x7F', '\x80', '\xFF'}) {
      const char kept = std::exchange(byte, damage);
      UseEverything(OpenBytes(bytes));
      byte = kept;
    }
  }
}

TEST(ElfFile, CopiesNoSectionThatIsHugeOrNotThere) {
  constexpr uint64_t kHuge = (uint64_t{1} << 30) + 1;
  const std::string bytes = MadeElf({{.name = ".huge", .bytes = "x", .size = kHuge},
                                     {.name = ".large", .bytes = "x", .size = 1 << 20}});
  const auto whole = OpenMadeElf(bytes, off_t{20} << 30);
  ASSERT_NE(whole, nullptr);
  EXPECT_THAT(whole->ReadSection(".huge"), IsEmpty());
  EXPECT_THAT(whole->ReadSection(".large"), testing::SizeIs(1 << 20));
  EXPECT_THAT(OpenMadeElf(bytes)->ReadSection(".large"), IsEmpty()) << "beyond the file";
}

TEST(ElfFile, NamesOfSectionsThatAreHugeAreNotRead) {
  std::string bytes = MadeElf({{.name = ".text", .bytes = "x"}});
  EXPECT_THAT(OpenMadeElf(bytes)->FindSections(".text"), testing::SizeIs(1));
  Elf64_Shdr names;
  const size_t at = bytes.size() - sizeof(names);
  std::memcpy(&names, bytes.data() + at, sizeof(names));
  names.sh_size = uint64_t{19} << 30;
  std::memcpy(bytes.data() + at, &names, sizeof(names));
  EXPECT_THAT(OpenMadeElf(bytes, off_t{20} << 30)->FindSections(".text"), IsEmpty());
}

std::string MadeFunctions(int count, uint32_t name_at = 1) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += BytesOf(Elf64_Sym{.st_name = name_at,
                               .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                               .st_other = 0,
                               .st_shndx = 1,
                               .st_value = 0x100 + static_cast<uint64_t>(i),
                               .st_size = 1});
  }
  return bytes;
}

size_t CountFunctions(int count, size_t name_size) {
  const std::string strings = '\0' + std::string(name_size, 'f') + '\0';
  const auto file = OpenMadeElf(
      MadeElf({{.name = ".symtab", .bytes = MadeFunctions(count), .type = SHT_SYMTAB, .link = 2},
               {.name = ".strtab", .bytes = strings, .type = SHT_STRTAB}}));
  return file->FindFunctions({"*"}).size();
}

TEST(ElfFile, ANameThatManySymbolsShareDoesNotFillTheMemory) {
  EXPECT_EQ(CountFunctions(20'000, 40), 20'000u);
  EXPECT_EQ(CountFunctions(20, 60'000), 20u);
  EXPECT_LT(CountFunctions(20'000, 60'000), 50u);
  EXPECT_EQ(CountFunctions(20, 70'000), 0u) << "too long";
}

TEST(ElfFile, ReadsOneTableOfSymbols) {
  const MadeSection table = {
      .name = ".symtab", .bytes = MadeFunctions(3), .type = SHT_SYMTAB, .link = 1};
  const auto file = OpenMadeElf(MadeElf(
      {{.name = ".strtab", .bytes = std::string("\0f", 3), .type = SHT_STRTAB}, table, table}));
  EXPECT_THAT(file->FindFunctions({"f"}), testing::SizeIs(3));
}

}  // namespace
}  // namespace spyhop
