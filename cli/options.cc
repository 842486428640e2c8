#include "cli/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/help_text.h"
#include "cli/option_values.h"
#include "cli/suggest.h"
#include "report/escape.h"
#include "report/output_file.h"

namespace spyhop {
namespace {

namespace po = boost::program_options;

using Strings = std::vector<std::string>;

// One list, not a list of groups: help shows no gaps between them.
void AddAll(const po::options_description& from, po::options_description& to) {
  for (const auto& option : from.options()) to.add(option);
}

po::options_description CommonDescription() {
  po::options_description options;
  options.add_options()                                        //
      ("quiet,q", "no messages but errors")                    //
      ("verbose,v", "more messages")                           //
      ("no-progress", "no progress on stderr")                 //
      ("color", po::value<std::string>()->value_name("WHEN"),  //
       "auto, always, never (NO_COLOR is heeded)")             //
      ("help,h", "this text");
  return options;
}

constexpr char kNativeHelp[] =
    "native stacks between Python's frames; =all: the interpreter's own calls, too";

po::typed_value<std::string>* NativeValue() {
  return po::value<std::string>()->implicit_value("folded")->value_name("[=all]");
}

po::options_description RecordDescription() {
  po::options_description options;
  options.add_options()                                                                    //
      ("duration,d", po::value<std::string>()->value_name("SECONDS"),                      //
       "stop after this time (0.5, 30s, 2m); else at Ctrl-C or the target's end")          //
      ("rate,r", po::value<std::string>()->value_name("HZ"),                               //
       "samples per second and thread; default 100")                                       //
      ("output,o", po::value<Strings>()->value_name("FILE"),                               //
       "where to write, repeatable; - is stdout; its name tells the format")               //
      ("format,f", po::value<Strings>()->value_name("NAME"),                               //
       absl::StrCat("of the output: ", AvailableFormats()).c_str())                        //
      ("view", po::value<std::string>()->value_name("NAME"),                               //
       "of the table: lines, functions, threads, waits (see below); default lines")        //
      ("native,n", NativeValue(), kNativeHelp)                                             //
      ("subprocesses,s", "follow children (not in this version)")                          //
      ("threads,t", "rows and stacks for each thread")                                     //
      ("gil,g", "only the thread that holds the GIL")                                      //
      ("idle,i", "count idle threads too")                                                 //
      ("stacks", "json: the stacks as well")                                               //
      ("pause", po::value<std::string>()->value_name("MODE"),                              //
       "auto: stop only what runs, for microseconds; never")                               //
      ("sort", po::value<std::string>()->value_name("KEY"),                                //
       "self total python native system wait gil cpu")                                     //
      ("limit", po::value<std::string>()->value_name("N"),                                 //
       "rows of the table; default 30, 0 = all")                                           //
      ("file", po::value<std::string>()->value_name("GLOB"), "keep only these files")      //
      ("thread", po::value<std::string>()->value_name("GLOB"), "keep only these threads")  //
      ("function", po::value<std::string>()->value_name("REGEX"),                          //
       "keep only these functions");
  AddAll(CommonDescription(), options);
  return options;
}

po::options_description AttachDescription() {
  po::options_description options;
  options.add_options()("pid,p", po::value<Strings>()->value_name("PID"),
                        "the process to sample; repeatable");
  AddAll(RecordDescription(), options);
  return options;
}

po::options_description SnapshotDescription() {
  po::options_description options;
  options.add_options()                                                              //
      ("pid,p", po::value<Strings>()->value_name("PID"), "the process; repeatable")  //
      ("core,c", po::value<std::string>()->value_name("FILE"),                       //
       "a core file instead (not in this version)")                                  //
      ("json,j", "as JSON")                                                          //
      ("output,o", po::value<std::string>()->value_name("FILE"),                     //
       "instead of stdout; FILE.json: as JSON")                                      //
      ("native,n", NativeValue(), kNativeHelp)                                       //
      ("pause", po::value<std::string>()->value_name("MODE"),                        //
       "auto: stop only what runs, for microseconds; never");
  AddAll(CommonDescription(), options);
  return options;
}

po::options_description ListDescription() {
  po::options_description options;
  options.add_options()("json,j", "as JSON");
  AddAll(CommonDescription(), options);
  return options;
}

po::options_description DoctorDescription() {
  po::options_description options;
  options.add_options()("pid,p", po::value<std::string>()->value_name("PID"),
                        "look at this process");
  AddAll(CommonDescription(), options);
  return options;
}

Strings LongNames(const po::options_description& description) {
  Strings names;
  for (const auto& option : description.options()) names.push_back("--" + option->long_name());
  return names;
}

// What was typed, looked up by name; converts with the functions of option_values.h and keeps the
// first error.
class Parsed {
 public:
  explicit Parsed(po::variables_map map) : map_(std::move(map)) {}

