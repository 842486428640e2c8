// Input: lines of /proc/PID/net/{tcp,udp,unix}, a fdinfo file, a socket address, a netlink answer.
#include <cstdint>
#include <string_view>

#include "sampler/target/descriptors.h"
#include "sampler/target/unix_peer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  spyhop::DescribeSockaddr({data, size});
  spyhop::ParseUnixDiagnosis({data, size});
  spyhop::DescribeEpoll(text, true);
  spyhop::DescribeLink(text, 0);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    spyhop::ParseSocketLink(line);
    if (const auto socket = spyhop::ParseInetLine(line)) {
      if (spyhop::DescribeTcp(*socket).empty() || spyhop::DescribeUdp(*socket).empty()) {
        __builtin_trap();
      }
    }
    if (const auto socket = spyhop::ParseUnixLine(line)) spyhop::DescribeUnix(*socket);
  }
  return 0;
}
