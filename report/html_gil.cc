#include "report/html_gil.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "absl/container/flat_hash_map.h"

namespace spyhop {
namespace {

constexpr size_t kMostRows = 2'000;

}  // namespace

// A thread may be called "x at y", a file hardly: the last " at " counts.
GilHolder ParseGilReason(std::string_view reason) {
  constexpr std::string_view kHeldBy = "held by ";
  constexpr std::string_view kAt = " at ";
  const size_t at = reason.rfind(kAt);
  if (!reason.starts_with(kHeldBy) || at == std::string_view::npos || at < kHeldBy.size()) {
    return {.thread = {}, .place = reason};
  }
  return {.thread = reason.substr(kHeldBy.size(), at - kHeldBy.size()),
          .place = reason.substr(at + kAt.size())};
}

HtmlGil MakeHtmlGil(const Profile& profile, const BucketFilter& filter) {
  absl::flat_hash_map<std::tuple<ThreadIndex, Frame, StringId>, Nanos> sums;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.time_class != TimeClass::kGil || !filter(key)) continue;
    const std::optional<FrameId> frame = SelfFrame(profile, key.stack);
    const Frame waiter = frame ? profile.frames().Get(*frame) : Frame{};
    sums[{key.thread, waiter, key.wait_reason}] += times[TimeClass::kGil];
  }
  HtmlGil gil;
  for (const auto& [where, time] : sums) {
    const auto& [thread, waiter, reason] = where;
    gil.rows.push_back({.thread = thread, .waiter = waiter, .reason = reason, .time = time});
  }
  std::sort(gil.rows.begin(), gil.rows.end(), [](const HtmlGil::Row& a, const HtmlGil::Row& b) {
    const auto order = [](const HtmlGil::Row& row) {
      return std::tuple(-row.time, row.thread, row.waiter.file, row.waiter.line,
                        row.waiter.function, row.reason);
    };
    return order(a) < order(b);
  });
  for (size_t i = kMostRows; i < gil.rows.size(); ++i) gil.left_out_time += gil.rows[i].time;
  gil.left_out_rows = gil.rows.size() - std::min(gil.rows.size(), kMostRows);
  gil.rows.resize(gil.rows.size() - gil.left_out_rows);
  return gil;
}

}  // namespace spyhop
