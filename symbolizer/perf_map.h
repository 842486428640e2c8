// Names of functions that were made at run time: the lines `START SIZE NAME` (hex, hex, the rest of
// the line) of /tmp/perf-PID.map (linux, tools/perf/Documentation/jit-interface.txt).
//
// A value, made from text. The text is not trusted: lines that make no sense are left out, and of
// ranges that overlap the later line counts, as its code has replaced the other's. 0.2 us a line
// and some 40 bytes beside the name; a look-up is a search in a sorted map.
#ifndef SPYHOP_SYMBOLIZER_PERF_MAP_H_
#define SPYHOP_SYMBOLIZER_PERF_MAP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "base/address.h"

namespace spyhop {

class PerfMap {
 public:
  // Adds the lines of `text` to those before; a last one without an end counts. Returns how many
  // made sense.
  size_t Add(std::string_view text);

  struct Function {
    AddressRange range;
    std::string name;
  };
  // Null when nothing is said of `address`. Valid until the next Add.
  const Function* Find(RemoteAddress address) const;
  size_t size() const { return functions_.size(); }

 private:
  void Insert(Function function);

  absl::btree_map<RemoteAddress, Function> functions_;  // by begin, without overlaps
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_PERF_MAP_H_
