#include "cli/tui/live_screen.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "base/scoped_signal_mask.h"

namespace spyhop {
namespace {

constexpr int kLookEveryMilliseconds = 100;

ScopedFd SignalFd(std::initializer_list<int> signals) {
  const sigset_t set = ScopedSignalMask::SetOf(signals);
  return ScopedFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

LiveScreen::LiveScreen(const TopSettings& settings, const std::atomic<bool>& stop,
                       SamplingGate& gate, CursesScreen& screen, TopSource& source)
    : settings_(settings),
      stop_(stop),
      gate_(gate),
      screen_(screen),
      source_(source),
      sources_(settings.table.open_source),
      signals_(SignalFd({SIGTSTP, SIGWINCH})),
      state_(settings.state) {}

TopEnd LiveScreen::Run() {
  MonotonicClock clock;
  const Nanos start = clock.Now();
  data_ = source_.Make(state_.window);
  while (!stop_ && !input_gone_) {
    Take();
    if (source_.ended()) return TopEnd::kTargetsEnded;
    if (settings_.duration && clock.Now() - start >= *settings_.duration) {
      return TopEnd::kTargetsEnded;
    }
    if (changed_) Show();
    Await();
    if (!HandleKeys()) return TopEnd::kQuit;
  }
  return TopEnd::kQuit;
}

void LiveScreen::Take() {
  if (!source_.Update() || state_.paused) return;
  data_ = source_.Make(state_.window);
  changed_ = true;
}

void LiveScreen::Show() {
  changed_ = false;
  table_ = MakeTopTable(data_, state_, settings_.table);
  const ScreenSize size = screen_.size();
  const size_t page = LayOut(size).rows;
  KeepCursorVisible(ShownRows(table_, state_), page, state_);
  sources_.Fill(state_.first, page, table_);
  screen_.Draw(PaintTop(data_, table_, state_, size, settings_.utf8));
}

void LiveScreen::Await() {
  pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
  poll(fds, 2, kLookEveryMilliseconds);
  if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) input_gone_ = true;
  if (fds[1].revents != 0) TakeSignals();
}

void LiveScreen::TakeSignals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    Do(info.ssi_signo == SIGTSTP ? TopAction::kSuspend : TopAction::kRedraw);
  }
}

bool LiveScreen::HandleKeys() {
  const size_t page = LayOut(screen_.size()).rows;
  for (TopKey key = screen_.ReadKey(); key.kind != TopKey::Kind::kNone; key = screen_.ReadKey()) {
    const Nanos window = state_.window;
    const bool paused = state_.paused;
    const TopAction action = HandleKey(key, ShownRows(table_, state_), page, state_);
    if (action == TopAction::kQuit) return false;
    Do(action);
    const bool goes_on = paused && !state_.paused;
    if (state_.window != window || goes_on) data_ = source_.Make(state_.window);
    changed_ = true;
  }
  return true;
}

void LiveScreen::Do(TopAction action) {
  changed_ = true;
  switch (action) {
    case TopAction::kReset:
      source_.Reset();
      data_ = source_.Make(state_.window);
      break;
    case TopAction::kSuspend:
      Suspend();
      break;
    case TopAction::kRedraw:
      screen_.Refresh();
      break;
    case TopAction::kChoose:
      ChooseRow();
      break;
    case TopAction::kNone:
    case TopAction::kQuit:
      break;
  }
}

// A thread's stacks, a process's lines.
void LiveScreen::ChooseRow() {
  if (state_.cursor >= table_.rows.size()) return;
  const TopChoice choice = table_.rows[state_.cursor].choice;
  if (choice.pid == 0) return;
  state_.choice = choice;
  if (state_.view == TopView::kThreads) state_.view = TopView::kStacks;
  if (state_.view == TopView::kProcesses) state_.view = TopView::kLines;
  state_.cursor = state_.first = 0;
}

void LiveScreen::Suspend() {
  const ScopedHalt halt(gate_);
  if (!halt.halted()) return;
  const ScopedSignalMask open(SIG_UNBLOCK, {SIGTTOU});  // by `bg` it is stopped again
  screen_.Leave();
  StopThisProcess();
  screen_.Return();
}

}  // namespace spyhop
