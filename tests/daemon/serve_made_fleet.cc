// The daemon's servers over made-up processes, for tests of what clients meet:
//   serve_made_fleet TARGETS CONTROL-SOCKET HTTP-ADDRESS TOKEN [GROUP]
// "-" is none. Prints "ready ADDRESS" or "error TEXT", and ends with its stdin.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/daemon/daemon_server.h"
#include "tests/daemon/made_fleet.h"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  signal(SIGPIPE, SIG_IGN);
  const auto text = [&](int i) {
    return i < argc && std::string(argv[i]) != "-" ? std::string(argv[i]) : std::string();
  };
  spyhop::FakeFleet fleet;
  spyhop::FillFleet(std::atoi(argv[1]), fleet);
  const auto server = spyhop::DaemonServer::Create(
      {.control = text(2),
       .control_group = text(5),
       .http = text(3),
       .http_token = text(4),
       .health = {},
       .more_metrics = {}},
      fleet);
  if (!server.ok()) {
    std::printf("error %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  std::printf("ready %s\n", (*server)->http_address().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
