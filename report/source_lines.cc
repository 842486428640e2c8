#include "report/source_lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace spyhop {
namespace {

constexpr size_t kMostBytes = size_t{32} << 20;
constexpr size_t kMostOfLine = 400;

// A hostile target can name any file as its source; as superuser we would read it. What only root
// may read stays unread.
bool MayShow(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return false;
  return geteuid() != 0 || (info.st_mode & S_IROTH) != 0 || info.st_uid != 0;
}

// Sees a file's bytes in order and keeps the wanted lines.
class LinePicker {
 public:
  // Line number -> where its text goes.
  using Wanted = std::multimap<int, std::string*>;

  explicit LinePicker(const Wanted& wanted) : wanted_(wanted), next_(wanted.begin()) {}

  bool done() const { return next_ == wanted_.end(); }

  void See(std::string_view bytes) {
    while (!bytes.empty() && !done()) {
      const size_t newline = bytes.find('\n');
      if (line_ == next_->first) Keep(bytes.substr(0, newline));
      if (newline == std::string_view::npos) return;
      bytes.remove_prefix(newline + 1);
      EndLine();
    }
  }

  void EndLine() {
    for (; !done() && next_->first <= line_; ++next_) *next_->second = Stripped(text_);
    text_.clear();
    ++line_;
  }

 private:
  void Keep(std::string_view piece) {
    if (text_.empty()) piece.remove_prefix(std::min(piece.find_first_not_of(" \t"), piece.size()));
    text_.append(piece.substr(0, kMostOfLine - std::min(kMostOfLine, text_.size())));
  }

  static std::string Stripped(const std::string& text) {
    return text.substr(0, text.find_last_not_of(" \t\r\f") + 1);
  }

  const Wanted& wanted_;
  Wanted::const_iterator next_;
  int line_ = 1;
  std::string text_;
};

void ReadLines(int fd, const LinePicker::Wanted& wanted) {
  LinePicker picker(wanted);
  std::string block(size_t{64} << 10, '\0');
  for (size_t sum = 0; sum < kMostBytes && !picker.done();) {
    const ssize_t got = read(fd, block.data(), block.size());
    if (got <= 0) break;
    picker.See(std::string_view(block.data(), static_cast<size_t>(got)));
    sum += static_cast<size_t>(got);
  }
  picker.EndLine();
}

bool MayBeSource(const std::string& file) { return !file.empty() && file[0] != '<'; }

// None when there is more.
std::optional<std::string> ReadAtMost(int fd, size_t most_bytes) {
  std::string text(most_bytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > most_bytes) return std::nullopt;
  text.resize(size);
  return text;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, std::min(end, kMostOfLine));
    lines.emplace_back(line.substr(0, line.find_last_not_of(" \t\r\f") + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::vector<std::string> ReadSourceLines(const SourceOpener& open,
                                         const std::vector<SourcePlace>& places) {
  std::vector<std::string> texts(places.size());
  std::map<std::pair<int, std::string>, LinePicker::Wanted> files;
  for (size_t i = 0; i < places.size(); ++i) {
    const SourcePlace& place = places[i];
    if (place.line <= 0 || !MayBeSource(place.file)) continue;
    files[{place.pid, place.file}].emplace(place.line, &texts[i]);
  }
  for (const auto& [file, wanted] : files) {
    const ScopedFd fd = open(file.first, file.second);
    if (fd.valid() && MayShow(fd.get())) ReadLines(fd.get(), wanted);
  }
  return texts;
}

std::optional<std::vector<std::string>> ReadSourceFile(const SourceOpener& open, int pid,
                                                       const std::string& file, size_t most_bytes) {
  if (!MayBeSource(file)) return std::nullopt;
  const ScopedFd fd = open(pid, file);
  if (!fd.valid() || !MayShow(fd.get())) return std::nullopt;
  const std::optional<std::string> text = ReadAtMost(fd.get(), most_bytes);
  if (!text || text->find('\0') != std::string::npos) return std::nullopt;
  return SplitLines(*text);
}

}  // namespace spyhop
