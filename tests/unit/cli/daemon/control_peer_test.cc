#include "cli/daemon/control_peer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spyhop {
namespace {

TEST(ControlPeer, RootAndOurOwnUserMayAsk) {
  const ControlPolicy policy{.own_user = 50, .group = std::nullopt};
  EXPECT_TRUE(CheckPeer({.user = 0, .groups = {}}, policy).ok());
  EXPECT_TRUE(CheckPeer({.user = 50, .groups = {}}, policy).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(CheckPeer({.user = 51, .group = 0, .groups = {0}}, policy)));
}

TEST(ControlPeer, MembersOfTheGroupMayAsk) {
  const ControlPolicy policy{.own_user = 0, .group = 7};
  EXPECT_TRUE(CheckPeer({.user = 51, .group = 7, .groups = {}}, policy).ok());
  EXPECT_TRUE(CheckPeer({.user = 51, .group = 1, .groups = {2, 7}}, policy).ok());
  EXPECT_FALSE(CheckPeer({.user = 51, .group = 1, .groups = {2, 70}}, policy).ok());
}

TEST(ControlPeer, TheKernelTellsWhoIsThere) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const auto peer = PeerOf(pair[0]);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->user, geteuid());
  std::vector<gid_t> own(static_cast<size_t>(getgroups(0, nullptr)));
  getgroups(static_cast<int>(own.size()), own.data());
  EXPECT_EQ(peer->groups.size(), own.size());
  close(pair[0]);
  close(pair[1]);
  EXPECT_FALSE(PeerOf(-1));
}

TEST(ControlPeer, GroupsAreFoundByNameOrNumber) {
  EXPECT_EQ(FindGroup("root").value(), 0u);
  EXPECT_EQ(FindGroup("4711").value(), 4711u);
  EXPECT_TRUE(absl::IsNotFound(FindGroup("no such group").status()));
}

}  // namespace
}  // namespace spyhop
