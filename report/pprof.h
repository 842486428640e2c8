// pprof: a gzipped perftools.profiles.Profile message, as `go tool pprof`, Pyroscope, Parca,
// speedscope and many others read it. docs/formats.md says what is where.
//
// A sample for each thread, stack and wait reason, with values: samples (count), wall and cpu, and
// wall time by class (nanoseconds). Values are the profile's own, to the nanosecond. Names are
// escaped as for a terminal, where pprof shows them. The same profile gives the same bytes.
//
// Streamed: it keeps the distinct names and the order of the samples, not the message.
#ifndef SPYHOP_REPORT_PPROF_H_
#define SPYHOP_REPORT_PPROF_H_

#include "report/sample_range.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// Heeds filter and idle; the key of the sort chooses the sample type that is shown first.
void WritePprof(const Profile& profile, const ViewOptions& options, Sink& sink);

struct PprofPart {
  SampleRange samples;
  // A sample for each stack only, whichever thread it is of and whatever it waits for, without
  // labels: for stores which make a series of each set of labels.
  bool by_stack = false;
};
WrittenSize WritePprof(const Profile& profile, const ViewOptions& options, const PprofPart& part,
                       Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_PPROF_H_
