#include "cli/config_reader.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/config_keys.h"
#include "cli/config_values.h"
#include "cli/suggest.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr char kAnyName[] = ".NAME";

// "label.service" is what the row "label.NAME" is for.
bool IsFor(const std::string& key, const std::string& row) {
  if (!row.ends_with(kAnyName)) return key == row;
  return key.starts_with(row.substr(0, row.size() - std::string_view(kAnyName).size() + 1));
}

std::string NameIn(const std::string& key, const std::string& row) {
  return row.ends_with(kAnyName) ? key.substr(key.find('.') + 1) : "";
}

class ConfigReader {
 public:
  void Read(const ConfigLine& line);
  absl::StatusOr<DaemonConfig> Finish();

 private:
  enum class Section { kNone, kDaemon, kWatch, kPush };

  void Begin(const ConfigLine& line);
  void BeginNamed(Section section, const ConfigLine& line, const std::string& name);
  template <typename Part>
  void Put(const std::vector<ConfigKey<Part>>& keys, const ConfigLine& line, Part& part);
  void CheckSection();
  void CheckWhole();
  // What is wrong at a line; 0: at none.
  void Fail(int line, const std::string& problem);

  DaemonConfig config_;
  Section section_ = Section::kNone;
  int begun_at_ = 0;
  std::set<std::string> sections_;
  std::set<std::string> keys_;  // of this section
  std::string first_problem_;
  int problems_ = 0;
};

void ConfigReader::Fail(int line, const std::string& problem) {
  const std::string place = line == 0 ? "" : absl::StrCat("line ", line, ": ");
  if (problems_++ == 0) first_problem_ = place + problem;
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", EscapeForTerminal(text), "'");
}

void ConfigReader::Begin(const ConfigLine& line) {
  CheckSection();
  section_ = Section::kNone;
  keys_.clear();
  begun_at_ = line.number;
  if (!sections_.insert(line.section).second) {
    return Fail(line.number, absl::StrCat("section [", EscapeForTerminal(line.section),
                                          "] is there a second time; make one of both"));
  }
  const std::vector<std::string> words = absl::StrSplit(line.section, ' ', absl::SkipEmpty());
  const std::string kind = words.empty() ? "" : words[0];
  const std::string name = words.size() == 2 ? words[1] : "";
  if (kind == "daemon" && words.size() == 1) {
    section_ = Section::kDaemon;
  } else if (kind == "watch") {
    BeginNamed(Section::kWatch, line, name);
  } else if (kind == "push") {
    BeginNamed(Section::kPush, line, name);
  } else {
    Fail(line.number, absl::StrCat("unknown section [", EscapeForTerminal(line.section),
                                   "]; there are [daemon], [watch NAME] and [push NAME]",
                                   Suggestion(kind, {"daemon", "watch", "push"})));
  }
}

void ConfigReader::BeginNamed(Section section, const ConfigLine& line, const std::string& name) {
  if (!IsSectionName(name)) {
    return Fail(
        line.number,
        absl::StrCat("section [", EscapeForTerminal(line.section),
                     "] needs one name of up to 64 letters, digits, '_', '-' and '.', like [",
                     section == Section::kWatch ? "watch web]" : "push store]"));
  }
  section_ = section;
  if (section == Section::kWatch) {
    config_.watches.emplace_back().name = name;
  } else {
    config_.pushes.emplace_back().name = name;
  }
}

template <typename Part>
void ConfigReader::Put(const std::vector<ConfigKey<Part>>& keys, const ConfigLine& line,
                       Part& part) {
  const auto row = std::find_if(keys.begin(), keys.end(),
                                [&](const auto& each) { return IsFor(line.key, each.name); });
  const std::string place = absl::StrCat("[", EscapeForTerminal(line.section), "] ");
  if (row == keys.end()) {
    std::vector<std::string> names;
    for (const auto& each : keys) names.push_back(each.name);
    return Fail(line.number,
                absl::StrCat(place, "unknown key ", Quoted(line.key), Suggestion(line.key, names)));
  }
  if (!keys_.insert(line.key).second) {
    return Fail(line.number,
                absl::StrCat(place, "key ", Quoted(line.key), " is there a second time"));
  }
  if (!row->set(part, NameIn(line.key, row->name), line.value)) {
    Fail(line.number, absl::StrCat(place, EscapeForTerminal(line.key), " = ", Quoted(line.value),
                                   ": may be ", row->allowed));
  }
}

void ConfigReader::Read(const ConfigLine& line) {
  if (line.key.empty()) return Begin(line);
  if (line.section.empty()) {
    return Fail(line.number, absl::StrCat("key ", Quoted(line.key),
                                          " stands before any section, like [daemon]"));
  }
  switch (section_) {
    case Section::kNone:
      break;  // of a section that was refused
    case Section::kDaemon:
      return Put(DaemonKeys(), line, config_);
    case Section::kWatch:
      return Put(WatchKeys(), line, config_.watches.back());
    case Section::kPush:
      return Put(PushKeys(), line, config_.pushes.back());
  }
}

// Once all its keys have been read.
void ConfigReader::CheckSection() {
  if (section_ != Section::kPush) return;
  for (const char* needed : {"type", "url"}) {
    if (keys_.contains(needed)) continue;
    Fail(begun_at_,
         absl::StrCat("[push ", config_.pushes.back().name, "] lacks the key '", needed, "'"));
  }
}

void ConfigReader::CheckWhole() {
  if (config_.watches.empty()) {
    Fail(0,
         "no [watch NAME] section, so nothing would be watched; [watch all] without keys takes "
         "every Python process");
  }
  if (!config_.http.empty() && !IsLoopback(config_.http) && config_.http_token_file.empty()) {
    Fail(0, absl::StrCat("[daemon] http = ", Quoted(config_.http),
                         " can be reached from other machines, so it needs http-token-file"));
  }
  if (config_.snapshot_folder.empty() && !config_.history.empty()) {
    config_.snapshot_folder = config_.history + "/snapshots";
  }
}

absl::StatusOr<DaemonConfig> ConfigReader::Finish() {
  CheckSection();
  CheckWhole();
  if (problems_ == 0) return std::move(config_);
  const std::string more =
      problems_ == 1 ? "" : absl::StrCat(" (and ", problems_ - 1, " more mistakes)");
  return absl::InvalidArgumentError(first_problem_ + more);
}

}  // namespace

absl::StatusOr<DaemonConfig> ReadConfig(absl::Span<const ConfigLine> lines) {
  ConfigReader reader;
  for (const ConfigLine& line : lines) reader.Read(line);
  return reader.Finish();
}

}  // namespace spyhop
