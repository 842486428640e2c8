#include "cli/daemon/label_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::Pair;

class LabelMaker : public testing::Test {
 protected:
  LabelMaker() {
    rule_.name = "web";
    facts_.container_id = "0123";
    facts_.cgroup = "/x";
    facts_.unit = "web.service";
  }

  Labels Make() {
    return MakeLabels(
        rule_, facts_, "3.11.7",
        {.environment = [this](const std::string& name) -> std::optional<std::string> {
           asked_.push_back(name);
           const auto found = environment_.find(name);
           if (found == environment_.end()) return std::nullopt;
           return found->second;
         },
         .otel_service =
             [this] {
               asked_.push_back("OTEL_CTX");
               return otel_;
             }});
  }

  WatchRule rule_;
  ProcessFacts facts_;
  std::map<std::string, std::string> environment_;
  std::optional<std::string> otel_;
  std::vector<std::string> asked_;
};

TEST_F(LabelMaker, NamesRuleAndVersionAlways) {
  EXPECT_THAT(Make(), ElementsAre(Pair("python_version", "3.11.7"), Pair("service", "web")));
  EXPECT_THAT(asked_, ElementsAre());
}

TEST_F(LabelMaker, GivesContainersWhereKnown) {
  rule_.label_container = true;
  EXPECT_THAT(Make(), ElementsAre(Pair("cgroup", "/x"), Pair("container_id", "0123"),
                                  Pair("python_version", "3.11.7"), Pair("service", "web"),
                                  Pair("unit", "web.service")));
}

TEST_F(LabelMaker, ReadsOnlyVariablesThatItMay) {
  environment_ = {{"APP_NAME", "shop"}, {"SECRET", "x"}, {"EMPTY", ""}};
  rule_.label_env = {"APP_NAME", "EMPTY", "ABSENT"};
  EXPECT_THAT(Make(), ElementsAre(Pair("app_name", "shop"), Pair("python_version", "3.11.7"),
                                  Pair("service", "web")));
  EXPECT_THAT(asked_, ElementsAre("APP_NAME", "EMPTY", "ABSENT"));
}

TEST_F(LabelMaker, PrefersTheConfigurationThenTheEnvironmentThenOpenTelemetry) {
  rule_.label_otel = true;
  EXPECT_EQ(Make()["service"], "web");
  otel_ = "otel";
  EXPECT_EQ(Make()["service"], "otel");
  rule_.label_env = {"SERVICE"};
  environment_ = {{"SERVICE", "variable"}};
  EXPECT_EQ(Make()["service"], "variable");
  rule_.labels = {{"service", "configured"}};
  EXPECT_EQ(Make()["service"], "configured");
}

TEST_F(LabelMaker, MakesValuesValidAndShort) {
  rule_.label_env = {"A"};
  environment_ = {{"A", "\xff" + std::string(254, 'x') + "\xc3\xa4"}};
  const std::string value = Make()["a"];
  EXPECT_EQ(value, "\xEF\xBF\xBD" + std::string(253, 'x'));
  environment_["A"] = std::string(1 << 20, 'y');
  EXPECT_EQ(Make()["a"].size(), kLongestLabelValue);
}

TEST(LabelName, IsALetterThenLettersDigitsAndUnderscores) {
  for (const char* good : {"a", "_", "A1", "app_name"}) EXPECT_TRUE(IsLabelName(good)) << good;
  for (const char* bad : {"", "1a", "a-b", "a.b", "\xc3\xa4"})
    EXPECT_FALSE(IsLabelName(bad)) << bad;
  EXPECT_TRUE(IsLabelName(std::string(64, 'a')));
  EXPECT_FALSE(IsLabelName(std::string(65, 'a')));
}

}  // namespace
}  // namespace spyhop
