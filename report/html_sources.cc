#include "report/html_sources.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kMostOfFile = 300'000;
constexpr size_t kMostOfAll = 4'000'000;
constexpr size_t kMostFiles = 1'000;
constexpr size_t kTab = 8;

struct SourceFile {
  int pid = 0;
  StringId file{};
  Nanos self = 0;
  std::set<int> lines;
};

// The one with the most self time first.
std::vector<SourceFile> FilesOf(const std::vector<LineRow>& rows) {
  std::map<std::pair<int, StringId>, SourceFile> by_name;
  for (const LineRow& row : rows) {
    if (row.kind != FrameKind::kPython) continue;
    SourceFile& file = by_name[{row.pid, row.file}];
    file.pid = row.pid;
    file.file = row.file;
    file.self += row.self.Wall(true);
    if (row.line > 0) file.lines.insert(row.line);
  }
  std::vector<SourceFile> files;
  files.reserve(by_name.size());
  for (auto& [name, file] : by_name) files.push_back(std::move(file));
  std::stable_sort(files.begin(), files.end(),
                   [](const SourceFile& a, const SourceFile& b) { return a.self > b.self; });
  files.resize(std::min(files.size(), kMostFiles));
  return files;
}

std::string Shown(std::string_view line) {
  std::string text;
  size_t column = 0;
  for (const char c : line) {
    const size_t width = c == '\t' ? kTab - column % kTab : 1;
    text.append(width, c == '\t' ? ' ' : c);
    column += width;
  }
  return EscapeForTerminal(text);
}

size_t SizeOf(const std::vector<std::string>& lines) {
  size_t size = 0;
  for (const std::string& line : lines) size += line.size() + 1;
  return size;
}

}  // namespace

std::vector<HtmlSource> ReadHtmlSources(const Profile& profile, const std::vector<LineRow>& rows,
                                        const SourceOpener& open) {
  std::vector<HtmlSource> sources;
  if (!open) return sources;
  std::vector<SourcePlace> places;
  std::vector<size_t> source_of_place;
  size_t room = kMostOfAll;
  for (const SourceFile& file : FilesOf(rows)) {
    const std::string name(profile.strings().Get(file.file));
    sources.push_back({.pid = file.pid, .file = file.file});
    std::optional<std::vector<std::string>> whole =
        ReadSourceFile(open, file.pid, name, std::min(room, kMostOfFile));
    if (whole) {
      room -= std::min(room, SizeOf(*whole));
      for (const std::string& line : *whole) sources.back().lines.push_back(Shown(line));
      continue;
    }
    for (const int line : file.lines) {
      places.push_back({file.pid, name, line});
      source_of_place.push_back(sources.size() - 1);
    }
  }
  const std::vector<std::string> texts = ReadSourceLines(open, places);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    HtmlSource& source = sources[source_of_place[i]];
    source.numbers.push_back(places[i].line);
    source.lines.push_back(Shown(texts[i]));
  }
  std::erase_if(sources, [](const HtmlSource& source) { return source.lines.empty(); });
  return sources;
}

}  // namespace spyhop
