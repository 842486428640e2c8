// Every key is in the example that is installed and in docs/daemon.md, as the table of keys has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/config_file.h"
#include "cli/config_keys.h"

namespace spyhop {
namespace {

using testing::HasSubstr;

const std::string kExample = SPYHOP_SOURCE_DIR "/packaging/spyhop.conf";
const std::string kPage = SPYHOP_SOURCE_DIR "/docs/daemon.md";

std::string TextOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// "#key = value" is a setting, "# words" is not.
std::string WithAllSettings(const std::string& text) {
  std::string all;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.remove_prefix(1);
    absl::StrAppend(&all, line, "\n");
  }
  return all;
}

std::vector<ConfigLine> LinesOf(const std::string& text) {
  const absl::StatusOr<std::vector<ConfigLine>> lines = ParseConfigLines(text);
  EXPECT_TRUE(lines.ok()) << lines.status();
  return lines.value_or(std::vector<ConfigLine>());
}

// The values that a section of `lines` has for the row's key.
std::vector<std::string> ValuesOf(const std::vector<ConfigLine>& lines, const std::string& section,
                                  const std::string& row) {
  const bool any = absl::EndsWith(row, ".NAME");
  std::vector<std::string> values;
  for (const ConfigLine& line : lines) {
    const bool fits =
        any ? absl::StartsWith(line.key, row.substr(0, row.size() - 4)) : line.key == row;
    if (line.section == section && fits) values.push_back(line.value);
  }
  return values;
}

template <typename Part>
void ExpectAllIn(const std::vector<ConfigLine>& lines, const std::string& section,
                 const std::vector<ConfigKey<Part>>& keys) {
  for (const ConfigKey<Part>& key : keys) {
    const std::vector<std::string> values = ValuesOf(lines, section, key.name);
    ASSERT_FALSE(values.empty()) << "packaging/spyhop.conf lacks " << key.name;
    if (!key.fallback.empty()) {
      EXPECT_EQ(values[0], key.fallback) << key.name;
    }
  }
}

TEST(ConfigExample, WatchesEverythingAsItIs) {
  const absl::StatusOr<DaemonConfig> config = LoadConfig(kExample);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->watches.size(), 1u);
  EXPECT_EQ(config->watches[0].name, "all");
  EXPECT_TRUE(config->watches[0].command.empty());
  EXPECT_TRUE(config->pushes.empty());
  EXPECT_TRUE(config->http.empty());
}

TEST(ConfigExample, HasEveryKeyWithItsDefault) {
  const std::vector<ConfigLine> lines = LinesOf(WithAllSettings(TextOf(kExample)));
  ExpectAllIn(lines, "daemon", DaemonKeys());
  ExpectAllIn(lines, "watch all", WatchKeys());
  ExpectAllIn(lines, "push store", PushKeys());
}

TEST(ConfigExample, IsRightWithEverySettingTaken) {
  const absl::StatusOr<DaemonConfig> config =
      ReadConfig(LinesOf(WithAllSettings(TextOf(kExample))));
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST(DaemonPage, HasTheTableOfKeys) {
  const std::string page = TextOf(kPage);
  EXPECT_THAT(page, HasSubstr("### [daemon]\n\n" + KeysAsMarkdown(KeyTexts(DaemonKeys())) + "\n"));
  EXPECT_THAT(page,
              HasSubstr("### [watch NAME]\n\n" + KeysAsMarkdown(KeyTexts(WatchKeys())) + "\n"));
  EXPECT_THAT(page, HasSubstr("### [push NAME]\n\n" + KeysAsMarkdown(KeyTexts(PushKeys())) + "\n"));
}

}  // namespace
}  // namespace spyhop
