#include "cli/daemon/push_figures.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

struct Family {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  uint64_t PushFigures::*value;
};
constexpr Family kFamilies[] = {
    {"spyhop_push_sent_total", "counter", "Requests that the store has accepted.",
     &PushFigures::sent},
    {"spyhop_push_sent_bytes_total", "counter", "Bytes of accepted requests, compressed.",
     &PushFigures::sent_bytes},
    {"spyhop_push_retries_total", "counter", "Requests that have to be sent again.",
     &PushFigures::retries},
    {"spyhop_push_splits_total", "counter", "Profiles sent in several requests for their size.",
     &PushFigures::splits},
    {"spyhop_push_rejected_profiles_total", "counter",
     "Profiles of accepted requests that the store did not take.", &PushFigures::rejected},
    {"spyhop_push_spool_bytes", "gauge", "Bytes that wait to be sent.", &PushFigures::spool_bytes},
    {"spyhop_push_spool_requests", "gauge", "Requests that wait to be sent.",
     &PushFigures::spool_requests},
};
constexpr std::string_view kDropped = "spyhop_push_dropped_total";

void AppendHead(std::string& text, std::string_view name, std::string_view type,
                std::string_view help) {
  absl::StrAppend(&text, "# HELP ", AbslView(name), " ", AbslView(help), "\n");
  absl::StrAppend(&text, "# TYPE ", AbslView(name), " ", AbslView(type), "\n");
}

std::string LabelOf(const PushFigures& figures) {
  const std::string escaped =
      absl::StrReplaceAll(figures.target, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
  return absl::StrCat("target=\"", escaped, "\"");
}

}  // namespace

std::string_view Name(PushDrop cause) {
  static constexpr std::string_view kNames[kPushDrops] = {
      "refused", "spool-full", "expired", "too-old", "too-large", "busy", "ended"};
  return kNames[static_cast<size_t>(cause)];
}

std::string PushMetrics(absl::Span<const PushFigures> targets) {
  std::string text;
  if (targets.empty()) return text;
  for (const Family& family : kFamilies) {
    AppendHead(text, family.name, family.type, family.help);
    for (const PushFigures& figures : targets) {
      absl::StrAppend(&text, AbslView(family.name), "{", LabelOf(figures), "} ",
                      figures.*family.value, "\n");
    }
  }
  AppendHead(text, kDropped, "counter", "Requests given up, by cause.");
  for (const PushFigures& figures : targets) {
    for (int i = 0; i < kPushDrops; ++i) {
      const auto cause = static_cast<PushDrop>(i);
      absl::StrAppend(&text, AbslView(kDropped), "{", LabelOf(figures), ",cause=\"",
                      AbslView(Name(cause)), "\"} ", figures[cause], "\n");
    }
  }
  return text;
}

}  // namespace spyhop
