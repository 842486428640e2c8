#include "cli/commands.h"

namespace spyhop {
namespace {

constexpr Command kCommands[] = {
    {"attach", "sample a running process until Ctrl-C; a table per line", AttachCommand},
    {"run", "start a program and sample it from its first line", RunCommand},
    {"snapshot", "every thread's stack now, and what it is doing", SnapshotCommand},
    {"list", "the Python processes on this machine", ListCommand},
    {"doctor", "can it attach to a process; if not, what to do", DoctorCommand},
    {"top", "a live view in the terminal", TopCommand},
    {"report", "views and formats of a recording made earlier", ReportCommand},
    {"diff", "what got slower or faster between two recordings", DiffCommand},
    {"daemon", "continuous sampling within a budget", DaemonCommand},
    {"ctl", "ask a running daemon: status, snapshot, record, pause, rate", CtlCommand},
    {"completion", "completion of commands, options and pids for bash, zsh, fish",
     CompletionCommand},
    {"man", "the manual page of a command, for man -l -", ManCommand},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace spyhop
