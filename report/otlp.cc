#include "report/otlp.h"

#include <algorithm>
#include <cmath>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_message.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "base/version.h"
#include "report/escape.h"
#include "report/otlp_dictionary.h"
#include "report/otlp_fields.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.37.0";
constexpr std::string_view kNanoseconds = "nanoseconds";

template <typename Field>
using Message = protozero::pbf_builder<Field>;

struct OneSample {
  Profile::Key place;
  Nanos wall = 0;
  Nanos cpu = 0;
};

// Ids grow in the order in which things were first met, so the order is the same each time.
auto Order(const OneSample& sample) {
  const Profile::Key& p = sample.place;
  return std::tuple(p.thread, p.stack, p.wait_reason, p.time_class);
}

std::vector<OneSample> KeptSamples(const Profile& profile, const ViewOptions& options) {
  std::vector<OneSample> samples;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.time_class == TimeClass::kIdle && !options.idle) continue;
    if (!options.filter.KeepsThread(profile.thread(key.thread))) continue;
    if (!options.filter.KeepsStack(profile, key.stack)) continue;
    const OneSample sample{key, times[key.time_class], times.cpu};
    if (sample.wall != 0 || sample.cpu != 0) samples.push_back(sample);
  }
  std::sort(samples.begin(), samples.end(),
            [](const OneSample& a, const OneSample& b) { return Order(a) < Order(b); });
  return samples;
}

// One kind of time, which is a profile of its own.
struct Metric {
  std::string_view name;
  Nanos OneSample::*value;
};
constexpr Metric kMetrics[] = {{"wall", &OneSample::wall}, {"cpu", &OneSample::cpu}};

// FNV-1a, 64 bits, from `hash` on.
uint64_t Hash(std::string_view bytes, uint64_t hash) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// 16 bytes which hardly any other profile has.
std::string IdOf(std::string_view resource, std::string_view profile) {
  std::string id;
  for (const uint64_t basis : {0xcbf29ce484222325, 0x9ae16a3b2f90404f}) {
    const uint64_t hash = Hash(profile, Hash(resource, basis));
    for (int shift = 56; shift >= 0; shift -= 8) id.push_back(static_cast<char>(hash >> shift));
  }
  return id;
}

std::string_view AttributeName(std::string_view label) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"service", "service.name"}, {"container_id", "container.id"}, {"pod_uid", "k8s.pod.uid"}};
  for (const auto& [ours, conventional] : kNames) {
    if (label == ours) return conventional;
  }
  return label;
}

std::string_view LastPart(std::string_view path) { return path.substr(path.rfind('/') + 1); }

class Writer {
 public:
  Writer(const Profile& profile, const ViewOptions& options, SampleRange range)
      : profile_(profile), dictionary_(profile) {
    std::vector<OneSample> all = KeptSamples(profile, options);
    for (size_t i = 0; i < all.size(); ++i) {
      if (range.Has(i)) samples_.push_back(all[i]);
    }
  }

  WrittenSize Write(const OtlpLabels& labels, Sink& sink) {
    for (uint32_t target = 0; target < profile_.targets().size(); ++target) {
      Put(otlp::Request::kResourceProfiles, TargetMessage(target, labels), sink);
    }
    std::string dictionary;
    dictionary_.Write(dictionary);
    Put(otlp::Request::kDictionary, dictionary, sink);
    return {.samples = samples_.size(), .bytes = bytes_};
  }

 private:
  void Put(otlp::Request field, const std::string& content, Sink& sink) {
    std::string bytes;
    Message<otlp::Request>(bytes).add_message(field, content);
    bytes_ += bytes.size();
    sink.Append(bytes);
  }

  std::string TargetMessage(uint32_t target, const OtlpLabels& labels) {
    const std::string resource = ResourceOf(profile_.targets()[target], labels);
    std::string bytes;
    Message<otlp::ResourceProfiles> message(bytes);
    message.add_message(otlp::ResourceProfiles::kResource, resource);
    {
      Message<otlp::ScopeProfiles> scoped(message, otlp::ResourceProfiles::kScopeProfiles);
      PutScope(scoped);
      for (const Metric& metric : kMetrics) {
        const std::string profile = ProfileOf(target, metric, resource);
        if (!profile.empty()) scoped.add_message(otlp::ScopeProfiles::kProfiles, profile);
      }
    }
    message.add_string(otlp::ResourceProfiles::kSchemaUrl, kSchemaUrl.data(), kSchemaUrl.size());
    return bytes;
  }

  static void PutScope(Message<otlp::ScopeProfiles>& scoped) {
    Message<otlp::Scope> scope(scoped, otlp::ScopeProfiles::kScope);
    scope.add_string(otlp::Scope::kName, "spyhop");
    scope.add_string(otlp::Scope::kVersion, absl::StrCat(Version(), " (opentelemetry-proto ",
                                                         AbslView(kOtlpProtoVersion), ")"));
  }

  static std::string ResourceOf(const TargetInfo& target, const OtlpLabels& labels) {
    OtlpLabels texts;
    const std::string_view program = LastPart(target.executable);
    texts["service.name"] = absl::StrCat("unknown_service:", AbslView(program));
    texts["process.executable.name"] = program;
    texts["process.executable.path"] = target.executable;
    texts["process.runtime.name"] = "cpython";
    texts["process.runtime.version"] = target.python_version;
    for (const auto& [name, value] : labels) texts[std::string(AttributeName(name))] = value;
    std::string bytes;
    Message<otlp::Resource> message(bytes);
    PutAttribute(message, "process.pid", [&](Message<otlp::AnyValue>& value) {
      value.add_int64(otlp::AnyValue::kInteger, target.pid);
    });
    for (const auto& [name, text] : texts) {
      if (text.empty()) continue;
      PutAttribute(message, name, [&](Message<otlp::AnyValue>& value) {
        value.add_string(otlp::AnyValue::kString, ViewerName(text));
      });
    }
    return bytes;
  }

