#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands.h"
#include "cli/help_page.h"
#include "cli/option_lists.h"

namespace spyhop {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<PythonProcess> NoProcesses() {
  ADD_FAILURE() << "processes are looked at where no pid is typed";
  return {};
}

std::vector<std::string> WordsFor(std::vector<std::string> typed) {
  std::vector<std::string> words;
  for (const CompletionWord& word : Complete(std::move(typed), NoProcesses).words) {
    words.push_back(word.word);
  }
  return words;
}

TEST(Completion, OffersCommandsFirst) {
  EXPECT_THAT(WordsFor({"sna"}), ElementsAre("snapshot"));
  EXPECT_THAT(WordsFor({}), Contains("attach"));
  EXPECT_THAT(WordsFor({""}), Contains("--version"));
  EXPECT_THAT(WordsFor({"no-such-command", ""}), IsEmpty());
}

TEST(Completion, OffersEachOptionOfTheCommand) {
  for (const Option& option : AttachOptionList()) {
    const std::string name = "--" + option.names.substr(0, option.names.find(','));
    EXPECT_THAT(WordsFor({"attach", "--"}), Contains(name));
  }
}

TEST(Completion, OffersTheValuesOfAnOptionInEachWayToTypeThem) {
  EXPECT_THAT(WordsFor({"attach", "--pause", ""}), ElementsAre("auto", "never"));
  EXPECT_THAT(WordsFor({"attach", "--pause=n"}), ElementsAre("--pause=never"));
  EXPECT_THAT(WordsFor({"attach", "--pause", "="}), ElementsAre("auto", "never"));
  EXPECT_THAT(WordsFor({"attach", "--pause", "=", "n"}), ElementsAre("never"));
  EXPECT_THAT(WordsFor({"attach", "-f", "pst"}), ElementsAre("pstats"));
}

TEST(Completion, OffersNoValueWhereNoneCanStand) {
  EXPECT_THAT(WordsFor({"attach", "--native", ""}), IsEmpty()) << "its value comes behind = only";
  EXPECT_THAT(WordsFor({"attach", "--idle=a"}), IsEmpty());
  EXPECT_THAT(WordsFor({"attach", "--no-such-option=a"}), IsEmpty());
  EXPECT_THAT(WordsFor({"attach", "=", "a"}), IsEmpty());
}

TEST(Completion, OffersPidsWithTheirCommandsOnOneLineEach) {
  const auto list = []() -> std::vector<PythonProcess> {
    PythonProcess app;
    app.pid = 1234;
    app.command = {"python3", "a\tb\n:files\n" + std::string(1000, 'x')};
    PythonProcess other;
    other.pid = 77;
    return {app, other};
  };
  const Completion completion = Complete({"attach", "-p", "12"}, list);
  ASSERT_EQ(completion.words.size(), 1u);
  const std::string text = CompletionText(completion);
  EXPECT_THAT(text, testing::StartsWith("1234\tpython3 a\\tb\\n:files\\nxxx"));
  EXPECT_THAT(text, testing::EndsWith("..\n:none\n"));
  EXPECT_LT(text.size(), 100u);
}

TEST(Completion, LeavesFilesAndProgramsToTheShell) {
  EXPECT_EQ(Complete({"attach", "-o", ""}, NoProcesses).names, ShellNames::kFiles);
  EXPECT_EQ(Complete({"diff", ""}, NoProcesses).names, ShellNames::kRecordings);
  EXPECT_EQ(Complete({"run", "--", ""}, NoProcesses).names, ShellNames::kPrograms);
  EXPECT_EQ(Complete({"run", "--", "python3", "--pid", ""}, NoProcesses).names, ShellNames::kFiles);
  EXPECT_THAT(WordsFor({"run", "--", "--"}), IsEmpty()) << "the program's options are its own";
}

TEST(HelpPage, IsThereForEveryCommand) {
  for (const Command& command : Commands()) {
    if (command.run == nullptr) continue;
    EXPECT_NE(FindHelpPage(command.name), nullptr) << command.name;
    EXPECT_THAT(HelpFor(command.name), testing::HasSubstr("Exit status:\n  0      done\n"));
  }
  EXPECT_EQ(FindHelpPage("no-such-command"), nullptr);
}

}  // namespace
}  // namespace spyhop
