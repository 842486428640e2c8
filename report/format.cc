#include "report/format.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/chrome_trace.h"
#include "report/collapsed.h"
#include "report/escape.h"
#include "report/gecko.h"
#include "report/html_report.h"
#include "report/json_profile.h"
#include "report/otlp.h"
#include "report/pprof.h"
#include "report/pstats.h"
#include "report/speedscope.h"
#include "report/table.h"

namespace spyhop {
namespace {

// Longer suffixes come before those they end with: ".speedscope.json" before ".json".
const std::vector<Format>& Formats() {
  static const auto& formats = *new std::vector<Format>{
      {.name = "table", .suffixes = {".table"}, .write = WriteTable, .for_terminals = true},
      {.name = "html", .suffixes = {".html"}, .write = WriteHtmlReport, .wants_timeline = true},
      {.name = "speedscope",
       .suffixes = {".speedscope.json"},
       .write = WriteSpeedscope,
       .wants_timeline = true},
      {.name = "gecko", .suffixes = {".gecko.json"}, .write = WriteGecko, .wants_timeline = true},
      {.name = "chrome",
       .suffixes = {".trace.json"},
       .write = WriteChromeTrace,
       .wants_timeline = true},
      {.name = "json", .suffixes = {".json"}, .write = WriteJsonProfile},
      {.name = "collapsed", .suffixes = {".collapsed", ".folded", ".txt"}, .write = WriteCollapsed},
      {.name = "pprof", .suffixes = {".pb.gz", ".pprof"}, .write = WritePprof, .is_binary = true},
      {.name = "pstats", .suffixes = {".pstats", ".prof"}, .write = WritePstats, .is_binary = true},
      {.name = "otlp", .suffixes = {".otlp"}, .write = WriteOtlp, .is_binary = true},
      {.name = "recording", .suffixes = {".spyhop"}, .is_binary = true, .is_recording = true},
  };
  return formats;
}

}  // namespace

absl::StatusOr<const Format*> FindFormat(std::string_view name) {
  for (const Format& format : Formats()) {
    if (format.name == name) return &format;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no format '", EscapeForTerminal(name),
                                                 "'; use one of: ", FormatNames()));
}

const Format* GuessFormat(std::string_view file_name) {
  for (const Format& format : Formats()) {
    for (const std::string_view suffix : format.suffixes) {
      if (absl::EndsWithIgnoreCase(AbslView(file_name), AbslView(suffix))) {
        return &format;
      }
    }
  }
  return &Formats().front();
}

std::string FormatNames() {
  std::string names;
  for (const Format& format : Formats()) {
    absl::StrAppend(&names, names.empty() ? "" : " ", AbslView(format.name));
  }
  return names;
}

}  // namespace spyhop
