// The lines above the rows: what is sampled, how fast, what was lost, what it costs, and how all
// threads' time divides. The same for the screen and for the plain table.
#ifndef SPYHOP_CLI_TUI_TOP_HEADER_H_
#define SPYHOP_CLI_TUI_TOP_HEADER_H_

#include <cstddef>
#include <string>

#include "cli/tui/class_bar.h"
#include "cli/tui/top_data.h"
#include "cli/tui/top_state.h"

namespace spyhop {

// "Process 42, Python 3.11.2 (release): python3 app.py"; several: "2 processes: 42 43 (ended)".
std::string TargetText(const TopData& data, size_t width);
// "12 s at 99.8 Hz (asked: 100), 4 threads, 1200 samples, 0 lost, own CPU 1.2 %, stopped 0.39 %
// (median 20 us)".
std::string RateText(const TopData& data);
// "python 100.0  native 0.0  ..": of one thread's time, each with its bar's character.
TopLine ClassLine(const TopData& data, bool utf8);
// "by cpu, last 5 s, filter 'x', PAUSED".
std::string ChoiceText(const TopData& data, const TopState& state);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_HEADER_H_
