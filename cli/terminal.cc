#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "report/table_header.h"

namespace spyhop {
namespace {

constexpr size_t kNarrowest = 40;

bool IsSet(const char* name) {
  const char* value = getenv(name);
  return value != nullptr && *value != '\0';
}

void WriteToStderr(std::string_view text) {
  // Progress is a courtesy: an error is nobody's concern.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

size_t TerminalWidth(int fd) {
  if (isatty(fd) == 0) return 0;
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::max<size_t>(size.ws_col, kNarrowest);
  }
  uint32_t columns = 0;
  const bool told = IsSet("COLUMNS") && absl::SimpleAtoi(getenv("COLUMNS"), &columns);
  return told && columns > 0 ? std::max<size_t>(columns, kNarrowest) : 80;
}

bool UseColor(ColorMode mode, int fd) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  if (IsSet("NO_COLOR")) return false;
  const char* term = getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return isatty(fd) != 0;
}

StatusLine::StatusLine(bool enabled, size_t samplers)
    : enabled_(enabled && isatty(STDERR_FILENO) != 0) {
  for (size_t i = 0; i < samplers; ++i) numbers_.emplace_back();
}

void StatusLine::Update(size_t sampler, const SamplingProgress& progress) {
  Numbers& numbers = numbers_[sampler];
  numbers.elapsed = progress.elapsed;
  numbers.samples = progress.samples;
  numbers.threads = progress.threads;
}

void StatusLine::Show() {
  if (!enabled_) return;
  Nanos elapsed = 0;
  uint64_t samples = 0;
  uint64_t threads = 0;
  for (const Numbers& numbers : numbers_) {
    elapsed = std::max(elapsed, numbers.elapsed.load());
    samples += numbers.samples;
    threads += numbers.threads;
  }
  if (elapsed == 0) return;
  shown_ = true;
  WriteToStderr(absl::StrFormat("\r\x1b[Kspyhop: %.1f s, %s of %s; Ctrl-C ends it",
                                static_cast<double>(elapsed) / static_cast<double>(kSecond),
                                Counted(samples, "sample"), Counted(threads, "thread")));
}

void StatusLine::Clear() {
  enabled_ = false;
  if (shown_.exchange(false)) WriteToStderr("\r\x1b[K");
}

}  // namespace spyhop
