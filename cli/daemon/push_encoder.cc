#include "cli/daemon/push_encoder.h"

#include <utility>

#include "cli/daemon/push_url.h"
#include "report/gzip_sink.h"
#include "report/otlp.h"
#include "report/pprof.h"

namespace spyhop {
namespace {

constexpr const char* kServiceLabel = "service";

// The section's own are for all targets; what a target says of itself is more exact.
Labels LabelsOf(const FleetTarget& fleet_target, const PushTarget& target) {
  Labels labels = fleet_target.labels;
  labels.insert(target.labels.begin(), target.labels.end());
  if (!fleet_target.rule.empty()) labels.try_emplace(kServiceLabel, fleet_target.rule);
  return labels;
}

class Encoder {
 public:
  Encoder(const FleetPart& part, const PushTarget& target, const PushLimits& limits)
      : profile_(*part.profile),
        target_(target),
        limits_(limits),
        labels_(LabelsOf(part.target, target)) {}

  EncodedProfile Encode() && {
    Put({});
    return std::move(encoded_);
  }

 private:
  void Put(SampleRange range) {
    StringSink body;
    const WrittenSize size = Write(range, body);
    if (size.samples == 0) return;
    if (size.samples <= limits_.samples && size.bytes <= limits_.bytes) {
      encoded_.requests.push_back(Request(body.text()));
    } else if (size.samples == 1) {
      ++encoded_.too_large;
    } else {
      const size_t half = size.samples / 2;
      Put({.first = range.first, .count = half});
      Put({.first = range.first + half, .count = size.samples - half});
    }
  }

  bool IsOtlp() const { return target_.type == PushTarget::Type::kOtlp; }

  WrittenSize Write(SampleRange range, Sink& sink) const {
    if (!IsOtlp()) return WritePprof(profile_, {}, {.samples = range, .by_stack = true}, sink);
    GzipSink gzip(sink);
    const WrittenSize size = WriteOtlp(profile_, {}, labels_, range, gzip);
    gzip.Finish();
    return size;
  }

  PushRequest Request(std::string body) const {
    const absl::Time start = profile_.start();
    PushRequest request{.body = std::move(body), .start = start};
    if (IsOtlp()) {
      request.url = OtlpUrl(target_.url);
      request.content_type = "application/x-protobuf";
    } else {
      request.url =
          PyroscopeUrl(target_.url, labels_, start, start + absl::Nanoseconds(profile_.duration()),
                       profile_.figures().rate_hz);
      request.content_type = "application/octet-stream";
    }
    return request;
  }

  const Profile& profile_;
  const PushTarget& target_;
  const PushLimits& limits_;
  const Labels labels_;
  EncodedProfile encoded_;
};

}  // namespace

EncodedProfile EncodeForPush(const FleetPart& part, const PushTarget& target,
                             const PushLimits& limits) {
  return Encoder(part, target, limits).Encode();
}

}  // namespace spyhop