  bool Has(const char* name) const { return map_.count(name) > 0; }

  std::string Text(const char* name) const {
    return Has(name) ? map_[name].as<std::string>() : std::string();
  }

  Strings Texts(const char* name) const { return Has(name) ? map_[name].as<Strings>() : Strings(); }

  template <typename T, typename Target>
  void Convert(const char* name, absl::StatusOr<T> (*parse)(const std::string&), Target& target) {
    if (Has(name)) Keep(parse(Text(name)), target);
  }

  template <typename T, typename Target>
  void Keep(absl::StatusOr<T> value, Target& target) {
    if (value.ok()) {
      target = *std::move(value);
    } else {
      Fail(value.status());
    }
  }

  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  const absl::Status& status() const { return status_; }

 private:
  po::variables_map map_;
  absl::Status status_;
};

absl::Status Usage(const std::string& message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<Parsed> Parse(const po::options_description& description,
                             const Arguments& arguments) {
  try {
    po::options_description all = description;
    all.add_options()("spyhop-positional", po::value<Strings>());
    po::positional_options_description positional;
    positional.add("spyhop-positional", -1);
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map map;
    po::store(
        po::command_line_parser(arguments).options(all).positional(positional).style(style).run(),
        map);
    Parsed parsed(std::move(map));
    const Strings extra = parsed.Texts("spyhop-positional");
    if (!extra.empty() && !parsed.Has("help")) {
      return Usage(absl::StrCat("unexpected argument '", EscapeForTerminal(extra[0]),
                                "'; options begin with - or --"));
    }
    return parsed;
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    return Usage(absl::StrCat("unknown option '", EscapeForTerminal(name), "'",
                              Suggestion(name, LongNames(description))));
  } catch (const std::exception& error) {
    return Usage(EscapeForTerminal(error.what()));
  }
}

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

RecordOptions GetRecord(Parsed& parsed) {
  RecordOptions record;
  RefuseLaterFeatures(parsed);
  record.common = GetCommon(parsed);
  parsed.Convert("rate", ParseRate, record.sampler.rate_hz);
  parsed.Convert("duration", ParseDuration, record.sampler.duration);
  parsed.Convert("pause", ParsePause, record.sampler.pause);
  parsed.Convert("native", ParseNative, record.sampler.native);
  record.view.native = record.sampler.native != NativeDetail::kNone;
  record.sampler.gil_only = parsed.Has("gil");
  record.view.per_thread = parsed.Has("threads");
  record.view.idle = parsed.Has("idle");
  record.view.stacks = parsed.Has("stacks");
  parsed.Convert("view", ParseView, record.view.table);
  parsed.Convert("sort", ParseSort, record.view.sort);
  parsed.Convert("limit", ParseLimit, record.view.limit);
  const FilterPatterns patterns{
      .file = parsed.Text("file"),
      .thread = parsed.Text("thread"),
      .function = parsed.Text("function"),
  };
  parsed.Keep(Filter::Create(patterns), record.view.filter);
  parsed.Keep(PairOutputs(parsed.Texts("output"), parsed.Texts("format")), record.outputs);
  return record;
}

// A snapshot has two formats: every other name is the text's.
bool IsNamedJson(const std::string& path) {
  const absl::StatusOr<const Format*> format = GuessFormat(path);
  return format.ok() && (*format)->name == "json";
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

// Parses, and lets `get` fill the command's options. --help wins over values that are wrong or
// missing, not over an option that does not exist or lacks its argument.
template <typename Options>
absl::StatusOr<Options> ParseInto(const po::options_description& description,
                                  const Arguments& arguments,
                                  void (*get)(Parsed&, Options&, CommonOptions*&)) {
  absl::StatusOr<Parsed> parsed = Parse(description, arguments);
  if (!parsed.ok()) return parsed.status();
  Options options;
  CommonOptions* common = nullptr;
  get(*parsed, options, common);
  if (!parsed->status().ok() && !common->help) return parsed->status();
  return options;
}

// attach prints the table besides writing files, unless stdout is taken or closed or -q was given.
void AddTableOnStdout(RecordOptions& record) {
  const auto is_stdout = [](const OutputSpec& output) { return output.path == "-"; };
  const auto& outputs = record.outputs;
  if (record.common.quiet() || !StdoutIsOpen()) return;
  if (std::any_of(outputs.begin(), outputs.end(), is_stdout)) return;
  record.outputs.push_back({"-", *FindFormat("table")});
}

void CheckOutputsFit(Parsed& parsed, const RecordOptions& record) {
  if (!parsed.Has("view")) return;
  const absl::Status status = CheckView(parsed.Text("view"), parsed.Has("sort"), record.outputs);
  if (!status.ok()) parsed.Fail(status);
}

}  // namespace

absl::StatusOr<AttachOptions> ParseAttach(const Arguments& arguments) {
  return ParseInto<AttachOptions>(AttachDescription(), arguments,
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
      ParseInto<RunOptions>(RecordDescription(), Arguments(arguments.begin(), dashes),
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

absl::StatusOr<SnapshotCommandOptions> ParseSnapshot(const Arguments& arguments) {
  return ParseInto<SnapshotCommandOptions>(
      SnapshotDescription(), arguments,
      [](Parsed& parsed, SnapshotCommandOptions& options, CommonOptions*& c) {
        options.common = GetCommon(parsed);
        c = &options.common;
        if (parsed.Has("core")) {
          parsed.Fail(Usage("--core: core files come with a later version; use --pid"));
        }
        options.pids = GetPids(parsed);
        if (parsed.Has("output")) options.output = parsed.Text("output");
        options.json = parsed.Has("json") || IsNamedJson(options.output);
        parsed.Convert("pause", ParsePause, options.snapshot.pause);
        parsed.Convert("native", ParseNative, options.snapshot.native);
      });
}

absl::StatusOr<ListOptions> ParseList(const Arguments& arguments) {
  return ParseInto<ListOptions>(ListDescription(), arguments,
                                [](Parsed& parsed, ListOptions& options, CommonOptions*& c) {
                                  options.common = GetCommon(parsed);
                                  options.json = parsed.Has("json");
                                  c = &options.common;
                                });
}

absl::StatusOr<DoctorOptions> ParseDoctor(const Arguments& arguments) {
  return ParseInto<DoctorOptions>(DoctorDescription(), arguments,
                                  [](Parsed& parsed, DoctorOptions& options, CommonOptions*& c) {
                                    options.common = GetCommon(parsed);
                                    parsed.Convert("pid", ParsePid, options.pid);
                                    c = &options.common;
                                  });
}

std::string HelpFor(const std::string& command) {
  struct Help {
    const char* command;
    const char* usage;
    const char* examples;
    po::options_description (*describe)();
    const char* notes = "";
  };
  constexpr Help kHelp[] = {
      {"attach", "spyhop attach --pid PID [options]", kAttachExamples, AttachDescription, kViews},
      {"run", "spyhop run [options] -- PROGRAM ARGS...", kRunExamples, RecordDescription, kViews},
      {"snapshot", "spyhop snapshot --pid PID [options]", kSnapshotExamples, SnapshotDescription},
      {"list", "spyhop list [options]", kListExamples, ListDescription},
      {"doctor", "spyhop doctor [--pid PID]", kDoctorExamples, DoctorDescription},
  };
  for (const Help& help : kHelp) {
    if (command != help.command) continue;
    std::ostringstream text;
    text << "Examples:\n"
         << help.examples << "\nUsage: " << help.usage << "\n"
         << help.describe() << "\n"
         << help.notes;
    return text.str();
  }
  return "";
}

}  // namespace spyhop
