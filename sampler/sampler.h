// The sampler: attaches to one process and fills a Profile until told to stop.
//
//   StatusOr<unique_ptr<Sampler>> s = Sampler::Create(pid, options);
//   s->Run(stop, gate, profile);     // returns at the deadline, at `stop`, or at the target's end
//
// Create finds the interpreter, opens all it needs and reads caches warm; it never stops the
// target. Run does all its work in a dedicated tracer thread, so that the end of that thread (or a
// SIGKILL) frees whatever was held. Nothing is attached between samples.
#ifndef SPYHOP_SAMPLER_SAMPLER_H_
#define SPYHOP_SAMPLER_SAMPLER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/snapshot.h"
#include "sampler/sampling_gate.h"

namespace spyhop {

enum class PauseMode {
  kAuto,   // stop the one thread that holds the GIL, for microseconds
  kNever,  // never stop anything: read twice, keep what is equal
};

// Native frames between the Python ones.
enum class NativeDetail {
  kNone,
  kFolded,  // without the interpreter's own calls and loops
  kAll,
};

struct SamplerOptions {
  double rate_hz = 100;           // 0.1 to 1,000,000; what cannot be reached is reported
  std::optional<Nanos> duration;  // none: until `stop` or the target's end
  PauseMode pause = PauseMode::kAuto;
  bool gil_only = false;  // only samples of the thread that holds the GIL
  NativeDetail native = NativeDetail::kNone;
  // One of many in this process: its costs are its own thread's, and between rounds it sleeps on:
  // a `stop` is seen when WakeUp() is called.
  bool one_of_many = false;
};

// Of this Run so far, about twice a second; told in the tracer thread.
struct SamplingProgress {
  Nanos elapsed = 0;
  uint64_t samples = 0;
  uint64_t threads = 0;
  uint64_t rounds = 0;
  uint64_t lost = 0;
  Nanos tracer_cpu = 0;    // of the tracer thread
  Nanos stopped = 0;       // sum over all stops
  Nanos stopped_most = 0;  // the longest one
};

// How local variables are shown.
struct LocalsOptions {
  int depth = 3;                   // containers within containers
  size_t length = 400;             // bytes of a value, about
  std::vector<std::string> masks;  // globs of names whose values are not shown
};

struct SnapshotOptions {
  PauseMode pause = PauseMode::kAuto;
  NativeDetail native = NativeDetail::kNone;
  std::optional<LocalsOptions> locals;  // none: not read
};

class Sampler {
 public:
  // Errors: kNotFound no such process; kPermissionDenied; kFailedPrecondition not a Python process
  // (or one that cannot be sampled, e.g. 32-bit); kUnimplemented a version that is not supported.
  // The message says what happened, why, and what to do.
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(int pid, const SamplerOptions& options);
  virtual ~Sampler() = default;

  // Target known so far; after an exec the profile has the later ones too.
  virtual const TargetInfo& target() const = 0;

  // Samples into `profile` until the duration is over, `stop` becomes true, or the target ends;
  // all three are success. What was collected before an error stays in `profile`. May be called
  // again, with another profile, while the target lives: that costs some milliseconds.
  // While `gate` is closed nothing is sampled, and the profile's time stands still: it goes on as
  // if there had been no pause.
  virtual absl::Status Run(const std::atomic<bool>& stop, SamplingGate& gate, Profile& profile,
                           const std::function<void(const SamplingProgress&)>& progress) = 0;

  // Of the next Runs; none: until `stop`.
  virtual void set_duration(std::optional<Nanos> /*duration*/) {}

  // The following may be called by any thread, also while another one is in Run.

  // Hz; goes for what is left of the running Run, and for those to come. Samples weigh the time
  // they stand for, so weights stay right.
  virtual void set_rate(double /*hz*/) {}
  // `stop` or the rate has been changed: looks now, not within 0.1 s.
  virtual void WakeUp() {}
  // Between two rounds, so that no two tracers meet at a thread. Errors as Create.
  virtual absl::StatusOr<Snapshot> TakeSnapshot(const SnapshotOptions& options);
};

// What this process has in memory now.
uint64_t OwnResidentBytes();

// Every thread's stack now. Errors as Sampler::Create.
// `alone`: held while threads may be stopped; null: nobody else stops them.
absl::StatusOr<Snapshot> TakeSnapshot(int pid, const SnapshotOptions& options,
                                      std::mutex* alone = nullptr);

struct CoreInput {
  std::string path;
  std::string executable;  // the file of the process's program; empty: where the core file says
  std::string root;        // the folder in which the files lie that it had mapped; empty: ours
};

// Every thread's stack in a core file. `warnings` says what is missing, also when nothing could be
// made of the rest. Errors: kDataLoss not a core file, kNotFound never, others as Sampler::Create.
absl::StatusOr<Snapshot> TakeCoreSnapshot(const CoreInput& core, const SnapshotOptions& options,
                                          std::vector<std::string>& warnings);

// The children of a process, theirs, and so on, whatever they run; each after its parent.
std::vector<int> ChildProcesses(int pid);

// A Python process found on this machine, for `spyhop list`.
struct PythonProcess {
  int pid = 0;
  std::string version;  // empty: could not be read, `problem` says why
  std::string flavour;
  int threads = 0;
  std::vector<std::string> command;
  std::string problem;
};
std::vector<PythonProcess> ListPythonProcesses();

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SAMPLER_H_
