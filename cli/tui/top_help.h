// What the keys of `spyhop top` do, and what its figures mean: the help of `?`.
#ifndef SPYHOP_CLI_TUI_TOP_HELP_H_
#define SPYHOP_CLI_TUI_TOP_HELP_H_

namespace spyhop {

inline constexpr const char* kTopKeys =
    "Keys\n"
    "  1 to 5       lines, functions, threads, stacks, processes (Tab, arrows: the next)\n"
    "  up, down, PgUp, PgDn, Home, End   move\n"
    "  Enter        all views of the thread or process at the cursor only; Esc: of all again\n"
    "  < >  s       sort by another column; r: the other way round\n"
    "  /            show only what has this in the name of its file, function or thread\n"
    "  w            time shown: since the start, the last 5, 15, 60 s\n"
    "  i            idle time and threads, too\n"
    "  t            lines and functions for each thread\n"
    "  p or space   pause: the screen stays, sampling goes on\n"
    "  c            begin anew\n"
    "  ? or h       this help;  q or Ctrl-C: quit;  Ctrl-Z: to the shell\n"
    "\n"
    "Figures are in percent of one thread's time: 100 is one thread, all the while.\n"
    "  cpu          time on a CPU, by the scheduler's count\n"
    "  python       on a CPU, in Python code and the interpreter\n"
    "  native       on a CPU, in C functions and libraries\n"
    "  kernel wait  system: on a CPU in the kernel; blocked, for what is told\n"
    "  gil          waiting for the GIL\n"
    "  runq         ready, but without a CPU\n"
    "  idle         waiting with nothing to do\n"
    "  self total   all of these at the line itself; with all that it called";

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_HELP_H_
