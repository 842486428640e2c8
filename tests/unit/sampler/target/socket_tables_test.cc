#include "sampler/target/socket_tables.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace spyhop {
namespace {

// Captured on Linux 6.1 and 6.18, x86-64.
constexpr char kListening[] =
    "   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "1060 1 00000000e232d8b7 100 0 0 10 0                     ";
constexpr char kConnected[] =
    "  17: 0100007F:9C40 0500000A:1538 01 00000000:00000000 02:000007D0 00000000  1000        0 "
    "696239 2 0000000071000000 20 4 30 10 -1";
constexpr char kConnected6[] =
    "   3: B80D0120000000000000000001000000:C350 B80D0120000000000000000002000000:01BB 01 "
    "00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 20 0 0 10 -1";
constexpr char kMapped[] =
    "   4: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000500000A:E1E2 01 "
    "00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 0 0 10 -1";
constexpr char kHeader[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode";

std::string Tcp(std::string_view line) {
  const std::optional<InetSocket> socket = ParseInetLine(line);
  return socket ? DescribeTcp(*socket) : "?";
}

std::string Udp(std::string_view line) {
  const std::optional<InetSocket> socket = ParseInetLine(line);
  return socket ? DescribeUdp(*socket) : "?";
}

std::string Unix(std::string_view line) {
  const std::optional<UnixSocket> socket = ParseUnixLine(line);
  return socket ? DescribeUnix(*socket) : "?";
}

TEST(ParseInetLine, TakesTheInodeAndBothAddresses) {
  const std::optional<InetSocket> socket = ParseInetLine(kConnected);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->inode, 696239u);
  EXPECT_EQ(socket->state, 1);
  EXPECT_EQ(FormatAddress(socket->local), "127.0.0.1:40000");
  EXPECT_EQ(FormatAddress(socket->remote), "10.0.0.5:5432");
}

TEST(ParseInetLine, RefusesTheHeaderAndWhatIsCutBeforeTheInode) {
  EXPECT_FALSE(ParseInetLine(kHeader));
  const std::string_view whole = kConnected;
  const size_t inode = whole.find("696239");
  for (size_t size = 0; size < inode; ++size) {
    EXPECT_FALSE(ParseInetLine(whole.substr(0, size))) << size;
  }
}

TEST(ParseInetLine, RefusesAddressesOfOddForm) {
  for (const char* address : {"0100007F", ":1F90", "0100007:1F90", "0100007F:", "0100007F:1F90F",
                              "010000ZZ:1F90", "0100007F0100007F:1F90", "-100007F:1F90"}) {
    const std::string line =
        std::string("0: ") + address + " 00000000:0000 0A 0:0 0:0 0 0 0 1060 1";
    EXPECT_FALSE(ParseInetLine(line)) << address;
  }
}

TEST(DescribeTcp, ShowsThePeerOfAConnectionAndThePlaceOfAListener) {
  EXPECT_EQ(Tcp(kConnected), "10.0.0.5:5432");
  EXPECT_EQ(Tcp(kListening), "listening 0.0.0.0:8000");
  EXPECT_EQ(Tcp(kConnected6), "[2001:db8::2]:443");
}

TEST(DescribeTcp, ShowsAnAddressMappedIntoIPv6AsIPv4) { EXPECT_EQ(Tcp(kMapped), "10.0.0.5:57826"); }

TEST(DescribeTcp, DoesNotMakeUpAPeerForAnUnconnectedSocket) {
  EXPECT_EQ(Tcp("0: 00000000:1F40 00000000:0000 07 0:0 0:0 0 0 0 1060 1"), "tcp");
}

TEST(DescribeUdp, TellsConnectedFromBoundFromNeither) {
  EXPECT_EQ(Udp("0: 0100007F:1F40 0500000A:0035 01 0:0 0:0 0 0 0 1 1"), "udp 10.0.0.5:53");
  EXPECT_EQ(Udp("0: 0100007F:1F40 00000000:0000 07 0:0 0:0 0 0 0 1 1"), "udp at 127.0.0.1:8000");
  EXPECT_EQ(Udp("0: 00000000:0000 00000000:0000 07 0:0 0:0 0 0 0 1 1"), "udp");
}

TEST(ParseUnixLine, TakesAPathWithSpaces) {
  EXPECT_EQ(Unix("00000000c803b361: 00000003 00000000 00000000 0001 03  1056 /run/a b.sock"),
            "unix /run/a b.sock");
}

TEST(ParseUnixLine, KnowsListenersAbstractNamesAndNamelessOnes) {
  EXPECT_EQ(Unix("ffff: 00000002 00000000 00010000 0001 01 77 /run/x.sock"),
            "listening unix /run/x.sock");
  EXPECT_EQ(Unix("ffff: 00000002 00000000 00000000 0001 01 77 @/tmp/dbus"), "unix @/tmp/dbus");
  EXPECT_EQ(Unix("ffff: 00000003 00000000 00000000 0001 03  1057"), "unix");
}

TEST(ParseUnixLine, RefusesTheHeaderAndWhatIsCutBeforeTheInode) {
  EXPECT_FALSE(ParseUnixLine("Num       RefCount Protocol Flags    Type St Inode Path"));
  const std::string_view whole = "ffff: 00000002 00000000 00010000 0001 01 77";
  for (size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_FALSE(ParseUnixLine(whole.substr(0, size))) << size;
  }
}

template <typename T>
absl::Span<const uint8_t> BytesOf(const T& address) {
  return {reinterpret_cast<const uint8_t*>(&address), sizeof(address)};
}

TEST(DescribeSockaddr, ReadsEachFamily) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(5432);
  inet_pton(AF_INET, "10.0.0.5", &v4.sin_addr);
  EXPECT_EQ(DescribeSockaddr(BytesOf(v4)), "10.0.0.5:5432");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(80);
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(DescribeSockaddr(BytesOf(v6)), "[::1]:80");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, "/run/x.sock");
  EXPECT_EQ(DescribeSockaddr(BytesOf(name)), "unix /run/x.sock");
  std::memcpy(name.sun_path, "\0name", 5);
  EXPECT_EQ(DescribeSockaddr(BytesOf(name).subspan(0, 7)), "unix @name");
}

TEST(DescribeSockaddr, SaysNothingOfCutOrUnknownAddresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  for (size_t size = 0; size < sizeof(v4); ++size) {
    EXPECT_EQ(DescribeSockaddr(BytesOf(v4).subspan(0, size)), "") << size;
  }
  v4.sin_family = 250;
  EXPECT_EQ(DescribeSockaddr(BytesOf(v4)), "");
}

TEST(SocketTables, NamesTheProtocolOfASocketThatIsInNoTable) {
  SocketTables tables(1 << 22);  // no such process
  EXPECT_EQ(tables.Describe("TCP", 1, 0), "tcp");
  EXPECT_EQ(tables.Describe("UDPv6", 1, 0), "udp");
  EXPECT_EQ(tables.Describe("UNIX-STREAM", 1, 0), "unix");
  EXPECT_EQ(tables.Describe("NETLINK", 1, 0), "netlink");
}

}  // namespace
}  // namespace spyhop
