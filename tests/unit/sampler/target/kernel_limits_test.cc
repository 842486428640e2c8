#include "sampler/target/kernel_limits.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(ParseLockdown, TakesTheMarkedWord) {
  EXPECT_EQ(ParseLockdown("[none] integrity confidentiality\n"), "none");
  EXPECT_EQ(ParseLockdown("none [integrity] confidentiality\n"), "integrity");
  EXPECT_EQ(ParseLockdown("none integrity [confidentiality]"), "confidentiality");
}

TEST(ParseLockdown, IsEmptyWithoutAMark) {
  for (const char* text : {"", "none", "[none", "]none["}) EXPECT_EQ(ParseLockdown(text), "");
}

TEST(ParseModules, KeepsTheirOrder) {
  EXPECT_EQ(ParseModules("lockdown,capability,yama\n"),
            (std::vector<std::string>{"lockdown", "capability", "yama"}));
  EXPECT_TRUE(ParseModules("\n").empty());
}

}  // namespace
}  // namespace spyhop
