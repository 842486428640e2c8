#include "cli/tui/top_painter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "cli/tui/top_header.h"
#include "cli/tui/top_help.h"
#include "report/display_width.h"
#include "report/escape.h"
#include "report/table_header.h"

namespace spyhop {
namespace {

constexpr size_t kLeastWidthForBar = 60;
constexpr size_t kBarWidth = 10;

std::string Capitalized(std::string_view text) {
  std::string capitalized(text);
  if (!capitalized.empty()) capitalized[0] = absl::ascii_toupper(capitalized[0]);
  return capitalized;
}

// "[1 Lines] 2 Functions ..", and what was chosen.
TopLine Tabs(const TopData& data, const TopState& state, size_t width) {
  TopLine line;
  size_t number = 0;
  const bool brief = width < 70;
  for (const TopView view : kTopViews) {
    ++number;
    const bool shown = view == state.view;
    if (brief && !shown) continue;
    line.push_back(
        {absl::StrCat(shown ? "[" : " ", number, " ", Capitalized(Name(view)), shown ? "]" : " "),
         shown ? TopStyle::kBold : TopStyle::kNormal});
  }
  const TopStyle style = state.paused ? TopStyle::kWarning : TopStyle::kNormal;
  line.push_back({absl::StrCat("  ", ChoiceText(data, state)), style});
  return line;
}

TopLine Footer(const TopTable& table, const TopState& state, size_t width) {
  if (state.editing) {
    return {{absl::StrCat("Filter: ", EscapeForTerminal(state.filter), "_"), TopStyle::kBold},
            {"  (Enter keeps it, Esc drops it)"}};
  }
  if (table.left_out > 0 && width >= 60) {
    return {{absl::StrCat("and ", Counted(table.left_out, "more row"), " (/ filters)")}};
  }
  return {{width < 40 ? "? help  q quit"
                      : "? help  q quit  / filter  s sort  w time  p pause  c reset  i idle  Enter "
                        "choose  Tab next view"}};
}

std::vector<std::string> HelpLines() { return absl::StrSplit(kTopKeys, '\n'); }

// Titles first, then a line for each row.
std::vector<std::string> TableLines(const TopTable& table, size_t width) {
  TextTable text(table.columns);
  for (const TopRow& row : table.rows) text.AddRow(row.cells);
  StringSink sink;
  text.Write(sink, width, false);
  return absl::StrSplit(sink.text(), '\n');
}

class Painter {
 public:
  Painter(const TopData& data, const TopTable& table, const TopState& state, ScreenSize size,
          bool utf8)
      : data_(data),
        table_(table),
        state_(state),
        size_(size),
        layout_(LayOut(size)),
        utf8_(utf8) {}

  std::vector<TopLine> Paint() {
    if (layout_.target) Add({{TargetText(data_, size_.width), TopStyle::kBold}});
    if (layout_.figures) Add({{RateText(data_)}});
    if (layout_.classes) Add(ClassLine(data_, utf8_));
    if (layout_.tabs) Add(Tabs(data_, state_, size_.width));
    const size_t end = lines_.size() + (layout_.titles ? 1 : 0) + layout_.rows;
    if (state_.help) {
      AddHelp(end);
    } else {
      AddTable(end);
    }
    while (lines_.size() < end) lines_.emplace_back();
    if (layout_.footer) Add(Footer(table_, state_, size_.width));
    lines_.resize(std::min(lines_.size(), size_.height));
    return std::move(lines_);
  }

 private:
  void Add(TopLine line) { lines_.push_back(Clip(std::move(line), size_.width)); }

  void AddHelp(size_t end) {
    const std::vector<std::string> lines = HelpLines();
    for (size_t i = state_.first; i < lines.size() && lines_.size() < end; ++i) Add({{lines[i]}});
  }

  void AddTable(size_t end) {
    if (table_.rows.empty()) {
      Add({{table_.if_empty}});
      return;
    }
    const bool bar = size_.width >= kLeastWidthForBar;
    const size_t width = bar ? size_.width - kBarWidth - 1 : size_.width;
    const std::vector<std::string> lines = TableLines(table_, width);
    if (layout_.titles) AddTitles(lines[0], bar);
    for (size_t i = state_.first; i < table_.rows.size() && lines_.size() < end; ++i) {
      AddRow(table_.rows[i], lines[i + 1], bar, i == state_.cursor);
    }
  }

  void AddTitles(const std::string& titles, bool bar) {
    const std::string blank = bar ? std::string(kBarWidth + 1, ' ') : "";
    Add({{PadRight(absl::StrCat(blank, titles), size_.width), TopStyle::kHeading}});
  }

  void AddRow(const TopRow& row, const std::string& text, bool bar, bool at_cursor) {
    TopLine line;
    if (bar) {
      line = MakeClassBar(row.times, table_.whole, kBarWidth, state_.idle, utf8_);
      line.push_back({" "});
    }
    const size_t left = bar ? size_.width - kBarWidth - 1 : size_.width;
    line.push_back({at_cursor ? PadRight(text, left) : text,
                    at_cursor ? TopStyle::kCursor : TopStyle::kNormal});
    Add(std::move(line));
  }

  const TopData& data_;
  const TopTable& table_;
  const TopState& state_;
  const ScreenSize size_;
  const ScreenLayout layout_;
  const bool utf8_;
  std::vector<TopLine> lines_;
};

}  // namespace

size_t ShownRows(const TopTable& table, const TopState& state) {
  return state.help ? HelpLines().size() : table.rows.size();
}

ScreenLayout LayOut(ScreenSize size) {
  ScreenLayout layout;
  layout.titles = size.height >= 2;
  layout.tabs = size.height >= 4;
  layout.footer = size.height >= 5;
  layout.figures = size.height >= 8;
  layout.target = size.height >= 9;
  layout.classes = size.height >= 10;
  size_t others = 0;
  for (const bool line :
       {layout.titles, layout.tabs, layout.footer, layout.figures, layout.target, layout.classes}) {
    others += line ? 1 : 0;
  }
  layout.rows = size.height - std::min(size.height, others);
  return layout;
}

TopLine Clip(TopLine line, size_t width) {
  for (size_t i = 0; i < line.size(); ++i) {
    line[i].text = CutRight(line[i].text, width);
    width -= std::min(width, DisplayWidth(line[i].text));
    if (width == 0) line.resize(i + 1);
  }
  return line;
}

std::vector<TopLine> PaintTop(const TopData& data, const TopTable& table, const TopState& state,
                              ScreenSize size, bool utf8) {
  return Painter(data, table, state, size, utf8).Paint();
}

}  // namespace spyhop
