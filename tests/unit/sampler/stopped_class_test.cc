// ClassOfStopped in this test's own process: its executable is the interpreter.
#include "sampler/stopped_class.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <initializer_list>
#include <vector>

#include "sampler/target/process_files.h"
#include "symbolizer/memory_map.h"
#include "tests/fakes/fake_memory.h"
#include "tests/unit/sampler/made_copy.h"
#include "tests/unit/sampler/own_functions.h"

namespace spyhop {
namespace {

using enum OpcodeFamily;

class ClassOfStoppedTest : public testing::Test {
 protected:
  ClassOfStoppedTest() {
    interpreter_.module = files_.Executable();
    // A static build has neither.
    const MemoryMap map = MemoryMap::Parse(*files_.MapsText());
    for (const Mapping& mapping : map.mappings()) {
      const bool system = mapping.path.find("/libc.so") != std::string::npos;
      if (mapping.executable && system) libc_ = mapping;
      const bool own = mapping.path == interpreter_.module;
      if (mapping.executable && mapping.has_file() && !own && IsLibrary(mapping)) {
        library_ = mapping.range.begin().Plus(64);
      }
    }
  }

  bool IsLibrary(const Mapping& mapping) {
    return CodePlaces(files_, interpreter_).PlaceOnStack(mapping.range.begin()) ==
           CodePlace::kLibrary;
  }

  // A thread at `pc` with these return addresses on its stack, leaf first.
  TimeClass ClassOf(const void* pc, OpcodeFamily family,
                    std::initializer_list<RemoteAddress> callers = {}, bool collecting = false) {
    return ClassAt(RemoteAddress(reinterpret_cast<uint64_t>(pc)), family, callers, collecting);
  }
  TimeClass ClassAt(RemoteAddress pc, OpcodeFamily family,
                    std::initializer_list<RemoteAddress> callers = {}, bool collecting = false) {
    // Saved registers and locals lie between.
    std::vector<uint64_t> words = {1, 0x7ffd0000, 0};
    for (const RemoteAddress caller : callers) {
      words.insert(words.end(), {caller.value(), 42});
    }
    CodePlaces places(files_, interpreter_);
    ProcessUnwinder unwinder(files_, memory_, places);
    StoppedCallers found(unwinder, places);
    return ClassOfStopped(CopyOf<uint64_t>({pc, RemoteAddress(0x7fff0000), {}, false, -1}, words),
                          family, collecting, places, found, 0);
  }

  // An address 16 bytes into the function, behind a call.
  RemoteAddress CallIn(const void* function) {
    return MakeCall(RemoteAddress(reinterpret_cast<uint64_t>(function)));
  }
  RemoteAddress MakeCall(RemoteAddress function) {
    memory_.Fill(function, 16, 0x90);
    memory_.Set(function.Plus(11), uint8_t{0xE8});
    return function.Plus(16);
  }
  // The same without a call before it: an address of code that was left on the stack.
  RemoteAddress Stale(const void* function) {
    const RemoteAddress begin(reinterpret_cast<uint64_t>(function));
    memory_.Fill(begin, 48, 0x90);
    return begin.Plus(40);
  }

  ProcessFiles files_{getpid()};
  FakeMemory memory_;
  Interpreter interpreter_;
  Mapping libc_;
  RemoteAddress library_;
};

TEST_F(ClassOfStoppedTest, TheLoopIsPythonWhateverItsInstructionCalls) {
  for (const OpcodeFamily family : {kOther, kCall, kCallPython, kCallNative, kEvalBreaker}) {
    EXPECT_EQ(ClassOf(spyhop_test_loop, family), TimeClass::kPython);
  }
}

TEST_F(ClassOfStoppedTest, AnInstructionThatCallsNothingIsPythonInTheInterpreter) {
  const RemoteAddress loop = CallIn(spyhop_test_loop);
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kOther, {loop}), TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kOther, {loop}), TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kCallPython, {loop}), TimeClass::kPython);
}

TEST_F(ClassOfStoppedTest, ACallIsNativeInACFunctionAndPythonOnTheWayToAPythonOne) {
  const RemoteAddress loop = CallIn(spyhop_test_loop);
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kCall, {loop}), TimeClass::kNative);
  EXPECT_EQ(ClassOf(spyhop_test_vector, kCall, {loop}), TimeClass::kPython);
}

TEST_F(ClassOfStoppedTest, ACallOfACFunctionIsNativeEverywhereButInTheLoop) {
  EXPECT_EQ(ClassOf(spyhop_test_vector, kCallNative), TimeClass::kNative);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCallNative), TimeClass::kNative);
}

TEST_F(ClassOfStoppedTest, AHelperIsItsCallers) {
  const RemoteAddress loop = CallIn(spyhop_test_loop);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall, {loop}), TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall, {CallIn(spyhop_test_vector), loop}),
            TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall, {CallIn(spyhop_test_builtin_len), loop}),
            TimeClass::kNative);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall,
                    {CallIn(spyhop_test_malloc), CallIn(spyhop_test_builtin_len), loop}),
            TimeClass::kNative)
      << "a helper of a helper";
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall, {CallIn(spyhop_test_malloc), loop}),
            TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall), TimeClass::kPython) << "nobody else is there";
}

TEST_F(ClassOfStoppedTest, WordsThatAreNoReturnAddressesDecideNothing) {
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kCall,
                    {Stale(spyhop_test_builtin_len), CallIn(spyhop_test_vector)}),
            TimeClass::kPython);
}

TEST_F(ClassOfStoppedTest, GarbageCollectionIsTheInterpretersWork) {
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kCall, {}, true), TimeClass::kPython);
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kCallNative, {}, true), TimeClass::kPython);
}

TEST_F(ClassOfStoppedTest, ALibraryIsNativeAndSoIsWhatItCalls) {
  if (library_.is_null()) GTEST_SKIP() << "no library but the system's";
  const RemoteAddress loop = CallIn(spyhop_test_loop);
  const RemoteAddress library = MakeCall(library_);
  EXPECT_EQ(ClassAt(library_, kOther, {loop}), TimeClass::kNative);
  EXPECT_EQ(ClassAt(library_, kOther, {loop}, true), TimeClass::kNative)
      << "a finalizer of its own";
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kOther, {library, loop}), TimeClass::kNative);
  EXPECT_EQ(ClassOf(spyhop_test_malloc, kOther, {library, loop}), TimeClass::kNative);
  EXPECT_EQ(ClassOf(spyhop_test_builtin_len, kOther, {loop, library}), TimeClass::kPython)
      << "the library called the loop";
}

TEST_F(ClassOfStoppedTest, WithoutAnyNamesTheInterpreterIsTheLoopUnlessItCalls) {
  if (libc_.range.size() == 0) GTEST_SKIP() << "a static build";
  interpreter_.module = libc_.path;
  const RemoteAddress inside = libc_.range.begin().Plus(256);
  EXPECT_EQ(ClassAt(inside, kOther), TimeClass::kPython);
  EXPECT_EQ(ClassAt(inside, kCall), TimeClass::kNative);
  EXPECT_EQ(ClassAt(inside, kCallNative), TimeClass::kNative);
}

}  // namespace
}  // namespace spyhop
