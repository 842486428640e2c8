// The processes of a machine, as ProcessDiscovery asks for them; a test makes them up.
#ifndef SPYHOP_SAMPLER_PROCESS_TABLE_H_
#define SPYHOP_SAMPLER_PROCESS_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sampler/target/process_facts.h"
#include "sampler/target/process_list.h"

namespace spyhop {

class ProcessTable {
 public:
  struct Identity {
    uint64_t start_time = 0;  // tells a reused pid
    Nanos age = 0;
    bool kernel_thread = false;
  };

  virtual ~ProcessTable() = default;

  virtual std::vector<ProcessList::Entry> List() = 0;
  // Those made since the last call of this or of List; nothing: List them all.
  virtual std::optional<std::vector<ProcessList::Entry>> ListNew() = 0;
  virtual std::optional<Identity> Identify(int pid) = 0;  // nothing: gone
  // The file it runs; empty: gone, or not permitted.
  virtual std::string Executable(int pid) = 0;
  // A cheap test, which may say yes wrongly, and no only of a CPython in a library of another name.
  // Where the executable is not permitted, by what the process is called.
  virtual bool MayRunPython(int pid, const std::string& executable) = 0;
  virtual std::optional<ProcessFacts> Facts(int pid) = 0;
};

// Those of this machine but for this process.
//
// Identify 2 us, Executable 0.7 to 2.5 us, MayRunPython some 10 us, and milliseconds for each file
// that it has not seen run before (it looks for CPython's symbols in it).
std::unique_ptr<ProcessTable> LiveProcesses();

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROCESS_TABLE_H_
