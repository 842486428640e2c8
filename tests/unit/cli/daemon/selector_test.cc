#include "cli/daemon/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::Pair;

const UserIds kUsers = {{"root", 0}, {"www-data", 33}};

ProcessFacts Gunicorn() {
  ProcessFacts facts;
  facts.pid = 12;
  facts.user = 33;
  facts.command = {"/usr/bin/python3", "/usr/bin/gunicorn", "shop:app"};
  facts.executable = "/usr/bin/python3.11";
  facts.cgroup = "/system.slice/docker-0123abcd.scope";
  facts.container_id = "0123abcd";
  facts.unit = "gunicorn.service";
  return facts;
}

bool Matches(const std::function<void(WatchRule&)>& change) {
  WatchRule rule;
  change(rule);
  return Selector({rule}, kUsers).Choose(Gunicorn(), "3.11.7").rule != nullptr;
}

TEST(Selector, WithoutSelectorsTakesAll) {
  EXPECT_TRUE(Matches([](WatchRule&) {}));
}

TEST(Selector, HoldsEachSelectorToItsFact) {
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.pid = 12; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.pid = 13; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.command = "*/gunicorn*"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.command = "*python3 */gunicorn shop:*"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.command = "gunicorn"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.cgroup = "/system.slice/*"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.cgroup = "/user.slice/*"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.container = "0123"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.container = "123"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.unit = "guni*.service"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.unit = "guni*.socket"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.python = "3.11*"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.python = "3.1"; }));
}

TEST(Selector, KnowsUsersByNameAndByNumber) {
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.user = "www-data"; }));
  EXPECT_TRUE(Matches([](WatchRule& rule) { rule.user = "33"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.user = "root"; }));
  EXPECT_FALSE(Matches([](WatchRule& rule) { rule.user = "nobody-of-that-name"; }));
}

TEST(Selector, TellsUsersThatNobodyHas) {
  WatchRule rule;
  rule.user = "nobody-of-that-name";
  EXPECT_THAT(Selector({rule}, kUsers).unknown_users(), ElementsAre("nobody-of-that-name"));
  EXPECT_THAT(Selector({WatchRule()}, kUsers).unknown_users(), ElementsAre());
}

TEST(Selector, WantsAllOfARulesSelectors) {
  const auto both = [](const char* user) {
    return Matches([user](WatchRule& rule) {
      rule.command = "*gunicorn*";
      rule.user = user;
    });
  };
  EXPECT_TRUE(both("www-data"));
  EXPECT_FALSE(both("root"));
}

WatchRule Rule(const char* name, const char* python, bool ignore = false) {
  WatchRule rule;
  rule.name = name;
  rule.python = python;
  rule.ignore = ignore;
  return rule;
}

TEST(Selector, TakesTheFirstThatMatches) {
  const Selector selector({Rule("old", "2*", true), Rule("any", ""), Rule("later", "")}, kUsers);
  const Selector::Choice choice = selector.Choose(Gunicorn(), "3.11.7");
  ASSERT_NE(choice.rule, nullptr);
  EXPECT_EQ(choice.rule->name, "any");
  EXPECT_TRUE(choice.watched());
  EXPECT_FALSE(selector.Choose(Gunicorn(), "2.7.18").watched());
}

TEST(Selector, SaysWhenTheVersionDecides) {
  const Selector selector({Rule("old", "2*", true), Rule("any", "")}, kUsers);
  const Selector::Choice choice = selector.Choose(Gunicorn(), std::nullopt);
  EXPECT_TRUE(choice.needs_version);
  EXPECT_EQ(choice.rule->name, "old");
  EXPECT_FALSE(Selector({Rule("any", ""), Rule("old", "2*")}, kUsers)
                   .Choose(Gunicorn(), std::nullopt)
                   .needs_version);
}

TEST(Selector, CutsWhatIsTooLong) {
  ProcessFacts facts = Gunicorn();
  facts.command = {std::string(1 << 20, 'a')};
  WatchRule rule;
  rule.command = "a*a*a*a*b";
  EXPECT_EQ(Selector({rule}, kUsers).Choose(facts, "3").rule, nullptr);
}

TEST(UserIds, AreThoseOfTheFile) {
  const std::string path = testing::TempDir() + "spyhop-passwd";
  std::ofstream(path) << "root:x:0:0:root:/root:/bin/sh\nnonsense\nweb:x:1001:7::/:/bin/sh\n";
  EXPECT_THAT(ReadUserIds(path), ElementsAre(Pair("root", 0u), Pair("web", 1001u)));
  EXPECT_TRUE(ReadUserIds("/nowhere").empty());
}

}  // namespace
}  // namespace spyhop
