// Lays out rows of cells in columns for a terminal: as wide as the cells need, or fitted to a width
// by shortening the columns that may be cut and leaving out those that can be spared. Cells are
// escaped before they come here; wide characters count as they are shown. Keeps all rows until it
// is written.
#ifndef SPYHOP_REPORT_TEXT_TABLE_H_
#define SPYHOP_REPORT_TEXT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/sink.h"

namespace spyhop {

struct TextColumn {
  enum class Fit : uint8_t {
    kNumber,    // aligned right, never cut
    kCutLeft,   // aligned left; the end is what matters (paths)
    kCutRight,  // aligned left; the start is what matters (names)
  };

  std::string title;
  Fit fit = Fit::kNumber;
  size_t least = 8;  // columns it keeps when it is cut
  size_t most = 200;
  bool optional = false;  // left out before others get narrower than twice their least
  int spare = 0;          // above 0: left out when not even the least fits, the highest first
};

class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

  // One cell for each column. A bold row stands out when there is colour.
  void AddRow(std::vector<std::string> cells, bool bold = false);

  // `width` 0: not limited.
  void Write(Sink& sink, size_t width, bool color) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    bool bold;
  };

  std::vector<size_t> NaturalWidths() const;
  std::vector<size_t> Widths(size_t width) const;
  std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) const;

  std::vector<TextColumn> columns_;
  std::vector<Row> rows_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TEXT_TABLE_H_
