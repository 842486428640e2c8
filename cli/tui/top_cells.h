// What the tables of `spyhop top` have in common: class columns, filter and order.
#ifndef SPYHOP_CLI_TUI_TOP_CELLS_H_
#define SPYHOP_CLI_TUI_TOP_CELLS_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/tui/top_table.h"

namespace spyhop {

// One view's data: what is confined to the process and thread that were chosen, and its filter.
class TopScope {
 public:
  TopScope(const TopData& data, const TopState& state, const TopOptions& options);

  const Profile& profile() const { return data_.profile(); }
  const TopData& data() const { return data_; }
  const TopState& state() const { return state_; }
  const TopOptions& options() const { return options_; }
  Nanos whole() const { return profile().duration(); }
  bool several_pids() const { return data_.processes.size() > 1; }

  int PidOf(const ThreadInfo& thread) const { return profile().targets()[thread.target].pid; }
  // By --thread and by what was chosen, not by what was typed.
  bool KeepsThread(const ThreadInfo& thread) const;
  // Holds one of the texts what was typed? Case does not count, for ASCII.
  bool Matches(std::initializer_list<std::string_view> texts) const;

  std::string Share(Nanos part) const;  // "12.3"; "-" for none
  double SortFigure(const Times& self, const Times& total) const;

 private:
  const TopData& data_;
  const TopState& state_;
  const TopOptions& options_;
  const std::string wanted_;
};

// cpu and each class; the one that rows are sorted by is marked.
std::vector<TextColumn> ClassColumns(const TopScope& scope, const Times& all);
void AddClassCells(const TopScope& scope, const Times& times, std::vector<std::string>& cells);
// A title, marked if it is what rows are sorted by.
std::string Title(const TopScope& scope, SortKey key, std::string_view title);

// Highest first (or last), of equals as they are; the first kMostTopRows are kept.
void SortRows(const TopScope& scope, TopTable& table);

// "recv socket 10.0.0.5:5432 99.8": the longest wait and its share; empty when there is none.
std::string WaitCell(const TopScope& scope, const std::vector<Wait>& waits);

// One file a view.
TopTable MakeLineRows(const TopScope& scope, bool per_function);
TopTable MakeThreadRows(const TopScope& scope);
TopTable MakeStackRows(const TopScope& scope);
TopTable MakeProcessRows(const TopScope& scope);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_TOP_CELLS_H_
