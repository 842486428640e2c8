#include "cli/daemon/push_answer.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "report/escape.h"
#include "report/otlp.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr size_t kLongestExcerpt = 200;  // bytes of a body that are shown

std::string Excerpt(std::string_view body) {
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  const std::string shown = EscapeForTerminal(Utf8Prefix(body, kLongestExcerpt));
  return shown.empty() ? shown : absl::StrCat(": ", shown);
}

bool IsWorthRetrying(int status) {
  // 1xx is no final answer: a server that sends one unasked is out of step.
  return status < 200 || status == 429 || status == 502 || status == 503 || status == 504;
}

PushVerdict Taken(const HttpAnswer& answer, bool is_otlp) {
  PushVerdict verdict;
  if (!is_otlp) return verdict;
  if (const std::optional<OtlpRejection> rejection = ReadOtlpAnswer(answer.body)) {
    verdict.rejected = std::max<int64_t>(rejection->profiles, 0);
  }
  return verdict;
}

}  // namespace

PushVerdict Judge(const absl::StatusOr<HttpAnswer>& answer, bool is_otlp, absl::Time now) {
  using Kind = PushVerdict::Kind;
  if (!answer.ok()) {
    const std::string message(answer.status().message());
    return {.kind = Kind::kRetry, .problem = EscapeForTerminal(message)};
  }
  if (answer->status >= 200 && answer->status < 300) return Taken(*answer, is_otlp);
  const std::string problem = absl::StrCat("HTTP ", answer->status, Excerpt(answer->body));
  if (!IsWorthRetrying(answer->status)) return {.kind = Kind::kRefused, .problem = problem};
  return {.kind = Kind::kRetry,
          .retry_after = ReadRetryAfter(answer->retry_after, now),
          .problem = problem};
}

std::optional<Nanos> ReadRetryAfter(std::string_view text, absl::Time now) {
  int64_t seconds = 0;
  absl::Duration wait;
  absl::Time date;
  if (absl::SimpleAtoi(AbslView(text), &seconds)) {
    wait = absl::Seconds(seconds);
  } else if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", AbslView(text), &date, nullptr)) {
    wait = date - now;
  } else {
    return std::nullopt;
  }
  return std::clamp<Nanos>(absl::ToInt64Nanoseconds(wait), kShortestDelay, kLongestWait);
}

Nanos Backoff::Next() {
  const Nanos most = std::min(kLongestDelay, 2 * kShortestDelay << std::min(failures_, 10));
  ++failures_;
  return std::uniform_int_distribution<Nanos>(most / 2, most)(random_);
}

}  // namespace spyhop
