#include "cli/option_lists.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "cli/locals_options.h"
#include "cli/option_values.h"
#include "report/format.h"

namespace spyhop {
namespace {

OptionList Join(std::initializer_list<OptionList> lists) {
  OptionList joined;
  for (const OptionList& list : lists) joined.insert(joined.end(), list.begin(), list.end());
  return joined;
}

// An option whose value is one of few words.
Option Choice(Option option, const std::string& words) {
  option.words = words;
  return option;
}

OptionList Common() {
  return {
      {"quiet,q", "", "no messages but errors"},
      {"verbose,v", "", "more messages"},
      {"no-progress", "", "no progress on stderr"},
      Choice({"color", "WHEN", "auto, always, never (NO_COLOR is heeded)"}, ColorModes()),
      {"help,h", "", "this text"},
  };
}

Option Native() {
  return Choice({"native,n", "[=all]",
                 "native stacks between Python's frames; =all: the interpreter's own calls, too",
                 false, "folded"},
                NativeDetails());
}

Option Pause() {
  return Choice({"pause", "MODE", "auto: stop only what runs, for microseconds; never"},
                PauseModes());
}

OptionList Sampling() {
  return {
      {"duration,d", "SECONDS",
       "stop after this time (0.5, 30s, 2m); else at Ctrl-C or the target's end"},
      {"rate,r", "HZ", "samples per second and thread; default 100"},
      Native(),
      {"subprocesses,s", "", "follow children (not in this version)"},
      {"gil,g", "", "only the thread that holds the GIL"},
      Pause(),
  };
}

OptionList Filters() {
  return {
      {"file", "GLOB", "keep only these files"},
      {"thread", "GLOB", "keep only these threads"},
      {"function", "REGEX", "keep only these functions"},
  };
}

// Of attach, run and report: where a profile goes, and what of it is shown.
OptionList Output() {
  return {
      {"output,o", "FILE", "where to write, repeatable; - is stdout; its name tells the format",
       true},
      Choice({"format,f", "NAME", absl::StrCat("of the output: ", FormatNames()), true},
             FormatNames()),
      Choice({"view", "NAME",
              "of the table: lines, functions, threads, waits (see below); default lines"},
             TableViews()),
      {"threads,t", "", "rows and stacks for each thread"},
      {"idle,i", "", "count idle threads too"},
      {"stacks", "", "json: the stacks as well"},
      {"no-source", "", "no source text in tables and reports"},
      Choice({"sort", "KEY", SortKeys()}, SortKeys()),
      {"limit", "N", "rows of the table; default 30, 0 = all"},
  };
}

}  // namespace

OptionList AttachOptionList() {
  return Join({{{"pid,p", "PID", "the process to sample; repeatable", true}},
               Sampling(),
               Output(),
               Filters(),
               Common()});
}

OptionList RunOptionList() { return Join({Sampling(), Output(), Filters(), Common()}); }

OptionList ReportOptionList() {
  return Join({{{"from", "SECONDS", "leave out what was before this time since the start"},
                {"to", "SECONDS", "leave out what was after this time since the start"}},
               Output(),
               Filters(),
               Common()});
}

OptionList DiffOptionList() {
  return Join({{{"fail-above", "PERCENT", "exit status 7 when something got slower by more"},
                {"output,o", "FILE", "instead of stdout; FILE.json, FILE.html: in that format"},
                Choice({"format,f", "NAME", "table, json, html (a flame graph of what changed)"},
                       "table json html"),
                Choice({"view", "NAME", "of the table: lines, functions; default lines"},
                       "lines functions"),
                {"idle,i", "", "count idle threads too"},
                {"limit", "N", "rows of the table; default 30, 0 = all"}},
               Filters(),
               Common()});
}

OptionList SnapshotOptionList() {
  return Join({{{"pid,p", "PID", "the process; repeatable", true},
                {"core,c", "FILE", "a core file instead"},
                {"exe", "FILE", "the program of the core file, where it is not in its place"},
                {"sysroot", "DIR", "the root folder of the core file's program and libraries"},
                {"json,j", "", "as JSON"},
                {"output,o", "FILE", "instead of stdout; FILE.json: as JSON"},
                {"subprocesses,s", "", "its Python children, too, and theirs"},
                {"repeat", "N", "N snapshots, then what did not move (0: until Ctrl-C)"},
                {"every", "TIME", "between them (1 s): 0.5, 500ms, 2m"},
                Native(),
                Pause()},
               LocalsOptionList(),
               Common()});
}

OptionList TopOptionList() {
  return Join(
      {{{"pid,p", "PID", "the process; repeatable", true}},
       Sampling(),
       {Choice({"view", "NAME", "lines, functions, threads, stacks, processes; default lines"},
               "lines functions threads stacks processes"),
        {"threads,t", "", "lines and functions for each thread"},
        {"idle,i", "", "idle time and threads, too"},
        Choice({"sort", "KEY", "self total python native system wait gil cpu; default cpu"},
               "self total python native system wait gil cpu"),
        {"window", "SECONDS", "of the last so many, up to 60; 0: since the start; default 15"},
        {"delay", "SECONDS", "between two tables; default 2"},
        {"iterations", "N", "plain tables, so many; as without a terminal"},
        {"limit", "N", "rows of a plain table; default 30, 0 = all"},
        {"no-source", "", "no source text"}},
       Filters(),
       Common()});
}

OptionList CtlOptionList() {
  return Join({{{"socket", "FILE", "the daemon's control socket; default /run/spyhop/control.sock"},
                {"seconds", "SECONDS", "record: for so long (30, 2m), 1 s to 1 h"},
                {"json,j", "", "status, snapshot: as JSON"}},
               Output(),
               Filters(),
               Common()});
}

OptionList ListOptionList() { return Join({{{"json,j", "", "as JSON"}}, Common()}); }

OptionList DoctorOptionList() {
  return Join({{{"pid,p", "PID", "look at this process"}, {"json,j", "", "as JSON"}}, Common()});
}

OptionList DaemonOptionList() {
  return Join({{{"config", "FILE", "what to watch, and within what budget"},
                {"check", "", "only say whether the file is right"}},
               Common()});
}

OptionList HelpOptionList() { return {{"help,h", "", "this text"}}; }

}  // namespace spyhop
