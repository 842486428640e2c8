#include "cli/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "base/scoped_fd.h"
#include "cli/option_parser.h"

namespace spyhop {
namespace {

constexpr size_t kLargestFile = 1 << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // A FIFO has nothing to say, and is not waited for.
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info;
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, "cannot open it");
  }
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError("it is not a regular file");
  std::string text(kLargestFile + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, "cannot read it");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kLargestFile) return absl::InvalidArgumentError("it is larger than 1 MiB");
  text.resize(size);
  return text;
}

// "[ watch  web ]  # comment": "watch web".
std::optional<std::string> SectionOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
  if (line.size() < 2 || line.front() != '[' || line.back() != ']') return std::nullopt;
  const std::vector<absl::string_view> words =
      absl::StrSplit(line.substr(1, line.size() - 2), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  return absl::StrJoin(words, " ");
}

}  // namespace

// Boost's reader gets each line by itself: it does not tell the numbers of lines, drops sections
// without keys, and takes the dots of names for its own.
absl::StatusOr<std::vector<ConfigLine>> ParseConfigLines(std::string_view text) {
  std::vector<ConfigLine> lines;
  std::string section;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(AbslView(text), '\n')) {
    ++number;
    if (std::optional<std::string> head = SectionOf(line)) {
      section = *std::move(head);
      if (section.empty()) section = " ";  // refused later, with the others
      lines.push_back({number, section, "", ""});
      continue;
    }
    absl::StatusOr<std::optional<Setting>> setting = ParseSetting(std::string(line));
    if (!setting.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", setting.status().message()));
    }
    if (!setting->has_value()) continue;
    lines.push_back({number, section, (*setting)->key, (*setting)->value});
  }
  return lines;
}

absl::StatusOr<DaemonConfig> LoadConfig(const std::string& path) {
  const auto annotated = [&path](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return annotated(text.status());
  const absl::StatusOr<std::vector<ConfigLine>> lines = ParseConfigLines(*text);
  if (!lines.ok()) return annotated(lines.status());
  absl::StatusOr<DaemonConfig> config = ReadConfig(*lines);
  if (!config.ok()) return annotated(config.status());
  return config;
}

}  // namespace spyhop
