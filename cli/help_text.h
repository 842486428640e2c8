// Texts of a command's help before and after its options: examples to copy, and what the views
// show.
#ifndef SPYHOP_CLI_HELP_TEXT_H_
#define SPYHOP_CLI_HELP_TEXT_H_

namespace spyhop {

inline constexpr const char* kAttachExamples =
    "  spyhop attach --pid 1234               until Ctrl-C, then a table per line\n"
    "  spyhop attach -p 1234 -d 30 -o p.json  for 30 s, into a file\n"
    "  spyhop attach -p 1234 --view waits     what its threads wait for\n"
    "  spyhop attach -p 1234 -d 10 -f collapsed -o - | flamegraph.pl > p.svg\n";
inline constexpr const char* kRunExamples =
    "  spyhop run -- python3 app.py --port 80      a table when it has ended\n"
    "  spyhop run -r 1khz -o p.json -- ./app.py    into a file\n";
inline constexpr const char* kReportExamples =
    "  spyhop report p.spyhop                      the table, of a recording made earlier\n"
    "  spyhop report p.spyhop --from 60 --to 90    of half a minute of it\n"
    "  spyhop report p.spyhop -o p.html -o p.pb.gz in other formats\n"
    "  spyhop report monday.spyhop tuesday.spyhop  of several\n";
inline constexpr const char* kDiffExamples =
    "  spyhop diff before.spyhop after.spyhop         what got slower or faster, by line\n"
    "  spyhop diff --fail-above 10 a.spyhop b.spyhop  exit status 7: more than 10 % slower\n";
inline constexpr const char* kSnapshotExamples =
    "  spyhop snapshot --pid 1234           every thread's stack now\n"
    "  spyhop snapshot -p 1234 --json       the same for scripts\n"
    "  spyhop snapshot -p 1234 --locals     with local variables and their values\n"
    "  spyhop snapshot -p 1234 --repeat 5   five, a second apart, then who did not move\n"
    "  spyhop snapshot -p 1234 -s --native  its children, too, with C functions\n"
    "  spyhop snapshot --core core.1234     of a core file\n"
    "  spyhop snapshot --core core.1234 --sysroot /srv/image\n"
    "                                       of one from a container or another machine\n";
// What --view shows; docs/views.md has all of it.
inline constexpr const char* kViews =
    "Views of the table (--view):\n"
    "  lines      per line: shares of wall-clock time by class, self and total seconds\n"
    "  functions  the same per function, and CPU seconds\n"
    "  threads    per thread and line: cpu_time (cum) ticks (cum) samples (cum)\n"
    "               cpu_time  CPU seconds, by the scheduler's count\n"
    "               ticks     wall-clock time in sampling periods (1 / rate), rounded; a late\n"
    "                         sample counts for all the periods it stands for\n"
    "               samples   their number\n"
    "               (cum)     of all stacks with the line on them, each once\n"
    "  waits      per reason: seconds, share, samples, threads, and the lines that wait\n";
inline constexpr const char* kTopExamples =
    "  spyhop top --pid 1234                        live; ? has the keys, q quits\n"
    "  spyhop top -p 1234 -p 1235 --view processes  of several processes\n"
    "  spyhop top -p 1234 --iterations 3 | less     plain tables, as where there is no terminal\n";
inline constexpr const char* kCtlExamples =
    "  spyhop ctl status                         the processes that the daemon watches\n"
    "  spyhop ctl snapshot 1234                  every thread's stack of one now\n"
    "  spyhop ctl record 1234 --seconds 30       a profile of it; -o FILE as with attach\n"
    "  spyhop ctl pause 1234                     sample it no more; without PID: all\n"
    "  spyhop ctl resume                         go on\n"
    "  spyhop ctl rate 50 1234                   at 50 Hz, until the next reload\n";
inline constexpr const char* kListExamples =
    "  spyhop list                          the Python processes of this machine\n"
    "  spyhop list --json | jq '.processes[].pid'\n";
inline constexpr const char* kDoctorExamples =
    "  spyhop doctor                        can Spyhop attach on this machine?\n"
    "  spyhop doctor --pid 1234             to this process, in what detail, at what cost?\n"
    "  spyhop doctor -p 1234 --json | jq '.findings[] | select(.verdict != \"ok\")'\n";
inline constexpr const char* kDaemonExamples =
    "  spyhop daemon --config /etc/spyhop/spyhop.conf\n"
    "  spyhop daemon --config spyhop.conf --check     is the file right?\n"
    "  spyhop report /var/lib/spyhop/1234-*/*         what it has kept of a process\n";
inline constexpr const char* kDaemonSignals =
    "Signals\n"
    "  SIGHUP     reads the configuration again; one that is wrong leaves the old one\n"
    "  SIGUSR1    snapshots of all targets as a file of JSON in snapshot-folder\n"
    "  SIGTERM    ends it; what was sampled last is kept, too\n";
inline constexpr const char* kCompletionExamples =
    "  source <(spyhop completion bash)     for this shell, when no package has installed it\n"
    "  spyhop completion fish > ~/.config/fish/completions/spyhop.fish\n"
    "  spyhop completion zsh > /usr/local/share/zsh/site-functions/_spyhop\n";
inline constexpr const char* kManExamples =
    "  spyhop man | man -l -                spyhop(1), where no package has installed it\n"
    "  spyhop man attach | man -l -         spyhop-attach(1)\n";

}  // namespace spyhop

#endif  // SPYHOP_CLI_HELP_TEXT_H_
