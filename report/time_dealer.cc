#include "report/time_dealer.h"

#include <algorithm>
#include <cmath>

namespace spyhop {
namespace {

// Rounding; a bucket's own spans take so much more, each its share.
constexpr Nanos kNotWorthAPortion = kMicrosecond;

// `part` of `whole`, of `amount`; rounded down, without overflow.
Nanos Proportion(Nanos amount, Nanos part, Nanos whole) {
  if (whole <= 0) return 0;
  return static_cast<Nanos>(static_cast<__int128>(amount) * part / whole);
}

}  // namespace

TimeDealer::TimeDealer(absl::Span<const Bucket* const> buckets,
                       absl::Span<const Profile::Span* const> spans, const SpanScale& scale)
    : scale_(scale) {
  Open(buckets);
  CountSpans(spans);
}

void TimeDealer::Open(absl::Span<const Bucket* const> buckets) {
  accounts_.reserve(buckets.size());
  for (const Bucket* bucket : buckets) {
    const auto& [place, times] = *bucket;
    const size_t index = accounts_.size();
    stacks_.try_emplace(place.stack, Stack{.begin = index}).first->second.end = index + 1;
    index_[place] = index;
    accounts_.push_back(
        {.place = place, .samples = times.samples, .wanted = times[place.time_class]});
  }
}

void TimeDealer::CountSpans(absl::Span<const Profile::Span* const> spans) {
  for (const Profile::Span* span : spans) {
    Account& account = accounts_[index_.at(span->place)];
    account.length += span->length();
    account.weight += scale_.Weight(*span);
    Stack& stack = stacks_.at(span->place.stack);
    stack.spanned = true;
    ++stack.spans;
  }
  for (Account& account : accounts_) {
    if (account.length <= 0) continue;
    account.own = account.wanted;
    const Nanos weight = std::llround(account.weight);
    if (account.wanted - weight > kNotWorthAPortion) account.own = weight;
    account.wanted -= account.own;
  }
}

void TimeDealer::Deal(const Profile::Span& span, std::vector<Portion>& portions) {
  Account& account = accounts_[index_.at(span.place)];
  Stack& stack = stacks_.at(span.place.stack);
  account.passed += span.length();
  const Nanos length = Proportion(account.own, account.passed, account.length) - account.dealt;
  const uint64_t count = std::min<uint64_t>(span.count, account.samples);
  account.dealt += length;
  account.samples -= count;
  portions.push_back({span.place, length, count});
  const double weight = scale_.Weight(span);
  AddSurplus(stack, weight - static_cast<double>(length));
  if (--stack.spans == 0) {
    AddSurplus(stack, -stack.surplus);
    CloseStack(stack, portions);
  } else if (stack.surplus > weight / 2) {
    DealSurplus(stack, std::llround(weight), portions);
  }
}

void TimeDealer::AddSurplus(Stack& stack, double time) {
  stack.surplus += time;
  surplus_ += time;
}

void TimeDealer::DealSurplus(Stack& stack, Nanos most, std::vector<Portion>& portions) {
  const auto first = accounts_.begin();
  const auto account = std::max_element(
      first + static_cast<ptrdiff_t>(stack.begin), first + static_cast<ptrdiff_t>(stack.end),
      [](const Account& a, const Account& b) { return a.wanted < b.wanted; });
  const Nanos length = std::min(account->wanted, most);
  if (length <= 0) return;
  account->wanted -= length;
  AddSurplus(stack, -static_cast<double>(length));
  portions.push_back({account->place, length, 0});
}

void TimeDealer::CloseStack(const Stack& stack, std::vector<Portion>& portions) const {
  for (size_t i = stack.begin; i < stack.end; ++i) {
    const Account& account = accounts_[i];
    const Nanos left = account.own - account.dealt + account.wanted;
    if (left > 0 || account.samples > 0) portions.push_back({account.place, left, account.samples});
  }
}

void TimeDealer::DealRest(std::vector<Portion>& portions) const {
  for (const Account& account : accounts_) {
    const Stack& stack = stacks_.at(account.place.stack);
    const bool first = &account == &accounts_[stack.begin];
    if (first && !stack.spanned) CloseStack(stack, portions);
  }
}

}  // namespace spyhop
