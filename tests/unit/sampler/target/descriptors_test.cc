#include "sampler/target/descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sampler/target/unix_peer.h"

namespace spyhop {
namespace {

TEST(ParseSocketLink, TakesTheInodeOfSocketsOnly) {
  EXPECT_EQ(ParseSocketLink("socket:[4711]"), 4711u);
  for (const char* link : {"pipe:[4711]", "socket:[4711", "socket:[]", "socket:[4x]", "socket:", "",
                           "socket:[99999999999999999999999]", "/tmp/socket:[4711]"}) {
    EXPECT_FALSE(ParseSocketLink(link)) << link;
  }
}

TEST(DescribeLink, KnowsTheKernelsNames) {
  EXPECT_EQ(DescribeLink("pipe:[12]", 0), "pipe");
  EXPECT_EQ(DescribeLink("anon_inode:[eventpoll]", 0), "epoll");
  EXPECT_EQ(DescribeLink("anon_inode:inotify", 0), "inotify");
  EXPECT_EQ(DescribeLink("anon_inode:[timerfd]", 0), "timer");
  EXPECT_EQ(DescribeLink("anon_inode:[pidfd]", 0), "pidfd");
  EXPECT_EQ(DescribeLink("pidfd:[77]", 0), "pidfd");
  EXPECT_EQ(DescribeLink("anon_inode:[perf_event]", 0), "[perf_event]");
}

TEST(DescribeLink, TellsKindsOfPaths) {
  EXPECT_EQ(DescribeLink("/dev/pts/3", S_IFCHR), "tty /dev/pts/3");
  EXPECT_EQ(DescribeLink("/dev/null", S_IFCHR), "/dev/null");
  EXPECT_EQ(DescribeLink("/run/x", S_IFIFO), "fifo /run/x");
  EXPECT_EQ(DescribeLink("/run", S_IFDIR), "directory /run");
  EXPECT_EQ(DescribeLink("/var/log/x", S_IFREG), "file /var/log/x");
  EXPECT_EQ(DescribeLink("/tmp/x (deleted)", S_IFREG), "deleted file /tmp/x");
}

TEST(DescribeEpoll, CountsTheDescriptorsAndRoundsMany) {
  const std::string head = "pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t17\n";
  const std::string line =
      "tfd:       11 events:       1f data:     7f630000000b  pos:0 ino:a9f7f sdev:f\n";
  EXPECT_EQ(DescribeEpoll(head, true), "epoll (0 descriptors)");
  EXPECT_EQ(DescribeEpoll(head + line, true), "epoll (1 descriptor)");
  EXPECT_EQ(DescribeEpoll(head + line + line + line, true), "epoll (3 descriptors)");
  std::string many = head;
  for (int i = 0; i < 120; ++i) many += line;
  EXPECT_EQ(DescribeEpoll(many, true), "epoll (100+ descriptors)");
  EXPECT_EQ(DescribeEpoll(head + line + line, false), "epoll (1+ descriptors)") << "it was cut";
}

class DescriptorNamesTest : public testing::Test {
 protected:
  std::string Describe(const ScopedFd& fd, Nanos now = 0) { return names_.Describe(fd.get(), now); }

  static ScopedFd Listener(sockaddr_in& address) {
    ScopedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd.get(), 5), 0);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return fd;
  }

  DescriptorNames names_{getpid()};
};

TEST_F(DescriptorNamesTest, TellsConnectionsAndListenersByTheirAddress) {
  sockaddr_in address;
  const ScopedFd listener = Listener(address);
  const ScopedFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(Describe(client), "socket tcp");
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string where = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  EXPECT_EQ(Describe(client, 10 * kSecond), "socket " + where);
  EXPECT_EQ(Describe(listener, 10 * kSecond), "socket listening " + where);
}

