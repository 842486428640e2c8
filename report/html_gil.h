// Who waited for the GIL, where, and who held it: from the wait reasons of class `gil`
// (docs/waits.md). Costs a look at each distinct stack that waited for it.
#ifndef SPYHOP_REPORT_HTML_GIL_H_
#define SPYHOP_REPORT_HTML_GIL_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// "held by THREAD at FILE:LINE", taken apart; any other reason is all place, without a thread.
struct GilHolder {
  std::string_view thread;
  std::string_view place;
};
GilHolder ParseGilReason(std::string_view reason);

struct HtmlGil {
  struct Row {
    ThreadIndex thread{};
    Frame waiter;  // empty: a stack without frames
    StringId reason{};
    Nanos time = 0;
  };

  std::vector<Row> rows;  // longest first, at most 2,000
  size_t left_out_rows = 0;
  Nanos left_out_time = 0;
};

HtmlGil MakeHtmlGil(const Profile& profile, const BucketFilter& filter);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_GIL_H_
