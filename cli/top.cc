// `spyhop top`: what running processes do, live, until q, Ctrl-C or their end.
#include <langinfo.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/scoped_signal_mask.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interruption.h"
#include "cli/messages.h"
#include "cli/target_sources.h"
#include "cli/terminal.h"
#include "cli/tui/curses_screen.h"
#include "cli/tui/live_screen.h"
#include "cli/tui/plain_table.h"

namespace spyhop {
namespace {

bool WriteToStdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool WantsScreen(const TopCommandOptions& options) {
  return CursesScreen::CanOpen() && !options.settings.iterations;
}

class TopJob {
 public:
  TopJob(const TopCommandOptions& options, const SamplerFactory& create)
      : options_(options), create_(create), settings_(options.settings) {}

  int Work(Interruption& interruption) {
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (const int pid : options_.pids) {
      absl::StatusOr<std::unique_ptr<Sampler>> sampler = create_(pid, options_.sampler);
      if (!sampler.ok()) return Report(sampler.status());
      sources_.Remember(pid);
      samplers.push_back(*std::move(sampler));
    }
    if (options_.source) settings_.table.open_source = sources_.Opener();
    std::unique_ptr<CursesScreen> screen = OpenScreen();
    TopSource source(std::move(samplers), settings_.delay, options_.sampler.rate_hz,
                     interruption.gate);
    if (screen == nullptr) return Plain(interruption, source);
    return OnScreen(interruption, std::move(screen), source);
  }

 private:
  // Null: it cannot be had. Before anything is sampled, for who starts it in the background is
  // stopped here (SIGTTOU).
  std::unique_ptr<CursesScreen> OpenScreen() {
    if (!WantsScreen(options_)) return nullptr;
    settings_.utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
    settings_.color = UseColor(options_.common.color, STDOUT_FILENO);
    const ScopedSignalMask open(SIG_UNBLOCK, {SIGTTOU});
    absl::StatusOr<std::unique_ptr<CursesScreen>> screen =
        CursesScreen::Open(settings_.color, settings_.utf8);
    return screen.ok() ? *std::move(screen) : nullptr;
  }

  int OnScreen(Interruption& interruption, std::unique_ptr<CursesScreen> screen,
               TopSource& source) {
    // They would be written across the screen.
    SetLogLevel(LogLevel::kError);
    LiveScreen live(settings_, interruption.stop, interruption.gate, *screen, source);
    const TopEnd end = live.Run();
    screen.reset();
    SetLogLevel(options_.common.log_level);
    settings_.width = TerminalWidth(STDOUT_FILENO);
    return Conclude(end, live.state(), source);
  }

  int Plain(Interruption& interruption, TopSource& source) {
    settings_.width = TerminalWidth(STDOUT_FILENO);
    bool failed = false;
    const TopEnd end = PrintTables(
        settings_, interruption.stop,
        [&failed](std::string_view text) {
          if (WriteToStdout(text)) return true;
          failed = errno != EPIPE;
          if (failed) SayError(absl::StrCat("cannot write to stdout: ", strerror(errno)));
          return false;
        },
        source);
    return failed ? kExitFailed : Conclude(end, settings_.state, source);
  }

  // What was sampled last stays readable.
  int Conclude(TopEnd end, const TopState& state, const TopSource& source) {
    if (end != TopEnd::kTargetsEnded) return kExitDone;
    if (!source.status().ok()) return Report(source.status());
    const bool one = options_.pids.size() == 1;
    const std::string pids =
        absl::StrCat(one ? "process " : "processes ", absl::StrJoin(options_.pids, ", "));
    if (!source.has_sampled()) {
      if (!source.ended()) return kExitDone;
      SayError(absl::StrCat(pids, " ended before the first sample"));
      return kExitNoSuchProcess;
    }
    SourceTexts texts(settings_.table.open_source);
    WriteToStdout(PlainTable(source.Make(state.window), state, settings_, absl::Now(), texts));
    if (source.ended()) SayInfo(absl::StrCat(pids, one ? " has ended" : " have ended"));
    return kExitDone;
  }

  const TopCommandOptions& options_;
  const SamplerFactory& create_;
  TopSettings settings_;
  TargetSources sources_;
};

}  // namespace

int Top(const TopCommandOptions& options, const SamplerFactory& create) {
  std::setlocale(LC_CTYPE, "");  // of the terminal: which characters it has
  // LiveScreen takes them.
  std::optional<ScopedSignalMask> of_screen;
  if (WantsScreen(options))
    of_screen.emplace(SIG_BLOCK, std::initializer_list<int>{SIGTSTP, SIGWINCH});
  TopJob job(options, create);
  std::atomic<bool> ending{false};
  const auto on_signal = [&ending](int signal, bool) {
    // The second Ctrl-C leaves at once, whatever the screen's thread is at.
    if (ending.exchange(true) && signal == SIGINT) RestoreTerminalNow();
    return false;
  };
  return RunInterruptible({.on_signal = on_signal},
                          [&job](Interruption& interruption) { return job.Work(interruption); });
}

int TopCommand(const Arguments& arguments) {
  const absl::StatusOr<TopCommandOptions> options = ParseTop(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "top");
  if (options->common.help) return PrintHelp("top");
  SetLogLevel(options->common.log_level);
  return Top(*options, Sampler::Create);
}

}  // namespace spyhop
