// CodePlaces of this test's own process: its executable is the interpreter.
#include "sampler/code_places.h"

#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "sampler/target/process_files.h"
#include "tests/unit/sampler/own_functions.h"

namespace spyhop {
namespace {

RemoteAddress At(const void* pointer, uint64_t offset = 0) {
  return RemoteAddress(reinterpret_cast<uint64_t>(pointer) + offset);
}

// A page of a file of that name, mapped executable.
class MappedFile {
 public:
  // `page`: in place of what is mapped there.
  explicit MappedFile(const std::string& name, void* page = nullptr)
      : folder_(testing::TempDir() + "/code_places." + std::to_string(getpid())),
        path_(folder_ + "/" + name) {
    mkdir(folder_.c_str(), 0700);
    std::ofstream(path_) << std::string(4096, '\x90');
    std::FILE* file = std::fopen(path_.c_str(), "r");
    const int flags = MAP_PRIVATE | (page == nullptr ? 0 : MAP_FIXED);
    page_ = mmap(page, 4096, PROT_READ | PROT_EXEC, flags, fileno(file), 0);
    std::fclose(file);
  }
  ~MappedFile() {
    munmap(page_, 4096);
    Delete();
    rmdir(folder_.c_str());
  }
  MappedFile(const MappedFile&) = delete;
  void Delete() { std::remove(path_.c_str()); }
  void* page() const { return page_; }
  RemoteAddress address() const { return At(page_, 8); }

 private:
  const std::string folder_;
  const std::string path_;
  void* page_ = nullptr;
};

// Later than maps are kept for, however long it took to read them.
constexpr Nanos kReadAgain = 100 * kSecond;

class CodePlacesTest : public testing::Test {
 protected:
  CodePlacesTest() { interpreter_.module = files_.Executable(); }
  CodePlaces Make() { return {files_, interpreter_}; }
  CodePlace PlaceOf(RemoteAddress address) { return Make().Of(address, 0); }
  CodePlace PlaceInFile(const std::string& name) { return PlaceOf(MappedFile(name).address()); }

  ProcessFiles files_{getpid()};
  Interpreter interpreter_;
  CodePlaces places_{files_, interpreter_};
  const MemoryMap map_ = MemoryMap::Parse(*files_.MapsText());
};

TEST_F(CodePlacesTest, TellsTheLoopFromItsHelpersByName) {
  EXPECT_EQ(PlaceOf(At(spyhop_test_loop)), CodePlace::kEvalLoop);
  EXPECT_EQ(PlaceOf(At(spyhop_test_loop, 16383)), CodePlace::kEvalLoop);
  EXPECT_EQ(PlaceOf(At(spyhop_test_cold, 3)), CodePlace::kEvalLoop);
  EXPECT_EQ(PlaceOf(At(spyhop_test_vector)), CodePlace::kCalling);
  EXPECT_EQ(PlaceOf(At(spyhop_test_part, 63)), CodePlace::kCalling);
  EXPECT_EQ(PlaceOf(At(spyhop_test_malloc)), CodePlace::kHelper);
  EXPECT_EQ(PlaceOf(At(spyhop_test_builtin_len)), CodePlace::kInterpreter);
  EXPECT_FALSE(Make().loop_is_nameless());
}

TEST_F(CodePlacesTest, EachOpcodeOfATailCallBuildIsTheLoop) {
  EXPECT_EQ(PlaceOf(At(spyhop_test_opcode)), CodePlace::kEvalLoop);
}

TEST_F(CodePlacesTest, AModuleWithoutTheLoopsNamesIsNameless) {
  const Mapping* libc = map_.Find(At(reinterpret_cast<const void*>(&std::fclose)));
  if (libc->path == interpreter_.module) GTEST_SKIP() << "a static build";
  interpreter_.module = libc->path;
  EXPECT_EQ(PlaceOf(libc->range.begin()), CodePlace::kInterpreter);
  EXPECT_TRUE(Make().loop_is_nameless());
}

TEST_F(CodePlacesTest, KnowsTheSystemsLibraries) {
  for (const char* name : {"libc.so.6", "libc-2.31.so", "libm.so.6", "libm-2.31.so",
                           "ld-linux-x86-64.so.2", "ld-2.31.so", "ld-musl-x86_64.so.1",
                           "libpthread-2.31.so", "libstdc++.so.6.0.30", "libjemalloc.so.2"}) {
    EXPECT_EQ(PlaceInFile(name), CodePlace::kHelper) << name;
  }
}

TEST_F(CodePlacesTest, NamesThatBeginLikeThoseAreOtherLibraries) {
  for (const char* name :
       {"libcrypto.so.3", "libmpdec.so.3", "libclang.so", "libcurl.so.4", "libm_extra.so", "libc",
        "libstd.so", "_multiarray_umath.so", "libmvec-gnu.so"}) {
    EXPECT_EQ(PlaceInFile(name), CodePlace::kLibrary) << name;
  }
}

TEST_F(CodePlacesTest, ADeletedFileIsWhatItWas) {
  MappedFile libc("libc.so.6");
  MappedFile library("numpy.so");
  libc.Delete();
  library.Delete();
  EXPECT_EQ(PlaceOf(libc.address()), CodePlace::kHelper);
  EXPECT_EQ(PlaceOf(library.address()), CodePlace::kLibrary);
}

TEST_F(CodePlacesTest, TheKernelsPagesAreHelpers) {
  const unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
  if (vdso == 0) GTEST_SKIP() << "a kernel without a vDSO";
  EXPECT_EQ(PlaceOf(RemoteAddress(vdso)), CodePlace::kHelper);
}

TEST_F(CodePlacesTest, CodeWithoutAFileAndDataAreUnknown) {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int local = 0;
  EXPECT_EQ(PlaceOf(At(page)), CodePlace::kUnknown);
  EXPECT_EQ(PlaceOf(At(&local)), CodePlace::kUnknown);
  EXPECT_EQ(PlaceOf(RemoteAddress()), CodePlace::kUnknown);
  munmap(page, 4096);
}

TEST_F(CodePlacesTest, FindsALibraryThatIsLoadedLaterButDoesNotReadTheMapForEachWord) {
  CodePlaces places = Make();
  const MappedFile library("later.so");
  EXPECT_EQ(places.PlaceOnStack(library.address()), CodePlace::kUnknown);
  EXPECT_EQ(places.Of(library.address(), 99 * kMillisecond), CodePlace::kUnknown);
  EXPECT_EQ(places.Of(library.address(), kReadAgain), CodePlace::kLibrary);
  EXPECT_EQ(places.PlaceOnStack(library.address()), CodePlace::kLibrary);
}

TEST_F(CodePlacesTest, FindsALibraryThatIsLoadedWhereAnotherOneWas) {
  const MappedFile library("first.so");
  CodePlaces places = Make();
  const int generation = places.generation();
  ASSERT_EQ(places.Of(library.address(), 0), CodePlace::kLibrary);
  const MappedFile second("second.so", library.page());
  EXPECT_EQ(places.Of(library.address(), 999 * kMillisecond), CodePlace::kLibrary);
  EXPECT_EQ(places.generation(), generation);
  EXPECT_EQ(places.Of(library.address(), kReadAgain), CodePlace::kLibrary);
  EXPECT_NE(places.generation(), generation);
}

}  // namespace
}  // namespace spyhop
