// The data of the HTML report: one JSON object, aggregated so that the page opens at once whatever
// the number of samples. Costs a line profile, a wait profile and a few looks at each distinct
// stack; the sources are read, when there is an opener, as SourceLines does it.
//
// All times are whole nanoseconds. `S` is an index into "strings", `T` into "threads"; TIMES is an
// array of seven, in the order of "classes". Names are escaped for display (report/escape.h) and
// cut after 1,000 bytes.
//
//   "schema"    "spyhop.html/1"
//   "classes"   ["python", "native", "kernel", "wait", "gil", "runq", "idle"]
//   "options"   {"idle": count idle time at first, "filtered": some stacks were left out}
//   "targets"   [{"pid", "command": [..], "executable", "version", "flavour"}]
//   "start", "duration_ns", "sampled_ns"    as Profile::start(), duration(), sampled()
//   "sampling"  {"rate_hz", "achieved_hz", "pause", "rounds", "samples", "late_rounds",
//                "truncated": {CAUSE: n}, "lost": {CAUSE: n},
//                "stops": {"count", "median_ns", "p99_ns", "max_ns", "total_ns"},
//                "own_cpu_ns", "own_peak_rss_bytes"}
//   "threads"   [{"pid", "tid", "name", "python", "observed_ns", "cpu_ns", "times": TIMES}]
//   "lines"     [[pid, S file, line, S function, kind, cpu, samples, TIMES self, TIMES total]]
//   "sources"   [{"pid", "file": S, "text": [line, ..]}], whole files, and
//               [{"pid", "file": S, "numbers": [..], "text": [..]}], lines with time only
//   "stacks"    {"up": [..], "frame": [..], "merged": {"nodes", "below_ns"}}: the trie. Node 0 is
//               the root and has no frame (-1); the parent of node i is i - up[i]. Where there were
//               too many nodes, those below "below_ns" became one "(other)" for each parent.
//   "samples"   {"node": [..], "thread": [T..], "class": [..], "ns": [..]}: self time of nodes.
//               Node 0: of samples without a stack. Adds up to the profile's buckets.
//   "before"    only in a differential report: {"node": [..], "ns": [..]}, see BeforeTimes
//   "timeline"  null, or {"bin_ns", "bins", "left_out", "rows": [{"thread": T, "runs": [..]}]}:
//               "runs" is LENGTH, N, then N times CLASS, PER MILLE; and again. A run is LENGTH bins
//               of the same content; per mille of a bin's length, so 1,000 is all of it.
//               "left_out": threads without a row.
//   "waits"     [[class, S reason, ns, samples, threads, [[S file, line, S function, ns], ..]]]
//   "gil"       {"rows": [[T, S file, line, S function, S holder, S place, ns]], "left_out_rows",
//                "left_out_ns"}: who waited where for whom. Without a holder, "place" is the
//                reason.
//   "frames"    {"name": [S..], "file": [S..], "line": [..], "kind": [..]}; kinds: 0 Python,
//               1 native, 2 kernel, 3 GC, 4 "(other)"
//   "strings"   [..]
#ifndef SPYHOP_REPORT_HTML_DATA_H_
#define SPYHOP_REPORT_HTML_DATA_H_

#include "absl/container/flat_hash_map.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

// For a differential flame graph: the self time that stacks of the profile had in an earlier one,
// idle time left out, scaled by the caller to be comparable. A stack which only the earlier profile
// had must be interned in the profile that is written; it then has no time of its own there.
using BeforeTimes = absl::flat_hash_map<StackId, Nanos>;

// `before` may be null. Plain ASCII, but `<` and the like are not escaped: see ScriptSafeSink.
void WriteHtmlData(const Profile& profile, const ViewOptions& options, const BeforeTimes* before,
                   Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_HTML_DATA_H_
