// Finds the Python processes of this machine, as they come.
//
// Scan is called twice a second and is cheap: one file tells how many processes have been made
// since the last time, and few of them are looked for by their numbers; of many, and every 5 s, all
// of /proc is listed. One is looked at once it is 0.3 s old, so that what ends at once costs next
// to nothing. What looks like no Python is looked at again after 0.5, 1, 2 and 4 s, for a program
// becomes what it is by exec, and later in turn: a late exec is seen within 8 s among 500
// processes, an interpreter that is loaded late within 250 s. A pid that is used again is another
// process. What is told is a candidate: it may prove to be no Python when attached to. Not
// thread-safe.
#ifndef SPYHOP_SAMPLER_DISCOVERY_H_
#define SPYHOP_SAMPLER_DISCOVERY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "sampler/target/process_facts.h"

namespace spyhop {

// The version of the Python that runs in a process, "3.11.7", before any sampler is made. Some
// milliseconds. Errors as Sampler::Create.
absl::StatusOr<std::string> PythonVersionOf(int pid);

// service.name of the process context of OpenTelemetry (OTEP 4719), which a process may publish in
// its memory. Nothing: it has none, or none that makes sense. 0.1 ms; at most 64 KiB are read.
std::optional<std::string> OtelServiceOf(int pid);

class ProcessTable;

class ProcessDiscovery {
 public:
  struct Changes {
    // Told once each: not again before it execs another file, or Reconsider.
    std::vector<ProcessFacts> candidates;
  };

  // This machine's processes but for this one.
  ProcessDiscovery();
  explicit ProcessDiscovery(std::unique_ptr<ProcessTable> table);
  ~ProcessDiscovery();

  // `now` never goes back.
  Changes Scan(Nanos now);
  // That candidate could not be attached to (it is still starting, say): tell it again, after 0.5
  // s, then 1, 2, 4, ... 64 s for each time that this is asked for.
  void Reconsider(int pid);
  // All are told again (after a reload).
  void ForgetAll();

  size_t known() const;

 private:
  struct Known;
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_DISCOVERY_H_
