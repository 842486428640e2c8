#include "report/table_cells.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/escape.h"
#include "report/table_header.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

// A name may be a megabyte long; no terminal shows more than this.
constexpr size_t kMostOfName = 1000;

}  // namespace

std::string NameCell(std::string_view name) {
  return EscapeForTerminal(Utf8Prefix(name, kMostOfName));
}

std::string PathCell(std::string_view path) {
  if (path.size() > kMostOfName) path.remove_prefix(path.size() - kMostOfName);
  return EscapeForTerminal(path);
}

std::string PlaceCell(std::string_view file, int32_t line) {
  const std::string path = PathCell(file);
  return line > 0 && !path.empty() ? absl::StrCat(path, ":", line) : path;
}

std::string ModuleCell(std::string_view path) { return PathCell(path.substr(path.rfind('/') + 1)); }

std::string ThreadCell(const ThreadInfo& thread) {
  return absl::StrCat(NameCell(thread.name), thread.python ? "" : " (native)");
}

std::string SecondsCell(Nanos time) {
  if (time == 0) return "-";
  return absl::StrFormat("%.3f", static_cast<double>(time) / static_cast<double>(kSecond));
}

std::string ShareCell(Nanos part, Nanos whole) {
  if (part == 0 || whole <= 0) return "-";
  return absl::StrFormat("%.1f%%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

Nanos System(const Times& times) { return times[TimeClass::kKernel] + times[TimeClass::kWait]; }

Nanos SortValue(const Times& self, const Times& total, const ViewOptions& options) {
  switch (options.sort) {
    case SortKey::kSelf:
      return self.Wall(options.idle);
    case SortKey::kTotal:
      return total.Wall(options.idle);
    case SortKey::kPython:
      return self[TimeClass::kPython];
    case SortKey::kNative:
      return self[TimeClass::kNative];
    case SortKey::kSystem:
      return System(self);
    case SortKey::kWait:
      return self[TimeClass::kWait];
    case SortKey::kGil:
      return self[TimeClass::kGil];
    case SortKey::kCpu:
      return self.cpu;
  }
  return 0;
}

bool HasSeveralPids(const Profile& profile) {
  std::set<int> pids;
  for (const TargetInfo& target : profile.targets()) pids.insert(target.pid);
  return pids.size() > 1;
}

std::vector<const ThreadInfo*> KeptThreads(const Profile& profile, const ViewOptions& options) {
  std::vector<const ThreadInfo*> threads;
  for (const ThreadInfo& thread : profile.threads()) {
    if (options.filter.KeepsThread(thread)) threads.push_back(&thread);
  }
  const auto order = [&options](const ThreadInfo* thread) {
    const Times& times = thread->times;
    return std::tuple(SortValue(times, times, options), times.Wall(false), thread->observed);
  };
  std::stable_sort(threads.begin(), threads.end(),
                   [&](const auto* a, const auto* b) { return order(a) > order(b); });
  return threads;
}

size_t Limited(size_t all, size_t limit) { return limit == 0 ? all : std::min(all, limit); }

void WriteLeftOut(size_t left_out, std::string_view thing, Sink& sink) {
  if (left_out == 0) return;
  sink.Append(absl::StrCat("and ", Counted(left_out, thing), " (--limit 0 shows all)\n"));
}

}  // namespace spyhop
