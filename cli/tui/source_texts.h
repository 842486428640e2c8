// The source text of the lines that are shown. Each is read once (ReadSourceLines), only when its
// row is on the screen, and kept: 5,000 of them.
#ifndef SPYHOP_CLI_TUI_SOURCE_TEXTS_H_
#define SPYHOP_CLI_TUI_SOURCE_TEXTS_H_

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "cli/tui/top_table.h"
#include "report/source_lines.h"

namespace spyhop {

class SourceTexts {
 public:
  // Without opener there is no text.
  explicit SourceTexts(SourceOpener open) : open_(std::move(open)) {}

  // Fills the last column of rows [first, first + count), where they are of lines.
  void Fill(size_t first, size_t count, TopTable& table);

 private:
  using Key = std::tuple<int, std::string, int>;

  const SourceOpener open_;
  std::map<Key, std::string> texts_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_SOURCE_TEXTS_H_
