// OpenTelemetry's profiles, EXPERIMENTAL: an ExportProfilesServiceRequest of the signal
// "v1development" as of opentelemetry-proto v1.11.0. Its definition still changes without staying
// compatible, so receivers must be of about that version; the scope's version names it.
// docs/formats.md says what is where.
//
// For each process a resource with two profiles, of wall and of CPU time, both in nanoseconds: a
// sample for each thread, stack, wait reason and class. Names are escaped as for a terminal. The
// same profile gives the same bytes; a profile's id is a hash of what is in it.
//
// Takes memory for the distinct stacks, and for one process' samples as written.
#ifndef SPYHOP_REPORT_OTLP_H_
#define SPYHOP_REPORT_OTLP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "report/sample_range.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

inline constexpr std::string_view kOtlpProtoVersion = "v1.11.0";

// What the resources are found by, as "service=checkout". Some names become those of the semantic
// conventions: service (service.name), container_id (container.id), pod_uid (k8s.pod.uid).
using OtlpLabels = std::map<std::string, std::string>;

// Heeds filter and idle.
WrittenSize WriteOtlp(const Profile& profile, const ViewOptions& options, const OtlpLabels& labels,
                      SampleRange range, Sink& sink);
void WriteOtlp(const Profile& profile, const ViewOptions& options, Sink& sink);

// What a receiver says it has not taken (ExportProfilesServiceResponse.partial_success).
struct OtlpRejection {
  int64_t profiles = 0;
  std::string message;  // as received
};

// Nothing: all was taken, or the answer is not one.
std::optional<OtlpRejection> ReadOtlpAnswer(std::string_view answer);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_OTLP_H_
