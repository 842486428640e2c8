#include "symbolizer/unwinder.h"

#include <alloca.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <thread>

#include "symbolizer/elf_file.h"
#include "symbolizer/epilogue.h"
#include "symbolizer/memory_map.h"
#include "symbolizer/prologue.h"
#include "tests/unit/own_stack.h"
#include "tests/unit/symbolizer/open_elf.h"

namespace spyhop {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAreArray;
using ::testing::SizeIs;

std::vector<CodeModule> OwnModules() {
  std::ifstream text("/proc/self/maps");
  const MemoryMap map = MemoryMap::Parse(std::string(std::istreambuf_iterator<char>(text), {}));
  std::vector<CodeModule> modules;
  for (const MappedObject& object : map.Objects()) {
    const std::shared_ptr<const ElfFile> file = OpenElf(object.path);
    if (file == nullptr) continue;
    const std::shared_ptr<CallFrames> frames = CallFrames::Open(file);
    for (const Mapping& mapping : object.mappings) {
      const std::optional<uint64_t> bias = file->LoadBias(mapping);
      if (mapping.executable && bias) modules.push_back({mapping.range, *bias, frames});
    }
  }
  return modules;
}

OwnStack taken;

uint64_t end_of_stack;

__attribute__((noinline)) void Take() { taken.Take(end_of_stack); }

class UnwinderTest : public ::testing::Test {
 protected:
  UnwinderTest() { end_of_stack = OwnStack::End(); }

  std::optional<CodeModule> ModuleAt(RemoteAddress pc) {
    ++asked_;
    for (const CodeModule& module : modules_) {
      if (module.code.Contains(pc)) return module;
    }
    return std::nullopt;
  }

  // The callers as our unwinder sees them.
  std::vector<uint64_t> Unwound(const OwnStack& stack) {
    end_ = unwinder_.Unwind(stack.registers, stack.copy(), frames_);
    std::vector<uint64_t> callers;
    for (size_t i = 1; i < frames_.size(); ++i) callers.push_back(frames_[i].pc.value());
    return callers;
  }

  void ExpectAsLibgcc() {
    EXPECT_THAT(Unwound(taken), ElementsAreArray(taken.callers));
    EXPECT_EQ(end_, UnwindEnd::kWhole);
  }

