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

}  // namespace

std::vector<std::string> ReadSourceLines(const SourceOpener& open,
                                         const std::vector<SourcePlace>& places) {
  std::vector<std::string> texts(places.size());
  std::map<std::pair<int, std::string>, LinePicker::Wanted> files;
  for (size_t i = 0; i < places.size(); ++i) {
    const SourcePlace& place = places[i];
    if (place.line <= 0 || place.file.empty() || place.file[0] == '<') continue;
    files[{place.pid, place.file}].emplace(place.line, &texts[i]);
  }
  for (const auto& [file, wanted] : files) {
    const ScopedFd fd = open(file.first, file.second);
    if (fd.valid() && MayShow(fd.get())) ReadLines(fd.get(), wanted);
  }
  return texts;
}

}  // namespace spyhop
