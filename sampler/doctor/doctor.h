// Diagnose: can Spyhop attach, to this process, with what detail and at what cost; if not, why and
// what to do.
//
// Does to the target what half a second of `spyhop attach` at 100 Hz and a snapshot do; without a
// process, it looks at the machine only (some ms).
#ifndef SPYHOP_SAMPLER_DOCTOR_DOCTOR_H_
#define SPYHOP_SAMPLER_DOCTOR_DOCTOR_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sampler/profile/profile.h"
#include "sampler/target/permission.h"

namespace spyhop {

struct Finding {
  enum class Verdict { kOk, kWarning, kProblem } verdict = Verdict::kOk;
  std::string subject;  // "permission", "target", "cost": one word
  std::string text;
  Remedy remedy;  // empty when there is nothing to do

  // What was measured, for scripts: "stopped_us", 28.3.
  struct Figure {
    const char* name;
    double value;
  };
  std::vector<Figure> figures = {};
};

struct Diagnosis {
  std::vector<Finding> findings;  // in the order to be read in
  std::optional<TargetInfo> target;
  // What attaching gives; OK also when no process was asked for.
  absl::Status attach;

  bool HasProblem() const;
};

// `pid` 0: can Spyhop attach at all?
Diagnosis Diagnose(int pid);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_DOCTOR_DOCTOR_H_
