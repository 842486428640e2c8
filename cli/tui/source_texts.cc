#include "cli/tui/source_texts.h"

#include <algorithm>
#include <vector>

#include "report/table_cells.h"

namespace spyhop {
namespace {

constexpr size_t kMostTexts = 5000;

}  // namespace

void SourceTexts::Fill(size_t first, size_t count, TopTable& table) {
  if (!open_) return;
  const size_t end = std::min(table.rows.size(), first + count);
  if (texts_.size() > kMostTexts) texts_.clear();
  std::vector<SourcePlace> unknown;
  for (size_t i = first; i < end; ++i) {
    const SourcePlace& place = table.rows[i].source;
    if (place.line > 0 && !texts_.contains({place.pid, place.file, place.line})) {
      unknown.push_back(place);
    }
  }
  const std::vector<std::string> read = ReadSourceLines(open_, unknown);
  for (size_t i = 0; i < unknown.size(); ++i) {
    texts_[{unknown[i].pid, unknown[i].file, unknown[i].line}] = NameCell(read[i]);
  }
  for (size_t i = first; i < end; ++i) {
    TopRow& row = table.rows[i];
    if (row.source.line == 0) continue;
    row.cells.resize(table.columns.size());
    row.cells.back() = texts_[{row.source.pid, row.source.file, row.source.line}];
  }
}

}  // namespace spyhop
