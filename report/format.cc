#include "report/format.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/collapsed.h"
#include "report/escape.h"
#include "report/json_profile.h"
#include "report/table.h"

namespace spyhop {
namespace {

// Longer suffixes come before those they end with: ".speedscope.json" before ".json".
const std::vector<Format>& Formats() {
  static const auto& formats = *new std::vector<Format>{
      {"table", {".table"}, WriteTable, true},
      {"speedscope", {".speedscope.json"}, nullptr},
      {"gecko", {".gecko.json"}, nullptr},
      {"chrome", {".trace.json"}, nullptr},
      {"json", {".json"}, WriteJsonProfile},
      {"html", {".html"}, nullptr},
      {"collapsed", {".collapsed", ".folded", ".txt"}, WriteCollapsed},
      {"pprof", {".pb.gz", ".pprof"}, nullptr},
      {"pstats", {".pstats", ".prof"}, nullptr},
      {.name = "recording", .suffixes = {".spyhop"}, .write = nullptr, .is_recording = true},
  };
  return formats;
}

bool IsAvailable(const Format& format) { return format.write != nullptr || format.is_recording; }

absl::StatusOr<const Format*> Available(const Format& format) {
  if (IsAvailable(format)) return &format;
  return absl::InvalidArgumentError(absl::StrCat(
      "the format '", AbslView(format.name),
      "' is not available in this version; use one of: ", AvailableFormats(), " (-f)"));
}

}  // namespace

absl::StatusOr<const Format*> FindFormat(std::string_view name) {
  for (const Format& format : Formats()) {
    if (format.name == name) return Available(format);
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no format '", EscapeForTerminal(name),
                                                 "'; use one of: ", AvailableFormats()));
}

absl::StatusOr<const Format*> GuessFormat(std::string_view file_name) {
  for (const Format& format : Formats()) {
    for (const std::string_view suffix : format.suffixes) {
      if (absl::EndsWithIgnoreCase(AbslView(file_name), AbslView(suffix))) {
        return Available(format);
      }
    }
  }
  return FindFormat("table");
}

std::string AvailableFormats() {
  std::string names;
  for (const Format& format : Formats()) {
    if (!IsAvailable(format)) continue;
    absl::StrAppend(&names, names.empty() ? "" : " ", AbslView(format.name));
  }
  return names;
}

}  // namespace spyhop
