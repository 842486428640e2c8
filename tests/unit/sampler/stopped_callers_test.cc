// StoppedCallers of this test's own process: its executable is the interpreter.
#include "sampler/stopped_callers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "sampler/target/process_files.h"
#include "tests/fakes/fake_memory.h"
#include "tests/unit/own_stack.h"
#include "tests/unit/sampler/made_copy.h"
#include "tests/unit/sampler/own_functions.h"

namespace spyhop {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr RemoteAddress kInNoFile(0x10000);

class StoppedCallersTest : public testing::Test {
 protected:
  StoppedCallersTest() { interpreter_.module = files_.Executable(); }

  static NativeCopy Stopped(const OwnStack& stack) { return Stopped(stack, stack.registers.pc); }
  static NativeCopy Stopped(const OwnStack& stack, RemoteAddress pc) {
    const UnwindRegisters& registers = stack.registers;
    return CopyOf<uint8_t>({pc, registers.stack_pointer, registers.rbp, false, -1},
                           absl::MakeSpan(stack.bytes).subspan(0, NativeCopy::kLeafBytes));
  }

  std::vector<CodePlace> PlacesOf(const std::vector<uint64_t>& callers) {
    std::vector<CodePlace> found;
    for (const uint64_t pc : callers) found.push_back(places_.PlaceOnStack(RemoteAddress(pc - 1)));
    return found;
  }

  ProcessFiles files_{getpid()};
  FakeMemory memory_;  // holds nothing: whoever searches finds nothing
  Interpreter interpreter_;
  CodePlaces places_{files_, MakeInterpreter()};
  ProcessUnwinder unwinder_{files_, memory_, places_};
  StoppedCallers callers_{unwinder_, places_};

 private:
  const Interpreter& MakeInterpreter() {
    interpreter_.module = files_.Executable();
    return interpreter_;
  }
};

// AddressSanitizer would keep the array elsewhere (detect_stack_use_after_return).
__attribute__((noinline, no_sanitize("address"))) OwnStack CopyBehindOldReturnAddresses(
    uint64_t old) {
  volatile uint64_t left_behind[16];
  for (volatile uint64_t& word : left_behind) word = old;
  OwnStack stack;
  stack.Take(OwnStack::End());
  left_behind[0] = 1;
  return stack;
}

// The test's own frame is larger than a stop's copy: some small ones below it.
__attribute__((noinline)) OwnStack CopyBelow(int calls) {
  OwnStack stack = calls == 0 ? OwnStack() : CopyBelow(calls - 1);
  if (calls == 0) stack.Take(OwnStack::End());
  return stack;
}

TEST_F(StoppedCallersTest, AreUnwoundAsFarAsTheCopyGoes) {
  const OwnStack stack = CopyBelow(3);
  const absl::Span<const CodePlace> found = callers_.Of(Stopped(stack));
  std::vector<CodePlace> expected = PlacesOf(stack.callers);
  ASSERT_GE(found.size(), 3u);
  ASSERT_LE(found.size(), expected.size());
  expected.resize(found.size());
  EXPECT_THAT(found, ElementsAreArray(expected));
}

TEST_F(StoppedCallersTest, OldReturnAddressesAreNone) {
  // One that a search would take: it is behind a call, in another place than the true callers.
  const RemoteAddress old = RemoteAddress(reinterpret_cast<uint64_t>(spyhop_test_loop)).Plus(16);
  memory_.Fill(RemoteAddress(old.value() - 16), 16, 0x90);
  memory_.Set(RemoteAddress(old.value() - 5), uint8_t{0xE8});
  const OwnStack stack = CopyBehindOldReturnAddresses(old.value());
  const auto taken_for_callers = [&](const NativeCopy& stopped) {
    const absl::Span<const CodePlace> found = callers_.Of(stopped);
    return std::count(found.begin(), found.end(), CodePlace::kEvalLoop);
  };
  EXPECT_EQ(taken_for_callers(Stopped(stack)), 0);
  EXPECT_GE(taken_for_callers(Stopped(stack, kInNoFile)), 16) << "so the stack is searched";
}

TEST_F(StoppedCallersTest, AreSearchedForWhereNoTableTells) {
  const RemoteAddress caller = RemoteAddress(reinterpret_cast<uint64_t>(spyhop_test_loop)).Plus(16);
  memory_.Fill(RemoteAddress(caller.value() - 16), 16, 0x90);
  memory_.Set(RemoteAddress(caller.value() - 5), uint8_t{0xE8});
  const uint64_t words[] = {1, caller.value(), 2};
  const NativeCopy stopped =
      CopyOf<uint64_t>({kInNoFile, RemoteAddress(0x7fff0000), {}, false, -1}, words);
  EXPECT_THAT(callers_.Of(stopped), ElementsAre(CodePlace::kEvalLoop));
}

}  // namespace
}  // namespace spyhop
