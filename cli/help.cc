// What `spyhop COMMAND --help` prints.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/help_page.h"
#include "cli/help_text.h"
#include "cli/manual_text.h"
#include "cli/option_lists.h"
#include "cli/tui/top_help.h"

namespace spyhop {
namespace {

constexpr ExitStatus kExitsOfSnapshots[] = {kExitNoSuchProcess, kExitNotPermitted, kExitNotPython,
                                            kExitInterrupted};
constexpr ExitStatus kExitsOfDoctor[] = {kExitNoSuchProcess, kExitNotPermitted, kExitNotPython};
constexpr ExitStatus kExitsOfRecordings[] = {kExitNothingSampled, kExitInterrupted};
constexpr ExitStatus kExitsOfDiff[] = {kExitNothingSampled, kExitSlower, kExitInterrupted};
constexpr ExitStatus kExitsOfRun[] = {kExitCouldNotStart, kExitNotExecutable, kExitNotFound,
                                      kExitKilledBySignal};
constexpr ExitStatus kExitsOfDaemon[] = {kExitInterrupted};
constexpr std::span<const ExitStatus> kNoOthers;

constexpr HelpPage kPages[] = {
    {.command = "attach",
     .usage = "spyhop attach --pid PID [options]",
     .examples = kAttachExamples,
     .options = AttachOptionList,
     .notes = kViews,
     .description = kAboutAttach},
    {.command = "run",
     .usage = "spyhop run [options] -- PROGRAM ARGS...",
     .examples = kRunExamples,
     .options = RunOptionList,
     .notes = kViews,
     .exits = kExitsOfRun,
     .operands = Operands::kProgram,
     .description = kAboutRun},
    {.command = "report",
     .usage = "spyhop report RECORDING... [options]",
     .examples = kReportExamples,
     .options = ReportOptionList,
     .notes = kViews,
     .exits = kExitsOfRecordings,
     .operands = Operands::kRecordings,
     .description = kAboutReport},
    {.command = "diff",
     .usage = "spyhop diff BEFORE AFTER [options]",
     .examples = kDiffExamples,
     .options = DiffOptionList,
     .exits = kExitsOfDiff,
     .operands = Operands::kRecordings,
     .description = kAboutDiff},
    {.command = "snapshot",
     .usage = "spyhop snapshot --pid PID | --core FILE [options]",
     .examples = kSnapshotExamples,
     .options = SnapshotOptionList,
     .exits = kExitsOfSnapshots,
     .description = kAboutSnapshot},
    {.command = "top",
     .usage = "spyhop top --pid PID [options]",
     .examples = kTopExamples,
     .options = TopOptionList,
     .notes = kTopKeys,
     .description = kAboutTop},
    {.command = "ctl",
     .usage = "spyhop ctl status | snapshot PID | record PID --seconds N | pause [PID] | "
              "resume [PID] | rate HZ [PID]",
     .examples = kCtlExamples,
     .options = CtlOptionList,
     .exits = kExitsOfTargets,
     .operands = Operands::kCtl,
     .description = kAboutCtl},
    {.command = "list",
     .usage = "spyhop list [options]",
     .examples = kListExamples,
     .options = ListOptionList,
     .exits = kNoOthers,
     .description = kAboutList},
    {.command = "doctor",
     .usage = "spyhop doctor [--pid PID]",
     .examples = kDoctorExamples,
     .options = DoctorOptionList,
     .exits = kExitsOfDoctor,
     .description = kAboutDoctor},
    {.command = "daemon",
     .usage = "spyhop daemon --config FILE [--check]",
     .examples = kDaemonExamples,
     .options = DaemonOptionList,
     .notes = kDaemonSignals,
     .exits = kExitsOfDaemon,
     .description = kAboutDaemon},
    {.command = "completion",
     .usage = "spyhop completion bash|zsh|fish",
     .examples = kCompletionExamples,
     .options = HelpOptionList,
     .exits = kNoOthers,
     .operands = Operands::kShell,
     .description = kAboutCompletion},
    {.command = "man",
     .usage = "spyhop man [COMMAND]",
     .examples = kManExamples,
     .options = HelpOptionList,
     .exits = kNoOthers,
     .operands = Operands::kCommand,
     .description = kAboutMan},
};

}  // namespace

const HelpPage* FindHelpPage(std::string_view command) {
  for (const HelpPage& page : kPages) {
    if (command == page.command) return &page;
  }
  return nullptr;
}

std::string HelpFor(const std::string& command) {
  const HelpPage* page = FindHelpPage(command);
  if (page == nullptr) return "";
  std::string text = absl::StrCat("Examples:\n", page->examples, "\nUsage: ", page->usage, "\n",
                                  DescribeOptions(page->options()), "\n", page->notes,
                                  *page->notes ? "\n" : "", "Exit status:\n");
  for (const ExitMeaning& meaning : MeaningsOf(page->exits)) {
    absl::StrAppendFormat(&text, "  %-5s  %s\n", meaning.status, meaning.text);
  }
  return text;
}

}  // namespace spyhop
