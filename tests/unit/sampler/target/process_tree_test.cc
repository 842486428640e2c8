#include "sampler/target/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProcessTree, ListsEachProcessAfterItsParentSiblingsByPid) {
  const ParentOf processes[] = {{1, 0}, {30, 20}, {20, 1}, {10, 1}, {11, 10}, {12, 10}, {40, 2}};
  EXPECT_THAT(Descendants(1, processes), ElementsAre(10, 11, 12, 20, 30));
  EXPECT_THAT(Descendants(10, processes), ElementsAre(11, 12));
  EXPECT_THAT(Descendants(40, processes), IsEmpty());
}

TEST(ProcessTree, EndsWhereAPidThatWasUsedAgainClosesACircle) {
  const ParentOf processes[] = {{1, 3}, {2, 1}, {3, 2}};
  EXPECT_THAT(Descendants(1, processes), ElementsAre(2, 3));
}

TEST(ProcessTree, FindsARealChild) {
  int never[2];
  ASSERT_EQ(pipe(never), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(never[1]);
    char byte;
    _exit(read(never[0], &byte, 1) == 0 ? 0 : 1);
  }
  EXPECT_THAT(DescendantsOf(getpid()), testing::Contains(child));
  close(never[1]);
  close(never[0]);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(DescendantsOf(getpid()), testing::Not(testing::Contains(child)));
}

}  // namespace
}  // namespace spyhop
