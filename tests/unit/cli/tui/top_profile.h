// Data for the screens of `spyhop top`: one second of FullProfile's process, or of two.
#ifndef SPYHOP_TESTS_UNIT_CLI_TUI_TOP_PROFILE_H_
#define SPYHOP_TESTS_UNIT_CLI_TUI_TOP_PROFILE_H_

#include <string>
#include <utility>
#include <vector>

#include "cli/tui/top_data.h"
#include "cli/tui/top_table.h"
#include "tests/unit/report/full_profile.h"

namespace spyhop {

// 250 ms long; MainThread, Thread-2 and the native thread blas.
inline TopData TopDataOfOne() {
  TopData data;
  data.processes.push_back({.pid = 42, .threads = 2, .profile = FullProfile()});
  data.elapsed = 65 * kSecond;
  data.own_cpu = 0.012;
  return data;
}

inline Profile SmallProfile(int pid, std::string_view name, std::string_view file = "/srv/b.py") {
  Profile profile;
  profile.AddTarget({.pid = pid, .command = {"python3", "b.py"}, .python_version = "3.13.0"});
  const ThreadIndex thread = profile.AddThread({.tid = pid + 1, .name = std::string(name)});
  profile.Add(MakeSample(profile, thread, {AddFrame(profile, file, 3, "serve")}, TimeClass::kPython,
                         100 * kMillisecond));
  profile.figures().rate_hz = 100;
  profile.figures().rounds = 10;
  profile.set_duration(100 * kMillisecond);
  return profile;
}

inline TopData TopDataOfTwo() {
  TopData data = TopDataOfOne();
  data.processes.push_back(
      {.pid = 77, .ended = true, .threads = 1, .profile = SmallProfile(77, "loop")});
  for (const TopProcess& process : data.processes) data.merged.Merge(process.profile);
  return data;
}

// The cells of one column, row after row.
inline std::vector<std::string> Column(const TopTable& table, std::string_view title) {
  std::vector<std::string> cells;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].title != title) continue;
    for (const TopRow& row : table.rows) cells.push_back(row.cells.at(i));
  }
  return cells;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_CLI_TUI_TOP_PROFILE_H_
