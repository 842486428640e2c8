// Input: a line from the control socket, as a request and as a reply; and a request of HTTP.
#include <cstdint>
#include <string_view>

#include "cli/daemon/control_message.h"
#include "cli/daemon/http_access.h"
#include "cli/daemon/http_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto request = spyhop::ParseControlRequest(text);
  if (request.ok()) {
    const auto again = spyhop::ParseControlRequest(spyhop::FormatControlRequest(*request));
    if (!again.ok() || again->pid != request->pid || again->op != request->op) __builtin_trap();
  }
  const auto reply = spyhop::ParseControlReply(text);
  if (reply.ok() && !reply->status.ok() && reply->document) __builtin_trap();
  const auto http = spyhop::ParseHttpRequest(text);
  if (http.ok()) {
    spyhop::RefuseHttp(*http, {.token = "0123456789abcdef", .is_loopback = true, .host = "[::1]"});
  }
  return 0;
}
