// What holds a whole process, so that no time passes in it: a stop signal, a tracer, a frozen
// cgroup. Its stacks can be read all the same.
//
// Three to five files of /proc and /sys/fs/cgroup, 10 to 30 us each.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_CONDITION_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_CONDITION_H_

#include <string>

#include "sampler/target/process_files.h"

namespace spyhop {

struct ProcessCondition {
  bool stopped = false;     // SIGSTOP, SIGTSTP and their like
  int tracer = 0;           // the process that traces it, in Spyhop's pid namespace
  std::string tracer_name;  // its comm
  bool trace_stop = false;  // and holds it at this moment
  bool frozen = false;

  bool held() const { return stopped || trace_stop || frozen; }
  // "stopped by a signal; kill -CONT 12 lets it go on"; empty when nothing holds it.
  std::string Describe(int pid) const;
};

ProcessCondition ConditionOf(const ProcessFiles& files);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_CONDITION_H_
