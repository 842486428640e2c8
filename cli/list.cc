// `spyhop list`: the Python processes on this machine.
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/messages.h"
#include "cli/terminal.h"
#include "report/escape.h"
#include "report/json_writer.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

void WriteJson(const std::vector<PythonProcess>& processes, Sink& sink) {
  JsonWriter json(sink);
  json.BeginObject().Field("schema", "spyhop.list/1").Key("processes").BeginArray();
  for (const PythonProcess& process : processes) {
    json.BeginObject()
        .Field("pid", process.pid)
        .Field("version", std::string_view(process.version))
        .Field("flavour", std::string_view(process.flavour))
        .Field("threads", process.threads)
        .Key("command")
        .BeginArray();
    for (const std::string& argument : process.command) json.Value(std::string_view(argument));
    json.EndArray();
    if (!process.problem.empty()) json.Field("problem", std::string_view(process.problem));
    json.EndObject();
  }
  json.EndArray().EndObject().Newline();
}

void WriteTable(const std::vector<PythonProcess>& processes, ColorMode color, Sink& sink) {
  using Fit = TextColumn::Fit;
  TextTable table({{"pid"},
                   {"python", Fit::kCutRight, 6, 20},
                   {"flavour", Fit::kCutRight, 7, 20},
                   {"threads"},
                   {"command", Fit::kCutRight, 20, 1000}});
  for (const PythonProcess& process : processes) {
    std::string command = EscapeForTerminal(absl::StrJoin(process.command, " "));
    if (!process.problem.empty()) {
      absl::StrAppend(&command, " (", EscapeForTerminal(process.problem), ")");
    }
    table.AddRow({absl::StrCat(process.pid),
                  process.version.empty() ? "?" : EscapeForTerminal(process.version),
                  EscapeForTerminal(process.flavour), absl::StrCat(process.threads), command});
  }
  table.Write(sink, TerminalWidth(STDOUT_FILENO), UseColor(color, STDOUT_FILENO));
}

}  // namespace

int ListCommand(const Arguments& arguments) {
  const absl::StatusOr<ListOptions> options = ParseList(arguments);
  if (!options.ok()) return ReportUsage(options.status(), "list");
  if (options->common.help) return PrintHelp("list");
  SetLogLevel(options->common.log_level);
  const std::vector<PythonProcess> processes = ListPythonProcesses();
  StringSink sink;
  if (options->json) {
    WriteJson(processes, sink);
  } else if (processes.empty()) {
    SayInfo("no Python process was found; those of other users need root or CAP_SYS_PTRACE");
  } else {
    WriteTable(processes, options->common.color, sink);
  }
  return PrintData(sink.text());
}

}  // namespace spyhop
