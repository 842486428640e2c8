// The HTML report's timeline: what each thread did, in bins of equal length.
//
// A sample's time (SpanScale) is spread over the bins that its span touches. At most 1,000 bins and
// 500 threads (those with the most CPU time), fewer bins for many threads. Memory: 56 bytes for
// each bin of each thread, while it is made; costs one look at each span and its bins.
#ifndef SPYHOP_REPORT_HTML_TIMELINE_H_
#define SPYHOP_REPORT_HTML_TIMELINE_H_

#include <array>
#include <cstddef>
#include <vector>

#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct HtmlTimeline {
  using Bin = std::array<double, kTimeClasses>;  // nanoseconds in each class

  struct Row {
    ThreadIndex thread{};
    std::vector<Bin> bins;
  };

  Nanos bin = 0;    // length of one
  size_t bins = 0;  // 0: the profile has no timeline
  std::vector<Row> rows;
  size_t left_out = 0;  // threads with spans, but without a row
};

HtmlTimeline MakeHtmlTimeline(const Profile& profile, const ViewOptions& options);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_TIMELINE_H_
