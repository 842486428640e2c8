// Deals a thread's time out over the spans of its timeline, so that each of its buckets is dealt
// exactly, to the nanosecond and to the sample.
//
// A span has the length it has by SpanScale. But time may have gone over to another class since it
// was sampled (Profile::Move): then some spans of that stack are too long for their bucket, and
// others, or none at all, too short. A span gives what its own bucket has not got to the buckets
// of the same stack that want it: whenever half a span's length of it has come together, a portion
// of another class follows, as long as a span and without samples.
// Memory: one record a bucket. Keeps references to what it is made from.
#ifndef SPYHOP_REPORT_TIME_DEALER_H_
#define SPYHOP_REPORT_TIME_DEALER_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/timeline.h"

namespace spyhop {

class TimeDealer {
 public:
  using Bucket = absl::flat_hash_map<Profile::Key, Times>::value_type;

  struct Portion {
    Profile::Key place;
    Nanos length = 0;
    uint64_t count = 0;  // of samples
  };

  // Buckets and spans of one thread. Buckets of one stack stand side by side.
  TimeDealer(absl::Span<const Bucket* const> buckets, absl::Span<const Profile::Span* const> spans,
             const SpanScale& scale);

  // What the next span stands for, appended: its own place first. Called for each span, in order.
  void Deal(const Profile::Span& span, std::vector<Portion>& portions);
  // The buckets of stacks without spans, appended in their order. Called once, at the end.
  void DealRest(std::vector<Portion>& portions) const;
  // How much less has been dealt than the spans so far are long, scaled; or more, when negative.
  Nanos surplus() const { return static_cast<Nanos>(surplus_); }

 private:
  struct Account {
    Profile::Key place;
    uint64_t samples = 0;  // not dealt yet
    Nanos length = 0;      // of its spans, as sampled
    Nanos passed = 0;      // of them, so far
    double weight = 0;     // of its spans, scaled
    Nanos own = 0;         // what its spans are dealt in proportion to their length
    Nanos dealt = 0;       // of `own`
    Nanos wanted = 0;      // from other spans of its stack, not dealt yet
  };
  struct Stack {
    size_t begin = 0;  // its accounts
    size_t end = 0;
    bool spanned = false;  // has any span
    uint64_t spans = 0;    // to come
    double surplus = 0;    // what its spans are longer than all that they were dealt
  };

  void Open(absl::Span<const Bucket* const> buckets);
  void CountSpans(absl::Span<const Profile::Span* const> spans);
  void AddSurplus(Stack& stack, double time);
  // A portion of at most that length, to the place that wants most.
  void DealSurplus(Stack& stack, Nanos most, std::vector<Portion>& portions);
  void CloseStack(const Stack& stack, std::vector<Portion>& portions) const;

  const SpanScale& scale_;
  std::vector<Account> accounts_;
  absl::flat_hash_map<Profile::Key, size_t> index_;
  absl::flat_hash_map<StackId, Stack> stacks_;
  double surplus_ = 0;  // of all stacks
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_TIME_DEALER_H_
