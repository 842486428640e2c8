#include "sampler/python/thread_match.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "sampler/target/process_files.h"
#include "sampler/target/process_vm_memory.h"

namespace spyhop {
namespace {

using Entry = ThreadStates::ThreadEntry;

// Thread states that claim threads of this process.
class ThreadMatchTest : public testing::Test {
 protected:
  static Entry Claiming(int tid, RemoteAddress frame, uint32_t interpreter = 0) {
    return {.interpreter = interpreter, .native_id = static_cast<uint64_t>(tid), .frame = frame};
  }

  const int tid_ = getpid();
  const RemoteAddress frame_{0x1000};
  const ProcessFiles files_{getpid()};
  std::unique_ptr<RemoteMemory> memory_ = *OpenProcessMemory(getpid());
  ThreadMatcher matcher_{files_, *memory_};
};

TEST_F(ThreadMatchTest, BelievesAThreadStateWhoseThreadIsThere) {
  EXPECT_EQ(matcher_.Match({Claiming(tid_, frame_)}), std::vector<int>{tid_});
}

TEST_F(ThreadMatchTest, AThreadThatIsNotThereIsNobodys) {
  constexpr int kNoThread = 1 << 30;
  EXPECT_EQ(matcher_.Match({Claiming(kNoThread, frame_)}), std::vector<int>{0});
}

TEST_F(ThreadMatchTest, AStateThatHasNotStartedIsNotItsMakers) {
  EXPECT_EQ(matcher_.Match({Claiming(tid_, {}), Claiming(tid_, frame_)}),
            (std::vector<int>{0, tid_}));
}

TEST_F(ThreadMatchTest, AThreadCanHaveAStateInEachInterpreter) {
  EXPECT_EQ(matcher_.Match({Claiming(tid_, {}, 1), Claiming(tid_, frame_, 0)}),
            (std::vector<int>{tid_, tid_}));
}

TEST_F(ThreadMatchTest, AThreadThatRunsNoPythonKeepsItsState) {
  EXPECT_EQ(matcher_.Match({Claiming(tid_, {})}), std::vector<int>{tid_});
}

}  // namespace
}  // namespace spyhop
