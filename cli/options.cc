#include "cli/options.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "cli/ctl_request.h"
#include "cli/locals_options.h"
#include "cli/option_lists.h"
#include "cli/option_parser.h"
#include "cli/option_values.h"
#include "report/escape.h"
#include "report/output_file.h"

namespace spyhop {
namespace {

absl::Status Usage(const std::string& message) { return absl::InvalidArgumentError(message); }

CommonOptions GetCommon(Parsed& parsed) {
  CommonOptions common;
  common.help = parsed.Has("help");
  if (parsed.Has("verbose")) common.log_level = LogLevel::kDebug;
  if (parsed.Has("quiet")) common.log_level = LogLevel::kError;
  common.progress = !parsed.Has("no-progress") && !parsed.Has("quiet");
  parsed.Convert("color", ParseColor, common.color);
  return common;
}

void RefuseLaterFeatures(Parsed& parsed) {
  if (parsed.Has("subprocesses")) {
    parsed.Fail(
        Usage("--subprocesses: following children comes with a later version; name each "
              "process with -p"));
  }
}

SamplerOptions GetSampler(Parsed& parsed) {
  SamplerOptions sampler;
  parsed.Convert("rate", ParseRate, sampler.rate_hz);
  parsed.Convert("duration", ParseDuration, sampler.duration);
  parsed.Convert("pause", ParsePause, sampler.pause);
  parsed.Convert("native", ParseNative, sampler.native);
  sampler.gil_only = parsed.Has("gil");
  return sampler;
}

Filter GetFilter(Parsed& parsed) {
  Filter filter;
  parsed.Keep(Filter::Create({.file = parsed.Text("file"),
                              .thread = parsed.Text("thread"),
                              .function = parsed.Text("function")}),
              filter);
  return filter;
}

using ViewParser = absl::StatusOr<TableView> (*)(const std::string&);

ViewOptions GetView(Parsed& parsed, ViewParser parse_view = ParseView) {
  ViewOptions view;
  view.per_thread = parsed.Has("threads");
  view.idle = parsed.Has("idle");
  view.stacks = parsed.Has("stacks");
  parsed.Convert("view", parse_view, view.table);
  parsed.Convert("sort", ParseSort, view.sort);
  parsed.Convert("limit", ParseLimit, view.limit);
  view.filter = GetFilter(parsed);
  return view;
}

// Of attach, run and report.
void GetOutput(Parsed& parsed, OutputOptions& output) {
  output.common = GetCommon(parsed);
  output.view = GetView(parsed);
  output.source = !parsed.Has("no-source");
  parsed.Keep(PairOutputs(parsed.Texts("output"), parsed.Texts("format")), output.outputs);
}

RecordOptions GetRecord(Parsed& parsed) {
  RecordOptions record;
  RefuseLaterFeatures(parsed);
  GetOutput(parsed, record);
  record.sampler = GetSampler(parsed);
  record.view.native = record.sampler.native != NativeDetail::kNone;
  return record;
}

// A snapshot has two formats: every other name is the text's.
bool IsNamedJson(const std::string& path) { return GuessFormat(path)->name == "json"; }

void RefuseRecording(Parsed& parsed, const OutputOptions& options) {
  for (const OutputSpec& output : options.outputs) {
    if (!output.format->is_recording) continue;
    parsed.Fail(Usage(absl::StrCat("--output '", EscapeForTerminal(output.path),
                                   "': recordings are made by attach and run only")));
  }
}

void GetRepeat(Parsed& parsed, SnapshotCommandOptions& options) {
  parsed.Convert("repeat", ParseRepeat, options.repeat);
  parsed.Convert("every", ParseEvery, options.every);
  if (parsed.Has("every") && !parsed.Has("repeat")) {
    parsed.Fail(Usage("--every TIME needs --repeat N, the number of snapshots (0: until Ctrl-C)"));
  }
}

// A comparison has three formats.
void GetDiffOutput(Parsed& parsed, DiffCommandOptions& options) {
  const Strings files = parsed.Has("output") ? Strings{parsed.Text("output")} : Strings{};
  const Strings formats = parsed.Has("format") ? Strings{parsed.Text("format")} : Strings{};
  const absl::StatusOr<std::vector<OutputSpec>> outputs = PairOutputs(files, formats);
  const std::string format =
      outputs.ok() ? std::string(outputs->front().format->name) : parsed.Text("format");
  if (format != "table" && format != "json" && format != "html") {
    return parsed.Fail(Usage(
        absl::StrCat("--format '", EscapeForTerminal(format), "': use one of: table json html")));
  }
  options.output = outputs->front();
}

std::vector<int> GetPids(Parsed& parsed) {
  std::vector<int> pids;
  for (const std::string& text : parsed.Texts("pid")) {
    int pid = 0;
    parsed.Keep(ParsePid(text), pid);
    if (std::find(pids.begin(), pids.end(), pid) == pids.end()) pids.push_back(pid);
  }
  if (pids.empty()) {
    parsed.Fail(
        Usage("which process? Give its id with --pid PID; `spyhop list` shows the Python "
              "processes of this machine"));
  }
  return pids;
}

// Processes, or one core file.
void GetSnapshotTarget(Parsed& parsed, SnapshotCommandOptions& options) {
  if (!parsed.Has("core")) {
    if (parsed.Has("exe") || parsed.Has("sysroot")) {
      parsed.Fail(Usage("--exe and --sysroot are for core files: name one with --core FILE"));
    }
    options.pids = GetPids(parsed);
    return;
  }
  if (parsed.Has("pid")) parsed.Fail(Usage("use either --pid or --core"));
  if (parsed.Has("repeat") || parsed.Has("subprocesses")) {
    parsed.Fail(Usage("--repeat and --subprocesses are for processes that run, with --pid"));
  }
  options.core = CoreInput{.path = parsed.Text("core")};
  if (parsed.Has("exe")) options.core->executable = parsed.Text("exe");
  if (parsed.Has("sysroot")) options.core->root = parsed.Text("sysroot");
}

absl::Status UnexpectedArgument(const std::string& argument) {
  return Usage(absl::StrCat("unexpected argument '", EscapeForTerminal(argument),
                            "'; options begin with - or --"));
}

// Parses, and lets `get` fill the command's options. --help wins over values that are wrong or
// missing, not over an option that does not exist or lacks its argument.
template <typename Options>
absl::StatusOr<Options> ParseInto(const OptionList& list, const Arguments& arguments,
                                  void (*get)(Parsed&, Options&, CommonOptions*&),
                                  bool takes_arguments = false) {
  absl::StatusOr<Parsed> parsed = ParseArguments(list, arguments);
  if (!parsed.ok()) return parsed.status();
  if (!takes_arguments && !parsed->arguments().empty()) {
    parsed->Fail(UnexpectedArgument(parsed->arguments()[0]));
  }
  Options options;
  CommonOptions* common = nullptr;
  get(*parsed, options, common);
  if (!parsed->status().ok() && !common->help) return parsed->status();
  return options;
}

// attach and report print the table besides writing files, unless stdout is taken or closed or -q
// was given.
void AddTableOnStdout(OutputOptions& record) {
  const auto is_stdout = [](const OutputSpec& output) { return output.path == "-"; };
  const auto& outputs = record.outputs;
  if (record.common.quiet() || !StdoutIsOpen()) return;
  if (std::any_of(outputs.begin(), outputs.end(), is_stdout)) return;
  record.outputs.push_back({"-", *FindFormat("table")});
}

void CheckOutputsFit(Parsed& parsed, const OutputOptions& record) {
  if (!parsed.Has("view")) return;
  const absl::Status status = CheckView(parsed.Text("view"), parsed.Has("sort"), record.outputs);
  if (!status.ok()) parsed.Fail(status);
}

void GetCtlRecord(Parsed& parsed, CtlOptions& options) {
  AddTableOnStdout(options.output);
  CheckOutputsFit(parsed, options.output);
  options.request.format = "recording";
  parsed.Convert("seconds", ParseDuration, options.request.length);
  const Nanos length = options.request.length;
  if (!parsed.Has("seconds")) return parsed.Fail(Usage("for how long? --seconds 10"));
  if (parsed.Has("json")) parsed.Fail(Usage("--json is for status and snapshot; use -f json"));
  if (length < kShortestRecord || length > kLongestRecord) {
    parsed.Fail(Usage("--seconds has to be 1 s to 1 h"));
  }
}

// Of all but record: a text, or for scripts JSON.
void GetCtlText(Parsed& parsed, CtlOptions& options) {
  const ControlOp op = options.request.op;
  if (op == ControlOp::kStatus || op == ControlOp::kSnapshot) {
    const bool json = parsed.Has("json") || IsNamedJson(options.output.outputs[0].path);
    options.request.format = json ? "json" : "text";
  } else if (parsed.Has("json") || parsed.Has("output")) {
    parsed.Fail(Usage("--json and --output are for status, snapshot and record"));
  }
  if (parsed.Has("seconds")) parsed.Fail(Usage("--seconds is for record"));
}

}  // namespace

absl::StatusOr<AttachOptions> ParseAttach(const Arguments& arguments) {
  return ParseInto<AttachOptions>(AttachOptionList(), arguments,
                                  [](Parsed& parsed, AttachOptions& options, CommonOptions*& c) {
                                    options.pids = GetPids(parsed);
                                    options.record = GetRecord(parsed);
                                    AddTableOnStdout(options.record);
                                    CheckOutputsFit(parsed, options.record);
                                    c = &options.record.common;
                                  });
}

absl::StatusOr<RunOptions> ParseRun(const Arguments& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  absl::StatusOr<RunOptions> options =
      ParseInto<RunOptions>(RunOptionList(), Arguments(arguments.begin(), dashes),
                            [](Parsed& parsed, RunOptions& run, CommonOptions*& c) {
                              run.record = GetRecord(parsed);
                              CheckOutputsFit(parsed, run.record);
                              c = &run.record.common;
                            });
  if (!options.ok() || options->record.common.help) return options;
  if (dashes != arguments.end()) options->program.assign(dashes + 1, arguments.end());
  if (options->program.empty()) {
    return Usage("which program? Write it after --, like: spyhop run -- python3 app.py");
  }
  return options;
}

absl::StatusOr<DiffCommandOptions> ParseDiff(const Arguments& arguments) {
  return ParseInto<DiffCommandOptions>(
      DiffOptionList(), arguments,
      [](Parsed& parsed, DiffCommandOptions& options, CommonOptions*& c) {
        options.common = GetCommon(parsed);
        c = &options.common;
        options.view = GetView(parsed, ParseDiffView);
        options.diff.idle = options.view.idle;
        parsed.Convert("fail-above", ParsePercent, options.diff.fail_above);
        GetDiffOutput(parsed, options);
        if (parsed.arguments().size() != 2) {
          parsed.Fail(Usage("which two recordings? Like: spyhop diff before.spyhop after.spyhop"));
          return;
        }
        options.before = parsed.arguments()[0];
        options.after = parsed.arguments()[1];
      },
      true);
}

absl::StatusOr<SnapshotCommandOptions> ParseSnapshot(const Arguments& arguments) {
  return ParseInto<SnapshotCommandOptions>(
      SnapshotOptionList(), arguments,
      [](Parsed& parsed, SnapshotCommandOptions& options, CommonOptions*& c) {
        options.common = GetCommon(parsed);
        c = &options.common;
        GetSnapshotTarget(parsed, options);
        if (parsed.Has("output")) options.output = parsed.Text("output");
        options.json = parsed.Has("json") || IsNamedJson(options.output);
        options.children = parsed.Has("subprocesses");
        GetRepeat(parsed, options);
        parsed.Convert("pause", ParsePause, options.snapshot.pause);
        parsed.Convert("native", ParseNative, options.snapshot.native);
        options.snapshot.locals = GetLocals(parsed);
      });
}

absl::StatusOr<TopCommandOptions> ParseTop(const Arguments& arguments) {
  return ParseInto<TopCommandOptions>(
      TopOptionList(), arguments,
      [](Parsed& parsed, TopCommandOptions& options, CommonOptions*& c) {
        options.common = GetCommon(parsed);
        c = &options.common;
        options.pids = GetPids(parsed);
        options.sampler = GetSampler(parsed);
        options.source = !parsed.Has("no-source");
        TopSettings& settings = options.settings;
        settings.duration = std::exchange(options.sampler.duration, std::nullopt);
        parsed.Convert("delay", ParseDelay, settings.delay);
        parsed.Convert("iterations", ParseIterations, settings.iterations);
        parsed.Convert("limit", ParseLimit, settings.limit);
        settings.state.idle = parsed.Has("idle");
        settings.state.per_thread = parsed.Has("threads");
        parsed.Convert("view", ParseTopView, settings.state.view);
        parsed.Convert("sort", ParseSort, settings.state.sort);
        parsed.Convert("window", ParseWindow, settings.state.window);
        settings.table.filter = GetFilter(parsed);
        settings.table.native = options.sampler.native != NativeDetail::kNone;
      });
}

absl::StatusOr<CtlOptions> ParseCtl(const Arguments& arguments) {
  return ParseInto<CtlOptions>(
      CtlOptionList(), arguments,
      [](Parsed& parsed, CtlOptions& options, CommonOptions*& c) {
        GetOutput(parsed, options.output);
        c = &options.output.common;
        parsed.Keep(ParseCtlWords(parsed.arguments()), options.request);
        if (parsed.Has("socket")) options.socket = parsed.Text("socket");
        if (options.request.op == ControlOp::kRecord) {
          GetCtlRecord(parsed, options);
        } else {
          GetCtlText(parsed, options);
        }
      },
      true);
}

absl::StatusOr<ListOptions> ParseList(const Arguments& arguments) {
  return ParseInto<ListOptions>(ListOptionList(), arguments,
                                [](Parsed& parsed, ListOptions& options, CommonOptions*& c) {
                                  options.common = GetCommon(parsed);
                                  options.json = parsed.Has("json");
                                  c = &options.common;
                                });
}

absl::StatusOr<DaemonCommandOptions> ParseDaemon(const Arguments& arguments) {
  absl::StatusOr<DaemonCommandOptions> options = ParseInto<DaemonCommandOptions>(
      DaemonOptionList(), arguments,
      [](Parsed& parsed, DaemonCommandOptions& daemon, CommonOptions*& c) {
        daemon.common = GetCommon(parsed);
        daemon.config = parsed.Text("config");
        daemon.check = parsed.Has("check");
        c = &daemon.common;
      });
  if (options.ok() && !options->common.help && options->config.empty()) {
    return Usage(
        "which configuration? Name its file: spyhop daemon --config /etc/spyhop/spyhop.conf");
  }
  return options;
}

absl::StatusOr<DoctorOptions> ParseDoctor(const Arguments& arguments) {
  return ParseInto<DoctorOptions>(DoctorOptionList(), arguments,
                                  [](Parsed& parsed, DoctorOptions& options, CommonOptions*& c) {
                                    options.common = GetCommon(parsed);
                                    parsed.Convert("pid", ParsePid, options.pid);
                                    options.json = parsed.Has("json");
                                    c = &options.common;
                                  });
}

absl::StatusOr<ReportOptions> ParseReport(const Arguments& arguments) {
  return ParseInto<ReportOptions>(
      ReportOptionList(), arguments,
      [](Parsed& parsed, ReportOptions& options, CommonOptions*& c) {
        GetOutput(parsed, options);
        c = &options.common;
        AddTableOnStdout(options);
        CheckOutputsFit(parsed, options);
        options.recordings = parsed.arguments();
        RefuseRecording(parsed, options);
        if (options.recordings.empty()) {
          parsed.Fail(Usage("which recording? One is made by: spyhop attach -p PID -o p.spyhop"));
        }
        parsed.Convert("from", ParseInstant, options.range.from);
        parsed.Convert("to", ParseInstant, options.range.to);
        if (options.range.from >= options.range.to) {
          parsed.Fail(Usage("--from has to be before --to"));
        }
      },
      true);
}

}  // namespace spyhop
