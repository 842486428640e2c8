// Who a process is, for choosing and naming it: from /proc alone, without its memory.
//
// FactsOf reads four files and a link of /proc (50 us); everything is capped, for a command line or
// an environment can have megabytes. Any thread may call them.
#ifndef SPYHOP_SAMPLER_TARGET_PROCESS_FACTS_H_
#define SPYHOP_SAMPLER_TARGET_PROCESS_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spyhop {

struct ProcessFacts {
  int pid = 0;
  int parent = 0;
  uint64_t start_time = 0;           // clock ticks since boot; tells a reused pid
  unsigned user = 0;                 // effective uid
  std::vector<std::string> command;  // at most 32 KiB of it
  std::string executable;            // " (deleted)" kept; empty: not permitted
  std::string cgroup;                // "/system.slice/shop.service"; empty: not told
  std::string container_id;          // these three: empty where there is none
  std::string pod_uid;               // "0b5e62c1-aa9e-4bc4-8e76-0f32d4a7b2bd"
  std::string unit;                  // "shop.service"
};

// Nothing: the process is gone, or is not shown to us.
std::optional<ProcessFacts> FactsOf(int pid);

// A variable of the environment that the process was started with. Nothing: it has none of that
// name in the first 2 MiB, is gone, or is another user's.
std::optional<std::string> EnvironmentOf(int pid, const std::string& name);

// Pure parts of them.
std::optional<std::string> FindVariable(std::string_view environ, std::string_view name);
// The control group by which the process is known: version 2's or, where it has none, systemd's.
std::string MainCgroup(std::string_view cgroups);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_TARGET_PROCESS_FACTS_H_
