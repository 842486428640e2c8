#include "cli/suggest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace spyhop {

// Optimal string alignment, row by row.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last, last, row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string Suggestion(std::string_view typed, const std::vector<std::string>& words) {
  typed = typed.substr(0, 64);
  const std::string* best = nullptr;
  size_t distance = std::max<size_t>(1, typed.size() / 3) + 1;
  for (const std::string& word : words) {
    const size_t d = EditDistance(typed, word);
    const bool begins = typed.size() >= 3 && word.compare(0, typed.size(), typed) == 0;
    if (d < distance || (begins && best == nullptr)) best = &word;
    distance = std::min(distance, d);
  }
  return best == nullptr ? "" : absl::StrCat("; did you mean '", *best, "'?");
}

}  // namespace spyhop