  template <typename Fill>
  static void PutAttribute(Message<otlp::Resource>& resource, const std::string& name, Fill fill) {
    Message<otlp::KeyValue> attribute(resource, otlp::Resource::kAttributes);
    attribute.add_string(otlp::KeyValue::kKey, name);
    Message<otlp::AnyValue> value(attribute, otlp::KeyValue::kValue);
    fill(value);
  }

  // Empty when the process took no such time.
  std::string ProfileOf(uint32_t target, const Metric& metric, std::string_view resource) {
    std::string bytes;
    Message<otlp::OneProfile> message(bytes);
    bool is_empty = true;
    for (const OneSample& sample : samples_) {
      const Nanos value = sample.*metric.value;
      if (value == 0 || profile_.thread(sample.place.thread).target != target) continue;
      PutSample(message, target, sample.place, value);
      is_empty = false;
    }
    if (is_empty) return {};
    PutHead(message, metric);
    message.add_bytes(otlp::OneProfile::kId, IdOf(resource, bytes));
    return bytes;
  }

  // Receivers name a profile by the type of its period, and want one that is not 0.
  void PutHead(Message<otlp::OneProfile>& message, const Metric& metric) {
    for (const auto field : {otlp::OneProfile::kSampleType, otlp::OneProfile::kPeriodType}) {
      Message<otlp::ValueType> type(message, field);
      type.add_int32(otlp::ValueType::kType, dictionary_.String(metric.name));
      type.add_int32(otlp::ValueType::kUnit, dictionary_.String(kNanoseconds));
    }
    const double rate = profile_.figures().rate_hz;
    const double period = rate > 0 ? static_cast<double>(kSecond) / rate : 1;
    message.add_int64(otlp::OneProfile::kPeriod, std::max<int64_t>(std::llround(period), 1));
    const int64_t start = std::max<int64_t>(absl::ToUnixNanos(profile_.start()), 0);
    message.add_fixed64(otlp::OneProfile::kTime, static_cast<uint64_t>(start));
    message.add_uint64(otlp::OneProfile::kDuration, static_cast<uint64_t>(profile_.duration()));
  }

  void PutSample(Message<otlp::OneProfile>& message, uint32_t target, const Profile::Key& place,
                 Nanos value) {
    const std::vector<int32_t> attributes = AttributesOf(place);
    Message<otlp::OneSample> sample(message, otlp::OneProfile::kSamples);
    sample.add_int32(otlp::OneSample::kStack, dictionary_.Stack(target, place.stack));
    sample.add_packed_int32(otlp::OneSample::kAttributes, attributes.begin(), attributes.end());
    sample.add_packed_int64(otlp::OneSample::kValues, &value, &value + 1);
  }

  std::vector<int32_t> AttributesOf(const Profile::Key& place) {
    const ThreadInfo& thread = profile_.thread(place.thread);
    const std::string_view reason = profile_.strings().Get(place.wait_reason);
    std::vector<int32_t> attributes = {
        dictionary_.Attribute("thread.id", int64_t{thread.tid}),
        dictionary_.Attribute("spyhop.class", std::string(Name(place.time_class)))};
    if (!thread.name.empty()) {
      attributes.push_back(dictionary_.Attribute("thread.name", ViewerName(thread.name)));
    }
    if (!reason.empty()) {
      attributes.push_back(dictionary_.Attribute("spyhop.wait_reason", ViewerName(reason)));
    }
    return attributes;
  }

  const Profile& profile_;
  OtlpDictionary dictionary_;
  std::vector<OneSample> samples_;
  size_t bytes_ = 0;
};

OtlpRejection ReadRejection(protozero::pbf_message<otlp::PartialSuccess> message) {
  OtlpRejection rejection;
  while (message.next()) {
    switch (message.tag()) {
      case otlp::PartialSuccess::kRejectedProfiles:
        rejection.profiles = message.get_int64();
        break;
      case otlp::PartialSuccess::kErrorMessage:
        rejection.message = message.get_string();
        break;
      default:
        message.skip();
    }
  }
  return rejection;
}

}  // namespace

WrittenSize WriteOtlp(const Profile& profile, const ViewOptions& options, const OtlpLabels& labels,
                      SampleRange range, Sink& sink) {
  return Writer(profile, options, range).Write(labels, sink);
}

void WriteOtlp(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WriteOtlp(profile, options, {}, {}, sink);
}

std::optional<OtlpRejection> ReadOtlpAnswer(std::string_view answer) {
  try {
    protozero::pbf_message<otlp::Answer> message(
        protozero::data_view(answer.data(), answer.size()));
    if (!message.next(otlp::Answer::kPartialSuccess)) return std::nullopt;
    OtlpRejection rejection = ReadRejection(message.get_message());
    if (rejection.profiles <= 0 && rejection.message.empty()) return std::nullopt;
    return rejection;
  } catch (const protozero::exception&) {
    return std::nullopt;  // It was accepted; what else it says is not OTLP.
  }
}

}  // namespace spyhop
