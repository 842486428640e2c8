#include "sampler/lock_kind.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <string_view>

#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr uint64_t kStack = 0x7ffd00001000;
constexpr uint64_t kObject = 0x7f0000001000;
constexpr uint64_t kType = 0x7f0000002000;
constexpr uint64_t kName = 0x7f0000003000;
constexpr uint64_t kSemaphore = 0x7f0000004000;

class FindLockKindTest : public testing::Test {
 protected:
  // A type whose objects have headers of that size.
  void MakeType(std::string_view name, uint64_t header) {
    memory_.Fill(RemoteAddress(kType), 64);
    memory_.Set(RemoteAddress(kType + header + 8), kName);
    memory_.Fill(RemoteAddress(kName), 64);
    memory_.SetText(RemoteAddress(kName), name);
  }
  // The object, with `member` as the first one behind its header.
  void MakeObject(uint64_t header, uint64_t member) {
    memory_.Fill(RemoteAddress(kObject), 64);
    memory_.Set(RemoteAddress(kObject + header - 8), kType);
    memory_.Set(RemoteAddress(kObject + header), member);
  }
  static SyscallState WaitOn(uint64_t futex) {
    SyscallState call;
    call.number = SYS_futex;
    call.arguments[0] = futex;
    call.stack_pointer = RemoteAddress(kStack);
    return call;
  }
  std::string_view Find(uint64_t futex) { return FindLockKind(memory_, WaitOn(futex)); }

  FakeMemory memory_;
};

TEST_F(FindLockKindTest, FindsTheObjectByItsPointerOnTheStack) {
  MakeType("_thread.lock", 16);
  MakeObject(16, kSemaphore);
  memory_.Fill(RemoteAddress(kStack), 4096);
  memory_.Set(RemoteAddress(kStack + 136), kObject);
  EXPECT_EQ(Find(kSemaphore), "threading.Lock");
  EXPECT_EQ(Find(kSemaphore + 64), "") << "a lock, but not the one that is waited for";
  MakeType("_thread.lockx", 16);
  EXPECT_EQ(Find(kSemaphore), "") << "no lock";
}

TEST_F(FindLockKindTest, KnowsEachTypeAndTheLongerHeader) {
  memory_.Fill(RemoteAddress(kStack), 4096);
  memory_.Set(RemoteAddress(kStack + 8), kObject);
  MakeObject(32, kSemaphore);
  MakeType("_thread.RLock", 32);
  EXPECT_EQ(Find(kSemaphore), "threading.RLock");
  MakeType("_queue.SimpleQueue", 32);
  EXPECT_EQ(Find(kSemaphore), "queue.get");
  MakeType("_multiprocessing.SemLock", 32);
  EXPECT_EQ(Find(kSemaphore), "multiprocessing.Lock");
}

TEST_F(FindLockKindTest, FindsAParkedThreadsMutex) {
  // struct wait_entry { void *park_arg; uintptr_t addr; _PySemaphore sema; ... }
  MakeType("_thread.lock", 16);
  MakeObject(16, 1);
  memory_.Fill(RemoteAddress(kStack), 4096);
  memory_.Set(RemoteAddress(kStack + 200), kObject + 16);
  EXPECT_EQ(Find(kStack + 208), "threading.Lock");
}

TEST_F(FindLockKindTest, SaysNothingWhereNothingCanBeRead) {
  EXPECT_EQ(Find(0), "");
  EXPECT_EQ(Find(kSemaphore), "");
  memory_.Fill(RemoteAddress(kStack), 4096, 0xff);
  EXPECT_EQ(Find(kSemaphore), "");
}

TEST_F(FindLockKindTest, TellsTheObjectAndWhoHasIt) {
  MakeType("_thread.RLock", 32);
  MakeObject(32, kSemaphore);
  memory_.Fill(RemoteAddress(kStack), 4096);
  memory_.Set(RemoteAddress(kStack + 8), kObject);
  memory_.Set(RemoteAddress(kObject + 40), uint64_t{0x7f1234});
  memory_.Set(RemoteAddress(kSemaphore), uint32_t{0});
  const auto lock = FindLock(memory_, WaitOn(kSemaphore));
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->object, RemoteAddress(kObject));
  EXPECT_EQ(lock->members, RemoteAddress(kObject + 32));
  EXPECT_EQ(OwnerOf(memory_, *lock), 0x7f1234U);
  EXPECT_TRUE(IsTaken(memory_, *lock, WaitOn(kSemaphore)));
  memory_.Set(RemoteAddress(kSemaphore), uint32_t{1});
  EXPECT_FALSE(IsTaken(memory_, *lock, WaitOn(kSemaphore)))
      << "posted, and the waiter still sleeps";
  memory_.Set(RemoteAddress(kObject + 40), uint64_t{0});
  EXPECT_EQ(OwnerOf(memory_, *lock), std::nullopt);
}

TEST_F(FindLockKindTest, APlainLockHasNoOwner) {
  MakeType("_thread.lock", 16);
  MakeObject(16, 1);
  memory_.Fill(RemoteAddress(kStack), 4096);
  memory_.Set(RemoteAddress(kStack + 200), kObject + 16);
  memory_.Set(RemoteAddress(kObject + 24), uint64_t{0x7f1234});
  const auto lock = FindLock(memory_, WaitOn(kStack + 208));
  ASSERT_TRUE(lock);
  EXPECT_EQ(OwnerOf(memory_, *lock), std::nullopt);
  EXPECT_TRUE(IsTaken(memory_, *lock, WaitOn(kStack + 208)));
  memory_.Set(RemoteAddress(kObject + 16), uint64_t{2});
  EXPECT_FALSE(IsTaken(memory_, *lock, WaitOn(kStack + 208))) << "_Py_HAS_PARKED alone";
}

TEST_F(FindLockKindTest, LooksWhereItIsTold) {
  MakeType("_thread.lock", 16);
  MakeObject(16, kSemaphore);
  memory_.Fill(RemoteAddress(kStack), 4096);
  EXPECT_FALSE(FindLock(memory_, WaitOn(kSemaphore)));
  const RemoteAddress more[] = {RemoteAddress(3), RemoteAddress(kName), RemoteAddress(kObject)};
  const auto lock = FindLock(memory_, WaitOn(kSemaphore), more);
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->object, RemoteAddress(kObject));
  EXPECT_FALSE(FindLock(memory_, WaitOn(kSemaphore + 8), more)) << "not the lock it sleeps on";
}

TEST_F(FindLockKindTest, KnowsALockObjectByItsType) {
  MakeType("_thread.RLock", 16);
  MakeObject(16, kSemaphore);
  EXPECT_EQ(KindOfLockObject(memory_, RemoteAddress(kObject)), kRecursiveLock);
  MakeType("_queue.SimpleQueue", 16);
  EXPECT_EQ(KindOfLockObject(memory_, RemoteAddress(kObject)), "");
  EXPECT_EQ(KindOfLockObject(memory_, RemoteAddress(kObject + 1)), "");
  EXPECT_EQ(KindOfLockObject(memory_, RemoteAddress(0x7e0000000000)), "");
}

}  // namespace
}  // namespace spyhop
