#include "sampler/doctor/debug_packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ParseDistribution, JoinsTheIdAndWhatItIsLike) {
  EXPECT_EQ(ParseDistribution("NAME=\"x\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22\"\n"),
            "ubuntu debian");
  EXPECT_EQ(ParseDistribution("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"),
            "rocky rhel centos fedora");
  EXPECT_EQ(ParseDistribution(""), "");
}

TEST(DebugPackages, NamesDebians) {
  EXPECT_THAT(HowToGetDebugFile("debian", "/usr/bin/python3.11", "c561f3").lines,
              ElementsAre("sudo apt-get install python3.11-dbg"));
  EXPECT_THAT(
      HowToGetDebugFile("ubuntu debian", "/usr/lib/x86_64-linux-gnu/libpython3.9.so.1.0", "").lines,
      ElementsAre("sudo apt-get install python3.9-dbg"));
  EXPECT_THAT(HowToGetDebugFile("debian", "/lib/x86_64-linux-gnu/libc.so.6", "").lines,
              ElementsAre("sudo apt-get install libc6-dbg"));
}

TEST(DebugPackages, NamesFedoras) {
  EXPECT_THAT(HowToGetDebugFile("rocky rhel fedora", "/usr/lib64/libpython3.9.so.1.0", "").lines,
              ElementsAre("sudo dnf debuginfo-install python3"));
}

TEST(DebugPackages, TellTheBuildIdsPlace) {
  EXPECT_THAT(HowToGetDebugFile("debian", "/usr/bin/python3.11", "c561f3aa").text,
              HasSubstr("/usr/lib/debug/.build-id/c5/61f3aa.debug"));
}

TEST(DebugPackages, AreNotForWhatSomebodyHasBuilt) {
  const Remedy remedy = HowToGetDebugFile("debian", "/opt/python/bin/python3.12", "");
  EXPECT_THAT(remedy.lines, IsEmpty());
  EXPECT_THAT(remedy.text, HasSubstr("-g"));
}

TEST(DebugPackages, TakeNoNameThatAShellWouldMind) {
  EXPECT_THAT(HowToGetDebugFile("debian", "/usr/bin/python;reboot", "").lines, IsEmpty());
  EXPECT_THAT(HowToGetDebugFile("debian", "/usr/bin/python3.1;reboot", "").lines,
              ElementsAre("sudo apt-get install python3.1-dbg"));
}

}  // namespace
}  // namespace spyhop
