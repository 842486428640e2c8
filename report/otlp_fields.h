// Field numbers of OpenTelemetry's profiles, opentelemetry/proto/profiles/v1development, as of
// version v1.11.0 of its definitions (github.com/open-telemetry/opentelemetry-proto). Those before
// v1.10 number otherwise.
#ifndef SPYHOP_REPORT_OTLP_FIELDS_H_
#define SPYHOP_REPORT_OTLP_FIELDS_H_

#include <protozero/types.hpp>

namespace spyhop::otlp {

using Tag = protozero::pbf_tag_type;

enum class Request : Tag { kResourceProfiles = 1, kDictionary = 2 };
enum class Answer : Tag { kPartialSuccess = 1 };
enum class PartialSuccess : Tag { kRejectedProfiles = 1, kErrorMessage = 2 };
enum class ResourceProfiles : Tag { kResource = 1, kScopeProfiles = 2, kSchemaUrl = 3 };
enum class ScopeProfiles : Tag { kScope = 1, kProfiles = 2 };
enum class Dictionary : Tag {
  kMapping = 1,
  kLocation = 2,
  kFunction = 3,
  kLink = 4,
  kString = 5,
  kAttribute = 6,
  kStack = 7,
};
enum class OneProfile : Tag {
  kSampleType = 1,
  kSamples = 2,
  kTime = 3,
  kDuration = 4,
  kPeriodType = 5,
  kPeriod = 6,
  kId = 7,
};
enum class ValueType : Tag { kType = 1, kUnit = 2 };
enum class OneSample : Tag { kStack = 1, kAttributes = 2, kValues = 4 };
enum class Mapping : Tag { kFile = 4 };
enum class Location : Tag { kMapping = 1, kLines = 3, kAttributes = 4 };
enum class Line : Tag { kFunction = 1, kLine = 2 };
enum class Function : Tag { kName = 1, kFile = 3 };
enum class Link : Tag { kTraceId = 1, kSpanId = 2 };
enum class Stack : Tag { kLocations = 1 };
enum class Attribute : Tag { kKey = 1, kValue = 2 };

// opentelemetry/proto/common/v1 and resource/v1.
enum class AnyValue : Tag { kString = 1, kInteger = 3 };
enum class KeyValue : Tag { kKey = 1, kValue = 2 };
enum class Scope : Tag { kName = 1, kVersion = 2 };
enum class Resource : Tag { kAttributes = 1 };

}  // namespace spyhop::otlp

#endif  // SPYHOP_REPORT_OTLP_FIELDS_H_
