#include "cli/daemon/push_targets.h"

#include <algorithm>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/daemon/push_figures.h"

namespace spyhop {
namespace {

auto AllOf(const PushTarget& t) {
  return std::tie(t.name, t.type, t.url, t.labels, t.headers, t.interval, t.spool_bytes,
                  t.retry_for, t.timeout);
}

absl::StatusOr<std::shared_ptr<Pusher>> Open(const PushTarget& target, const Pushers& before) {
  const auto same =
      std::find_if(before.begin(), before.end(), [&](const std::shared_ptr<Pusher>& pusher) {
        return AllOf(pusher->target()) == AllOf(target);
      });
  if (same != before.end()) return *same;
  absl::StatusOr<std::unique_ptr<Pusher>> opened = Pusher::Create(target);
  if (opened.ok()) return *std::move(opened);
  return absl::Status(opened.status().code(),
                      absl::StrCat("[push ", target.name, "]: ", opened.status().message()));
}

}  // namespace

absl::StatusOr<Pushers> OpenPushers(const std::vector<PushTarget>& targets, const Pushers& before) {
  Pushers pushers;
  for (const PushTarget& target : targets) {
    absl::StatusOr<std::shared_ptr<Pusher>> opened = Open(target, before);
    if (!opened.ok()) return opened.status();
    pushers.push_back(*std::move(opened));
  }
  return pushers;
}

std::string PushMetrics(const Pushers& pushers) {
  std::vector<PushFigures> figures;
  for (const std::shared_ptr<Pusher>& pusher : pushers) figures.push_back(pusher->Figures());
  return PushMetrics(figures);
}

}  // namespace spyhop
