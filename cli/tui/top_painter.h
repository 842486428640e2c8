// Lays the whole screen out for a size: lines of styled text, none wider than the terminal, no more
// of them than it has. Pure; any size will do, what does not fit is left out: first the header,
// then the titles.
#ifndef SPYHOP_CLI_TUI_TOP_PAINTER_H_
#define SPYHOP_CLI_TUI_TOP_PAINTER_H_

#include <cstddef>
#include <vector>

#include "cli/tui/class_bar.h"
#include "cli/tui/top_data.h"
#include "cli/tui/top_state.h"
#include "cli/tui/top_table.h"

namespace spyhop {

struct ScreenSize {
  size_t width = 80;
  size_t height = 24;
};

// Which lines there are room for.
struct ScreenLayout {
  bool target = false;   // what is sampled
  bool figures = false;  // how fast, at what cost
  bool classes = false;  // how time divides
  bool tabs = false;     // views and choices
  bool titles = false;   // of the columns
  bool footer = false;   // keys, or the filter
  size_t rows = 1;
};
ScreenLayout LayOut(ScreenSize size);

// What can be scrolled through: rows, or lines of the help.
size_t ShownRows(const TopTable& table, const TopState& state);

std::vector<TopLine> PaintTop(const TopData& data, const TopTable& table, const TopState& state,
                              ScreenSize size, bool utf8);

// What is left of a line in so many columns.
TopLine Clip(TopLine line, size_t width);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_PAINTER_H_
