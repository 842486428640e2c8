#include "sampler/target/container.h"

#include <gtest/gtest.h>

#include <string>

namespace spyhop {
namespace {

const std::string kId = std::string(12, 'a') + std::string(52, '7');

void ExpectContainer(const std::string& cgroups, ContainerRuntime runtime, const std::string& id) {
  const Container container = ParseContainer(cgroups);
  EXPECT_EQ(Name(container.runtime), Name(runtime)) << cgroups;
  EXPECT_EQ(container.id, id) << cgroups;
}

TEST(Container, KnowsDockersGroups) {
  ExpectContainer("12:pids:/docker/" + kId + "\n", ContainerRuntime::kDocker, kId);
  ExpectContainer("0::/system.slice/docker-" + kId + ".scope\n", ContainerRuntime::kDocker, kId);
  ExpectContainer(
      "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kId + ".scope\n",
      ContainerRuntime::kDocker, kId);
  // Seen from within another cgroup namespace.
  ExpectContainer("0::/../docker-" + kId + ".scope\n", ContainerRuntime::kDocker, kId);
}

TEST(Container, KnowsPodmansGroups) {
  ExpectContainer("0::/machine.slice/libpod-" + kId + ".scope/container\n",
                  ContainerRuntime::kPodman, kId);
  ExpectContainer("7:memory:/libpod_parent/libpod-" + kId + "\n", ContainerRuntime::kPodman, kId);
}

TEST(Container, KnowsKubernetesWithEitherDriver) {
  const std::string pod = "pod0b5e62c1_aa9e_4bc4_8e76_0f32d4a7b2bd";
  ExpectContainer("3:cpu:/kubepods/burstable/" + pod + "/" + kId + "\n",
                  ContainerRuntime::kKubernetes, kId);
  for (const char* runtime : {"cri-containerd-", "crio-", "docker-"}) {
    ExpectContainer("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" + pod +
                        ".slice/" + runtime + kId + ".scope\n",
                    ContainerRuntime::kKubernetes, kId);
  }
  // kind puts a node into a container of docker.
  ExpectContainer("0::/docker/" + kId + "/kubelet/kubepods/besteffort/" + pod + "\n",
                  ContainerRuntime::kKubernetes, kId);
}

TEST(Container, KnowsOthersByTheirNames) {
  ExpectContainer("0::/lxc.payload.shop\n", ContainerRuntime::kLxc, "shop");
  ExpectContainer("4:devices:/lxc/shop/init.scope\n", ContainerRuntime::kLxc, "shop");
  ExpectContainer("0::/machine.slice/systemd-nspawn@shop.service/payload\n",
                  ContainerRuntime::kNspawn, "shop");
  ExpectContainer("0::/default/" + kId + "\n", ContainerRuntime::kContainerd, kId);
}

TEST(Container, IsNoneForOrdinaryGroups) {
  for (const char* text :
       {"", "0::/\n", "0::/system.slice/docker.service\n", "0::/user.slice/user-0.slice\n",
        "0::/init.scope\n", "garbage", "1:name=systemd:/docker/short\n", "0::/lxc/x y\n"}) {
    ExpectContainer(text, ContainerRuntime::kNone, "");
  }
}

TEST(Container, TakesNoNameThatAShellWouldMind) {
  ExpectContainer("0::/lxc/a;reboot\n", ContainerRuntime::kNone, "");
  ExpectContainer("0::/lxc/-rf\n", ContainerRuntime::kNone, "");
}

TEST(Container, ShowsAsMuchOfAnIdAsTheCommands) {
  EXPECT_EQ(ParseContainer("0::/docker/" + kId).short_id(), std::string(12, 'a'));
  EXPECT_EQ(ParseContainer("0::/lxc/a-container-with-a-name").short_id(),
            "a-container-with-a-name");
}

TEST(ParseUnit, TakesTheInnermostService) {
  EXPECT_EQ(ParseUnit("0::/system.slice/shop.service\n"), "shop.service");
  EXPECT_EQ(ParseUnit("0::/user.slice/user-1.slice/user@1.service/app.slice/x.service\n"),
            "x.service");
  EXPECT_EQ(ParseUnit("0::/user.slice/user-1.slice/user@1.service/app.slice\n"), "");
  EXPECT_EQ(ParseUnit("0::/user.slice/user-0.slice/session-4.scope\n"), "");
}

TEST(ParseCgroups, KeepsColonsInPaths) {
  const std::vector<CgroupPath> paths = ParseCgroups("5:cpu,cpuacct:/a:b\n0::/c\n");
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[0].controllers, "cpu,cpuacct");
  EXPECT_EQ(paths[0].path, "/a:b");
  EXPECT_EQ(paths[1].controllers, "");
}

TEST(PodUid, IsToldWithEitherDriver) {
  const std::string uid = "0b5e62c1-aa9e-4bc4-8e76-0f32d4a7b2bd";
  const std::string by_systemd = "pod0b5e62c1_aa9e_4bc4_8e76_0f32d4a7b2bd.slice/";
  for (const std::string& path :
       {"11:memory:/kubepods/burstable/pod" + uid + "/" + kId, "0::/kubepods/pod" + uid + "/" + kId,
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" + by_systemd +
            "cri-containerd-" + kId + ".scope",
        "0::/kubepods.slice/kubepods-" + by_systemd + "crio-" + kId + ".scope",
        "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-" + by_systemd + kId}) {
    EXPECT_EQ(ParsePodUid(path + "\n"), uid) << path;
  }
  const std::string hash(32, 'a');
  EXPECT_EQ(ParsePodUid("0::/kubepods/besteffort/pod" + hash + "/" + kId), hash);
}

TEST(PodUid, IsNothingElsewhere) {
  for (const std::string& path :
       {std::string(""), "0::/docker/" + kId, "0::/pod" + std::string(32, 'a'),
        "0::/kubepods/pod" + std::string(31, 'a'), "0::/kubepods/pod" + std::string(36, 'g')}) {
    EXPECT_EQ(ParsePodUid(path), "") << path;
  }
}

}  // namespace
}  // namespace spyhop
