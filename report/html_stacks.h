// The HTML report's stacks: the part of the profile's trie that has time, small enough for a page.
//
// A profile with more than `most_nodes` of them has its smallest ones merged: all children below a
// bound (0.01 % of the time, doubled until it is enough) become one "(other)" below their parent,
// so no time is lost. Costs a look at each node of the trie.
#ifndef SPYHOP_REPORT_HTML_STACKS_H_
#define SPYHOP_REPORT_HTML_STACKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "report/html_data.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

inline constexpr size_t kMostHtmlNodes = 200'000;

struct HtmlStacks {
  struct Node {
    uint32_t parent = 0;  // an index below its own
    StackId stack{};      // of a merged node: its parent's
    bool merged = false;
  };
  struct SelfTime {
    uint32_t node = 0;
    ThreadIndex thread{};
    TimeClass time_class{};
    Nanos time = 0;
  };
  struct BeforeTime {
    uint32_t node = 0;
    Nanos time = 0;
  };

  std::vector<Node> nodes;         // the root, kNoStack, first
  std::vector<SelfTime> times;     // in the order of node, thread, class
  std::vector<BeforeTime> before;  // in the order of node
  size_t merged_nodes = 0;
  Nanos merged_below = 0;
};

HtmlStacks MakeHtmlStacks(const Profile& profile, const ViewOptions& options,
                          const BeforeTimes* before, size_t most_nodes = kMostHtmlNodes);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_STACKS_H_
