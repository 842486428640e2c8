#include "report/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "report/display_width.h"

namespace spyhop {
namespace {

constexpr size_t kGap = 2;

size_t Sum(const std::vector<size_t>& widths) {
  size_t sum = 0;
  for (const size_t width : widths) sum += width == 0 ? 0 : width + kGap;
  return sum == 0 ? 0 : sum - kGap;
}

bool IsNumber(const TextColumn& column) { return column.fit == TextColumn::Fit::kNumber; }

std::vector<size_t> Comfortable(const std::vector<TextColumn>& columns,
                                std::vector<size_t> widths) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t enough = columns[i].optional ? columns[i].least : 2 * columns[i].least;
    if (!IsNumber(columns[i])) widths[i] = std::min(widths[i], enough);
  }
  return widths;
}

std::vector<size_t> Least(const std::vector<TextColumn>& columns, std::vector<size_t> widths) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!IsNumber(columns[i])) widths[i] = std::min(widths[i], columns[i].least);
  }
  return widths;
}

// The one to go first; of equals the rightmost. Null: none can be spared.
size_t* MostSpare(const std::vector<TextColumn>& columns, std::vector<size_t>& widths) {
  size_t* found = nullptr;
  int most = 1;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0 || columns[i].spare < most) continue;
    most = columns[i].spare;
    found = &widths[i];
  }
  return found;
}

std::string Fitted(const std::string& cell, const TextColumn& column, size_t width) {
  switch (column.fit) {
    case TextColumn::Fit::kNumber:
      break;
    case TextColumn::Fit::kCutLeft:
      return PadRight(CutLeft(cell, width), width);
    case TextColumn::Fit::kCutRight:
      return PadRight(CutRight(cell, width), width);
  }
  const size_t shown = DisplayWidth(cell);
  return shown < width ? std::string(width - shown, ' ') + cell : cell;
}

}  // namespace

void TextTable::AddRow(std::vector<std::string> cells, bool bold) {
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), bold});
}

std::vector<size_t> TextTable::NaturalWidths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t need = 0;
    for (const Row& row : rows_) need = std::max(need, DisplayWidth(row.cells[i]));
    if (need > 0 || !columns_[i].optional) need = std::max(need, DisplayWidth(columns_[i].title));
    widths.push_back(IsNumber(columns_[i]) ? need : std::min(need, columns_[i].most));
  }
  return widths;
}

// What the cells need, when it fits. Else optional columns go where the others would become too
// narrow, then spare ones where not even the least fits, and then the widest column gives a
// character at a time.
std::vector<size_t> TextTable::Widths(size_t width) const {
  std::vector<size_t> widths = NaturalWidths();
  if (width == 0) return widths;
  for (size_t i = columns_.size(); i-- > 0;) {
    if (columns_[i].optional && Sum(Comfortable(columns_, widths)) > width) widths[i] = 0;
  }
  while (Sum(Least(columns_, widths)) > width) {
    size_t* const spare = MostSpare(columns_, widths);
    if (spare == nullptr) break;
    *spare = 0;
  }
  while (Sum(widths) > width) {
    size_t* widest = nullptr;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (IsNumber(columns_[i]) || widths[i] <= columns_[i].least) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

std::string TextTable::Line(const std::vector<std::string>& cells,
                            const std::vector<size_t>& widths) const {
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!line.empty()) line.append(kGap, ' ');
    line += Fitted(cells[i], columns_[i], widths[i]);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

void TextTable::Write(Sink& sink, size_t width, bool color) const {
  const std::vector<size_t> widths = Widths(width);
  std::vector<std::string> titles;
  for (const TextColumn& column : columns_) titles.push_back(column.title);
  const std::string heading = Line(titles, widths);
  sink.Append(color ? absl::StrCat("\x1b[4m", heading, "\x1b[0m\n") : absl::StrCat(heading, "\n"));
  for (const Row& row : rows_) {
    const std::string line = Line(row.cells, widths);
    sink.Append(color && row.bold ? absl::StrCat("\x1b[1m", line, "\x1b[0m\n")
                                  : absl::StrCat(line, "\n"));
  }
}

}  // namespace spyhop
