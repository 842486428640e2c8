// discover: drives sampler/discovery.h over pipes, for tests/integration/test_discovery.py. Each
// line of stdin is a command, answered by one line:
//
//   scan MILLISECONDS   Scan at that time: "CPU_MICROSECONDS KNOWN PID:START:EXECUTABLE ..."
//   reconsider PID      Reconsider: "done"
//   version PID         PythonVersionOf, or what is wrong
//   otel PID            OtelServiceOf; empty: none
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "base/clock.h"
#include "sampler/discovery.h"

namespace spyhop {
namespace {

std::string Scan(ProcessDiscovery& discovery, Nanos now) {
  const Nanos before = ProcessCpuTime();
  const ProcessDiscovery::Changes changes = discovery.Scan(now);
  std::ostringstream line;
  line << (ProcessCpuTime() - before) / kMicrosecond << ' ' << discovery.known();
  for (const ProcessFacts& facts : changes.candidates) {
    line << ' ' << facts.pid << ':' << facts.start_time << ':' << facts.executable;
  }
  return line.str();
}

std::string Answer(ProcessDiscovery& discovery, const std::string& command, int64_t number) {
  const int pid = static_cast<int>(number);
  if (command == "scan") return Scan(discovery, number * kMillisecond);
  if (command == "otel") return OtelServiceOf(pid).value_or("");
  if (command == "version") {
    const absl::StatusOr<std::string> version = PythonVersionOf(pid);
    return version.ok() ? *version : version.status().ToString();
  }
  discovery.Reconsider(pid);
  return "done";
}

void Serve() {
  ProcessDiscovery discovery;
  std::string command;
  int64_t number = 0;
  while (std::cin >> command >> number) {
    std::cout << Answer(discovery, command, number) << std::endl;
  }
}

}  // namespace
}  // namespace spyhop

int main() {
  spyhop::Serve();
  return 0;
}
