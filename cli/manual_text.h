// What the manual pages say and `--help` does not: a description of each command, and what is
// common to all of them.
#ifndef SPYHOP_CLI_MANUAL_TEXT_H_
#define SPYHOP_CLI_MANUAL_TEXT_H_

namespace spyhop {

inline constexpr const char* kAboutSpyhop =
    "Spyhop is a sampling profiler for CPython that works from outside the process: it "
    "attaches to a running process, reads the interpreter's memory, and says per line and per "
    "thread where the time goes: to Python, to native code, to the system or to waiting for "
    "the GIL. The process is not restarted, not injected into and not signalled. The one "
    "thread that holds the GIL is stopped for microseconds a sample, and nothing else is "
    "touched.\n\n"
    "It reads CPython 2.7 and 3.6 to 3.15 on x86-64 Linux. It needs root, the same user with "
    "kernel.yama.ptrace_scope 0, or the capability CAP_SYS_PTRACE; for other users' processes "
    "CAP_DAC_READ_SEARCH, too.\n\n"
    "Data goes to stdout, everything else to stderr.";

inline constexpr const char* kAboutAttach =
    "Samples one or more running processes until Ctrl-C, until --duration has passed or until "
    "the processes have ended, then prints a table per line. With --output the profile goes "
    "into files, too, each in the format that its name tells. Files are written whole or not "
    "at all.\n\n"
    "Ctrl-C and SIGTERM end the sampling and finish the output; a second Ctrl-C leaves at "
    "once. Ctrl-Z stops Spyhop between two samples; what the processes do until it goes on is in "
    "no figure.";

inline constexpr const char* kAboutRun =
    "Starts a program, samples it from its first line until it ends, and exits with the "
    "program's own status. The program has Spyhop's stdin, stdout and stderr. Without "
    "--output a table is printed when it has ended.";

inline constexpr const char* kAboutReport =
    "Shows recordings, the files NAME.spyhop that attach and run make: in any view and "
    "format, whole or a part of their time. Several recordings are added up.";

inline constexpr const char* kAboutDiff =
    "Compares two recordings, line by line, and says what got slower or faster by more than "
    "chance does. With --fail-above its exit status tells a script.";

inline constexpr const char* kAboutSnapshot =
    "Prints every thread's stack, with what the thread is doing or waiting for; with --repeat "
    "several times, and then which threads did not move.";

inline constexpr const char* kAboutTop =
    "Shows what running processes do, live: lines, functions, threads, stacks and processes "
    "by where their time goes. Where stdout is not a terminal, or TERM names none that is "
    "known, it prints plain tables, one after the other.";

inline constexpr const char* kAboutCtl =
    "Asks a running daemon over its control socket: which processes it watches and what that "
    "costs, for a snapshot or a profile of one of them, to pause, to go on, to sample at "
    "another rate. Root, the daemon's own user and members of its control-group may. The "
    "formats, views and filters of record are those of attach.";

inline constexpr const char* kAboutList =
    "Lists the Python processes that may be read: their version, flavour, threads and "
    "command.";

inline constexpr const char* kAboutDaemon =
    "Finds the Python processes that its configuration names, as they come and go, and samples "
    "them all day: at the rates asked for, or at lower ones where its budgets of CPU time, memory "
    "and of the targets' stopped time would not allow for these. It keeps recordings of the last "
    "hours on disk, for spyhop report.\n"
    "\n"
    "A process that cannot be sampled is tried again, with growing pauses. What weighs in its "
    "profiles is time, so they stay right when the rates change.";

inline constexpr const char* kAboutDoctor =
    "Says whether Spyhop can attach on this machine, or to this process, and with what "
    "detail; where it cannot, why, and what to do. With --pid its exit status is that of "
    "attach.";

inline constexpr const char* kAboutCompletion =
    "Prints a script with which the shell completes the commands of Spyhop, their options and "
    "values, the ids of Python processes and the names of recordings. The script asks this "
    "program for the words at each Tab, so it serves later versions, too. The Debian package "
    "installs it.";

inline constexpr const char* kAboutMan =
    "Prints a manual page in roff: of the command, or of Spyhop. The Debian package installs "
    "them.";

struct Entry {
  const char* name;
  const char* text;
};

inline constexpr Entry kEnvironment[] = {
    {"NO_COLOR", "when it is set and not empty, no colour but with --color always"},
    {"TERM", "where it is dumb, no colour but with --color always"},
    {"COLUMNS", "the width of a terminal that does not tell its own"},
};

inline constexpr Entry kOtherPages[] = {
    {"perf", "1"}, {"ptrace", "2"}, {"proc", "5"}, {"capabilities", "7"}};

}  // namespace spyhop

#endif  // SPYHOP_CLI_MANUAL_TEXT_H_
