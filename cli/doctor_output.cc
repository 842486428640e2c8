#include "cli/doctor_output.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/json_profile.h"
#include "report/json_writer.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

struct Mark {
  const char* word;
  const char* color;
};

Mark MarkOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return {"ok", "\x1b[32m"};
    case Verdict::kWarning:
      return {"warning", "\x1b[33m"};
    case Verdict::kProblem:
      break;
  }
  return {"problem", "\x1b[31m"};
}

constexpr size_t kMarkWidth = 7;

std::string RemedyText(const Remedy& remedy, const std::string& indent) {
  std::string text;
  if (!remedy.text.empty()) {
    absl::StrAppend(&text, indent, "-> ", EscapeForTerminal(remedy.text),
                    remedy.lines.empty() ? "" : ":", "\n");
  }
  for (const std::string& line : remedy.lines) {
    absl::StrAppend(&text, indent, remedy.text.empty() ? "-> " : "     ", EscapeForTerminal(line),
                    "\n");
  }
  return text;
}

std::string FindingText(const Finding& finding, size_t subject_width, bool color) {
  const Mark mark = MarkOf(finding.verdict);
  const std::string subject = PadRight(EscapeForTerminal(finding.subject), subject_width);
  return absl::StrCat(color ? mark.color : "", PadRight(mark.word, kMarkWidth),
                      color ? "\x1b[0m" : "", "  ", subject, "  ", EscapeForTerminal(finding.text),
                      "\n",
                      RemedyText(finding.remedy, std::string(kMarkWidth + subject_width + 4, ' ')));
}

void WriteFinding(const Finding& finding, JsonWriter& json) {
  json.BeginObject()
      .Field("subject", std::string_view(finding.subject))
      .Field("verdict", MarkOf(finding.verdict).word)
      .Field("text", std::string_view(finding.text));
  json.Key("remedy").BeginObject().Field("text", std::string_view(finding.remedy.text));
  json.Key("lines").BeginArray();
  for (const std::string& line : finding.remedy.lines) json.Value(std::string_view(line));
  json.EndArray().EndObject().Key("figures").BeginObject();
  for (const Finding::Figure& figure : finding.figures) json.Field(figure.name, figure.value);
  json.EndObject().EndObject();
}

}  // namespace

void WriteDiagnosis(const Diagnosis& diagnosis, bool color, Sink& sink) {
  size_t width = 0;
  for (const Finding& finding : diagnosis.findings) {
    width = std::max(width, DisplayWidth(EscapeForTerminal(finding.subject)));
  }
  for (const Finding& finding : diagnosis.findings) sink.Append(FindingText(finding, width, color));
}

void WriteJsonDiagnosis(const Diagnosis& diagnosis, int pid, int exit_status, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.doctor/1");
  if (pid != 0) json.Field("pid", pid);
  json.Field("can_attach", exit_status == 0).Field("exit_status", exit_status);
  if (diagnosis.target) {
    json.Key("target");
    WriteTarget(*diagnosis.target, json);
  }
  json.Key("findings").BeginArray();
  for (const Finding& finding : diagnosis.findings) WriteFinding(finding, json);
  json.EndArray().EndObject().Newline();
}

}  // namespace spyhop