  std::vector<CodeModule> modules_ = OwnModules();
  int asked_ = 0;
  Unwinder unwinder_{[this](RemoteAddress pc) { return ModuleAt(pc); }};
  std::vector<NativeFrame> frames_;
  UnwindEnd end_ = UnwindEnd::kTooDeep;
};

__attribute__((noinline)) int Descend(int depth) {
  if (depth == 0) {
    Take();
    return 0;
  }
  // Not a loop: each call is a frame of its own.
  volatile int below = Descend(depth - 1);
  return below + 1;
}

TEST_F(UnwinderTest, FollowsCallsToTheOutermostFunction) {
  EXPECT_EQ(Descend(20), 20);
  ExpectAsLibgcc();
}

TEST_F(UnwinderTest, AsksForEachModuleOnceUntilItForgets) {
  Descend(20);
  ExpectAsLibgcc();
  const int asked = asked_;
  EXPECT_LE(asked, 3) << "this executable, the C library, libgtest";
  ExpectAsLibgcc();
  EXPECT_EQ(asked_, asked);
  unwinder_.Forget();
  ExpectAsLibgcc();
  EXPECT_EQ(asked_, 2 * asked);
}

TEST_F(UnwinderTest, FollowsACallbackFromTheCLibrary) {
  std::array<int, 3> numbers{3, 1, 2};
  qsort(numbers.data(), numbers.size(), sizeof(int), [](const void* a, const void* b) {
    Take();
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
  ExpectAsLibgcc();
}

TEST_F(UnwinderTest, FollowsASignalHandlerIntoWhatItInterrupted) {
  signal(SIGUSR1, [](int) { Take(); });
  raise(SIGUSR1);
  signal(SIGUSR1, SIG_DFL);
  ExpectAsLibgcc();
  const auto interrupted = [](const NativeFrame& frame) { return frame.interrupted; };
  EXPECT_EQ(std::count_if(frames_.begin(), frames_.end(), interrupted), 2)
      << "the innermost, and the one in which the signal came";
}

__attribute__((noinline)) void Realign(size_t more) {
  alignas(256) volatile char aligned[256];
  volatile char* variable = static_cast<volatile char*>(alloca(more));
  variable[0] = 1;
  aligned[0] = variable[0];
  Take();
  variable[0] = aligned[0];
}

TEST_F(UnwinderTest, FollowsAFunctionThatRealignsItsStack) {
  Realign(1000);
  ExpectAsLibgcc();
}

TEST_F(UnwinderTest, EndsWhereAThreadBegan) {
  std::thread thread([] {
    end_of_stack = OwnStack::End();
    Descend(3);
  });
  thread.join();
  ExpectAsLibgcc();
}

TEST_F(UnwinderTest, AnUnknownRbpIsLearnedFromTheFrameThatSavedIt) {
  Descend(20);
  // Take() itself is left by hand: it may hang on rbp.
  Unwound(taken);
  OwnStack caller = taken;
  ASSERT_GT(frames_.size(), 2u);
  const uint64_t above = frames_[1].stack_pointer.value() - taken.registers.stack_pointer.value();
  caller.registers = {frames_[1].pc, frames_[1].stack_pointer, std::nullopt};
  caller.bytes.erase(caller.bytes.begin(), caller.bytes.begin() + static_cast<ptrdiff_t>(above));
  caller.callers.erase(caller.callers.begin());
  const std::vector<uint64_t> found = Unwound(caller);
  // It may stop, and never goes wrong.
  EXPECT_THAT(end_, AnyOf(UnwindEnd::kWhole, UnwindEnd::kUnknownRegister));
  ASSERT_LE(found.size(), caller.callers.size());
  EXPECT_TRUE(std::equal(found.begin(), found.end(), caller.callers.begin()));
  EXPECT_EQ(found.size() == caller.callers.size(), end_ == UnwindEnd::kWhole);
}

// Keeps its frame in rbp, for where its variable begins is not known when it is compiled.
__attribute__((noinline)) void TakeBelowAVariable(size_t size) {
  volatile char* variable = static_cast<volatile char*>(alloca(size));
  variable[0] = 1;
  taken.Take(end_of_stack);
  variable[size - 1] = variable[0];
}

// Direct calls only.
class OwnCode : public CodeQuestions {
 public:
  explicit OwnCode(bool with_prologues) : with_prologues_(with_prologues) {}

  bool IsReturnAddress(RemoteAddress address) override { return bool(CalledBefore(address)); }
  // E8 and a distance.
  RemoteAddress CalledBefore(RemoteAddress address) override {
    const auto* code = reinterpret_cast<const uint8_t*>(address.value()) - 5;
    int32_t distance = 0;
    std::memcpy(&distance, code + 1, sizeof(distance));
    if (code[0] != 0xE8) return RemoteAddress();
    return RemoteAddress(address.value() + static_cast<uint64_t>(int64_t{distance}));
  }
  std::optional<uint64_t> StackSizeOf(RemoteAddress function) override {
    if (!with_prologues_) return std::nullopt;
    return StackSizeOfPrologue({reinterpret_cast<const uint8_t*>(function.value()), 64});
  }

  std::optional<UnwindRow> RowBehind(RemoteAddress pc) override {
    return RowOfEpilogue({reinterpret_cast<const uint8_t*>(pc.value()), kLongestEpilogue});
  }

 private:
  const bool with_prologues_;
};

TEST_F(UnwinderTest, AnUnknownRbpIsFoundByTheCallThatEnteredTheFunction) {
  TakeBelowAVariable(777);
  OwnStack blocked = taken;
  // Take() has been left: its caller goes on.
  Unwound(taken);
  ASSERT_GT(frames_.size(), 2u);
  const uint64_t above = frames_[1].stack_pointer.value() - taken.registers.stack_pointer.value();
  blocked.registers = {frames_[1].pc, frames_[1].stack_pointer, std::nullopt};
  blocked.bytes.erase(blocked.bytes.begin(), blocked.bytes.begin() + static_cast<ptrdiff_t>(above));
  blocked.callers.erase(blocked.callers.begin());
  Unwound(blocked);
  EXPECT_EQ(end_, UnwindEnd::kUnknownRegister);
  // The variable makes the prologue's answer a wrong one, which must be seen to be.
  for (const bool with_prologues : {false, true}) {
    OwnCode code(with_prologues);
    Unwinder with_code([this](RemoteAddress pc) { return ModuleAt(pc); }, &code);
    end_ = with_code.Unwind(blocked.registers, blocked.copy(), frames_);
    EXPECT_EQ(end_, UnwindEnd::kWhole);
    ASSERT_EQ(frames_.size(), blocked.callers.size() + 1);
    for (size_t i = 1; i < frames_.size(); ++i) {
      EXPECT_EQ(frames_[i].pc.value(), blocked.callers[i - 1]);
    }
  }
}

// Code that no table tells of, made as a compiler at run time does it.
class MadeCode {
 public:
  explicit MadeCode(std::initializer_list<uint8_t> code)
      : page_(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0)) {
    std::copy(code.begin(), code.end(), static_cast<uint8_t*>(page_));
  }
  MadeCode(const MadeCode&) = delete;
  MadeCode& operator=(const MadeCode&) = delete;
  ~MadeCode() { munmap(page_, 4096); }

  __attribute__((noinline)) void Call(void (*function)()) const {
    reinterpret_cast<void (*)(void (*)())>(page_)(function);
    asm volatile("");
  }
  AddressRange range() const {
    return AddressRange::OfSize(RemoteAddress(reinterpret_cast<uint64_t>(page_)), 4096);
  }

 private:
  void* const page_;
};

TEST_F(UnwinderTest, CodeWithoutATableIsFollowedByItsFramePointer) {
  // push rbp; mov rbp, rsp; call rdi; pop rbp; ret
  const MadeCode made({0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3});
  modules_.push_back({made.range(), 0, nullptr});
  made.Call(&Take);
  const std::vector<uint64_t> found = Unwound(taken);
  EXPECT_EQ(end_, UnwindEnd::kWhole);
  const auto in_made = [&](uint64_t pc) { return made.range().Contains(RemoteAddress(pc)); };
  const auto first = std::find_if(found.begin(), found.end(), in_made);
  ASSERT_GT(found.end() - first, 3) << "its callers are there, too";
  EXPECT_EQ(std::count_if(found.begin(), found.end(), in_made), 1);
}

TEST_F(UnwinderTest, CodeThatWasNotKnownIsAskedForAgain) {
  const MadeCode made({0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3});
  made.Call(&Take);
  Unwound(taken);
  EXPECT_EQ(end_, UnwindEnd::kUnknownCode);
  modules_.push_back({made.range(), 0, nullptr});
  Unwound(taken);
  EXPECT_EQ(end_, UnwindEnd::kWhole);
}

TEST_F(UnwinderTest, CodeWithoutATableIsLeftByItsEpilogueAlsoWithoutRbp) {
  // sub rsp, 8; call rdi; add rsp, 8; ret
  const MadeCode made({0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48, 0x83, 0xc4, 0x08, 0xc3});
  modules_.push_back({made.range(), 0, nullptr});
  made.Call(&Take);
  OwnStack blocked = taken;
  blocked.registers.rbp.reset();
  OwnCode code(true);
  Unwinder with_code([this](RemoteAddress pc) { return ModuleAt(pc); }, &code);
  end_ = with_code.Unwind(blocked.registers, blocked.copy(), frames_);
  const auto in_made = [&](const NativeFrame& frame) { return made.range().Contains(frame.pc); };
  const auto at = std::find_if(frames_.begin(), frames_.end(), in_made);
  ASSERT_GT(frames_.end() - at, 1) << "its caller is there, too";
}

TEST_F(UnwinderTest, CodeWithoutATableOrAFramePointerEndsTheWalk) {
  // push rbp; xor ebp, ebp; call rdi; pop rbp; ret
  const MadeCode made({0x55, 0x31, 0xed, 0xff, 0xd7, 0x5d, 0xc3});
  modules_.push_back({made.range(), 0, nullptr});
  made.Call(&Take);
  const std::vector<uint64_t> found = Unwound(taken);
  EXPECT_EQ(end_, UnwindEnd::kNoRow);
  EXPECT_TRUE(made.range().Contains(RemoteAddress(found.back())));
}

TEST_F(UnwinderTest, SaysThatTheCopyIsTooShort) {
  Descend(20);
  ASSERT_GT(taken.bytes.size(), 400u);
  taken.bytes.resize(400);
  const std::vector<uint64_t> found = Unwound(taken);
  EXPECT_EQ(end_, UnwindEnd::kStackTooShort);
  ASSERT_LE(found.size(), taken.callers.size());
  EXPECT_TRUE(std::equal(found.begin(), found.end(), taken.callers.begin()));
}

TEST_F(UnwinderTest, SaysThatCodeIsUnknown) {
  Descend(1);
  taken.registers.pc = RemoteAddress(4096);
  EXPECT_THAT(Unwound(taken), SizeIs(0));
  EXPECT_EQ(end_, UnwindEnd::kUnknownCode);
}

TEST_F(UnwinderTest, GarbageOnTheStackEndsTheWalk) {
  Descend(20);
  for (size_t i = 0; i < taken.bytes.size(); ++i) taken.bytes[i] = static_cast<uint8_t>(i * 37);
  Unwound(taken);
  EXPECT_NE(end_, UnwindEnd::kWhole);
  EXPECT_LT(frames_.size(), 10u);
}

}  // namespace
}  // namespace spyhop