TEST_F(DescriptorNamesTest, DoesNotReadATableForEachNewSocket) {
  sockaddr_in address;
  const ScopedFd first = Listener(address);
  const std::string before = absl::StrCat("socket listening 127.0.0.1:", ntohs(address.sin_port));
  EXPECT_EQ(Describe(first), before);
  const ScopedFd second = Listener(address);
  EXPECT_EQ(Describe(second, 1), "socket tcp") << "the table was read a nanosecond ago";
  EXPECT_EQ(Describe(first, 1), before);
  EXPECT_EQ(Describe(second, 100 * kSecond),
            absl::StrCat("socket listening 127.0.0.1:", ntohs(address.sin_port)));
}

TEST_F(DescriptorNamesTest, SeesThatANumberMeansAnotherFileNow) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ScopedFd end(ends[0]);
  const ScopedFd other(ends[1]);
  const int number = end.get();
  EXPECT_EQ(Describe(end), "pipe");
  end.Reset();
  EXPECT_EQ(names_.Describe(number, 0), absl::StrCat("descriptor ", number));
  const ScopedFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(null.get(), number);
  EXPECT_EQ(Describe(null), "/dev/null");
}

TEST_F(DescriptorNamesTest, CountsAnEpollSetAnewWhenASecondHasPassed) {
  const ScopedFd epoll(epoll_create1(EPOLL_CLOEXEC));
  const ScopedFd event(eventfd(0, EFD_CLOEXEC));
  EXPECT_EQ(Describe(event), "eventfd");
  EXPECT_EQ(Describe(epoll), "epoll (0 descriptors)");
  epoll_event events{};
  ASSERT_EQ(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &events), 0);
  EXPECT_EQ(Describe(epoll, kSecond / 2), "epoll (0 descriptors)");
  EXPECT_EQ(Describe(epoll, 100 * kSecond), "epoll (1 descriptor)");
}

TEST_F(DescriptorNamesTest, KnowsTheOthers) {
  EXPECT_EQ(Describe(ScopedFd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC))), "timer");
  EXPECT_EQ(Describe(ScopedFd(inotify_init1(IN_CLOEXEC))), "inotify");
  EXPECT_EQ(Describe(ScopedFd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0))), "socket netlink");
  EXPECT_EQ(Describe(ScopedFd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC))), "directory /");
}

TEST_F(DescriptorNamesTest, NamesTheOtherEndOfAUnixConnection) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = absl::StrCat("spyhop-test-", getpid());
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // abstract: leaves no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const ScopedFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const ScopedFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  const ScopedFd served(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(served.valid());
  EXPECT_EQ(Describe(listener), absl::StrCat("socket listening unix @", name));
  EXPECT_EQ(Describe(served), absl::StrCat("socket unix @", name));
  EXPECT_EQ(Describe(client), absl::StrCat("socket unix (peer @", name, ")"));
}

TEST_F(DescriptorNamesTest, TellsAFifoThatIsBeingOpened) {
  char folder[] = "/tmp/spyhop-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = absl::StrCat(folder, "/fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(names_.DescribePath(AT_FDCWD, path), "fifo " + path);
  const ScopedFd at(open(folder, O_PATH | O_CLOEXEC));
  EXPECT_EQ(names_.DescribePath(at.get(), "fifo"), "fifo fifo");
  unlink(path.c_str());
  EXPECT_EQ(names_.DescribePath(AT_FDCWD, path), "file " + path) << "no longer there";
  rmdir(folder);
}

TEST(ParseUnixDiagnosis, RefusesEveryCutAnswer) {
  EXPECT_FALSE(ParseUnixDiagnosis({}));
  const std::array<uint8_t, 64> zeros{};
  for (size_t size = 0; size <= zeros.size(); ++size) {
    EXPECT_FALSE(ParseUnixDiagnosis({zeros.data(), size})) << size;
  }
  // header {64, SOCK_DIAG_BY_FAMILY}, unix_diag_msg of 16 bytes, an attribute longer than the rest.
  std::array<uint8_t, 64> message{};
  message[0] = 64;
  message[4] = 20;
  message[32] = 200;
  const std::optional<UnixDiagnosis> diagnosis = ParseUnixDiagnosis(message);
  ASSERT_TRUE(diagnosis);
  EXPECT_EQ(diagnosis->peer, 0u);
}

}  // namespace
}  // namespace spyhop
