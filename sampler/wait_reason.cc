#include "sampler/wait_reason.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/lock_kind.h"
#include "sampler/target/syscall_names.h"

namespace spyhop {
namespace {

constexpr size_t kMaxObjects = 2000;
constexpr size_t kMaxPolled = 128;     // descriptors of a poll or select that are looked at
constexpr size_t kMaxListeners = 8;    // and described, to see whether all of them listen
constexpr uint64_t kMaxSelect = 1024;  // FD_SETSIZE
constexpr size_t kMaxAddress = 128;    // struct sockaddr_storage
constexpr size_t kMaxPath = 4096;

int ArgumentInt(const SyscallState& call, size_t index) {
  return static_cast<int>(call.arguments[index]);
}

// wait4(2) and waitid(2): ids are the target's own.
std::string DescribeChild(int pid) {
  if (pid > 0) return absl::StrCat("child ", pid);
  if (pid < -1) return absl::StrCat("child of group ", -pid);
  return pid == 0 ? "child of its group" : "any child";
}

std::string DescribeChildId(int kind, int id) {
  if (kind == P_PID) return DescribeChild(id);
  if (kind == P_PGID) return DescribeChild(-id);
  return kind == P_ALL ? "any child" : "child by pidfd";
}

bool WaitsForFileLock(int command) { return command == F_SETLKW || command == F_OFD_SETLKW; }

}  // namespace

WaitVerdict WaitReasons::Tell(const SyscallState& call, absl::Span<const WaitFrame> frames,
                              bool main_thread, Nanos now) {
  const SyscallState original = UndoRestart(call);
  const Waiter waiter = FindWaiter(frames);
  Parts parts = PartsOf(original, waiter, now);
  WaitFacts facts;
  facts.kind = parts.kind;
  facts.has_timeout = HasTimeout(original);
  facts.main_thread = main_thread;
  facts.lock = parts.lock;
  return {ClassOfWait(frames, waiter, facts), Join(std::move(parts))};
}

WaitReasons::Parts WaitReasons::PartsOf(const SyscallState& call, const Waiter& waiter, Nanos now) {
  const BlockingCall known = FindBlockingCall(call.number);
  Parts parts;
  parts.verb = known.name != nullptr ? known.name : SyscallName(call.number);
  parts.kind = known.kind;
  AddObject(call, known.object, now, parts);
  if (parts.kind == CallKind::kLock) {
    AddLock(call, waiter.name, parts);
  } else if (parts.kind == CallKind::kSleep && !waiter.name.empty()) {
    // Up to 3.1 a wait with a timeout tries the lock and sleeps in turn (Lib/threading.py, 2.7).
    parts.kind = CallKind::kLock;
    parts.verb = waiter.name;
  }
  return parts;
}

void WaitReasons::AddObject(const SyscallState& call, CallObject object, Nanos now, Parts& parts) {
  switch (object) {
    case CallObject::kNone:
    case CallObject::kFutex:
    case CallObject::kSleep:
      return;
    case CallObject::kDescriptor:
      parts.object = descriptors_.Describe(ArgumentInt(call, 0), now);
      return;
    case CallObject::kPollSet:
      return AddSet(PollSet(call), call.arguments[1], now, parts);
    case CallObject::kSelectSet: {
      const std::vector<int> set = SelectSet(call);
      return AddSet(set, set.size(), now, parts);
    }
    case CallObject::kPath:
      parts.object = PathOf(AT_FDCWD, call.arguments[0]);
      return;
    case CallObject::kPathAt:
      parts.object = PathOf(ArgumentInt(call, 0), call.arguments[1]);
      return;
    case CallObject::kFileLock:
      if (WaitsForFileLock(ArgumentInt(call, 1))) parts.verb = "lockf";
      parts.object = descriptors_.Describe(ArgumentInt(call, 0), now);
      return;
    case CallObject::kAddress:
      parts.object = ConnectAddress(call, now);
      return;
    case CallObject::kChild:
      parts.object = DescribeChild(ArgumentInt(call, 0));
      parts.verb.clear();
      return;
    case CallObject::kChildId:
      parts.object = DescribeChildId(ArgumentInt(call, 0), ArgumentInt(call, 1));
      parts.verb.clear();
      return;
  }
}

void WaitReasons::AddLock(const SyscallState& call, std::string_view name, Parts& parts) {
  if (name.empty()) name = parts.lock = FindLockKind(memory_, call);
  if (name.empty()) {
    parts.object = IsSharedFutex(call) ? "multiprocessing lock" : "lock";
  } else if (name == "threading.Lock" || name == "threading.RLock") {
    parts.object = name;
  } else {
    parts.verb = name;
  }
}

// A wait for no descriptor at all is a sleep: that is how time.sleep does it up to 3.10.
void WaitReasons::AddSet(const std::vector<int>& set, uint64_t size, Nanos now, Parts& parts) {
  if (size == 0) {
    parts.verb = "sleep";
    parts.kind = CallKind::kSleep;
    return;
  }
  if (set.empty()) return;
  parts.object = descriptors_.Describe(set[0], now);
  size_t listeners = 0;
  while (listeners < set.size() && listeners < kMaxListeners &&
         descriptors_.Describe(set[listeners], now).starts_with("socket listening")) {
    ++listeners;
  }
  if (listeners == size) parts.kind = CallKind::kAccept;
  if (size > 1) absl::StrAppend(&parts.object, " and ", size - 1, " more");
}

std::vector<int> WaitReasons::PollSet(const SyscallState& call) {
  const size_t count = std::min<uint64_t>(call.arguments[1], kMaxPolled);
  std::vector<pollfd> set(count);
  const size_t bytes =
      memory_.ReadSome(RemoteAddress(call.arguments[0]), set.data(), count * sizeof(pollfd));
  set.resize(bytes / sizeof(pollfd));
  std::vector<int> descriptors;
  descriptors.reserve(set.size());
  for (const pollfd& each : set) descriptors.push_back(each.fd);
  return descriptors;
}

std::vector<int> WaitReasons::SelectSet(const SyscallState& call) {
  constexpr size_t kWordBits = 64;
  const size_t limit = std::min(call.arguments[0], kMaxSelect);
  std::array<uint64_t, kMaxSelect / kWordBits> all{};
  for (const size_t index : {1, 2, 3}) {
    std::array<uint64_t, kMaxSelect / kWordBits> set{};
    const RemoteAddress address(call.arguments[index]);
    if (!address) continue;
    // The kernel reads whole words up to the highest descriptor (select(2), fs/select.c).
    memory_.ReadSome(address, set.data(), (limit + kWordBits - 1) / kWordBits * sizeof(set[0]));
    for (size_t i = 0; i < all.size(); ++i) all[i] |= set[i];
  }
  std::vector<int> descriptors;
  for (size_t fd = 0; fd < limit; ++fd) {
    if ((all[fd / kWordBits] >> (fd % kWordBits) & 1) != 0)
      descriptors.push_back(static_cast<int>(fd));
  }
  return descriptors;
}

std::string WaitReasons::ConnectAddress(const SyscallState& call, Nanos now) {
  std::array<uint8_t, kMaxAddress> bytes{};
  const size_t size = memory_.ReadSome(RemoteAddress(call.arguments[1]), bytes.data(),
                                       std::min<uint64_t>(call.arguments[2], kMaxAddress));
  const std::string address = DescribeSockaddr({bytes.data(), size});
  if (!address.empty()) return absl::StrCat("socket ", address);
  return descriptors_.Describe(ArgumentInt(call, 0), now);
}

std::string WaitReasons::PathOf(int folder, uint64_t address) {
  const std::optional<std::string> path = memory_.ReadCString(RemoteAddress(address), kMaxPath);
  return path && !path->empty() ? descriptors_.DescribePath(folder, *path) : "";
}

// Each connection of a server has a port of its own, each child an id: the number of texts has to
// end somewhere.
std::string WaitReasons::Join(Parts parts) {
  if (parts.object.empty()) return std::move(parts.verb);
  if (!objects_.contains(parts.object)) {
    if (objects_.size() < kMaxObjects) {
      objects_.insert(parts.object);
    } else {
      parts.object.resize(std::min(parts.object.find(' '), parts.object.size()));
    }
  }
  return parts.verb.empty() ? std::move(parts.object) : absl::StrCat(parts.verb, " ", parts.object);
}

}  // namespace spyhop
