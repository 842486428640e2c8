// HTTP's side of Protocol: the routes, each checked by http_access.h first.
//
// Pages that cost something to make are kept for a few seconds: whoever reloads does not make the
// daemon work harder.
#ifndef SPYHOP_CLI_DAEMON_HTTP_PROTOCOL_H_
#define SPYHOP_CLI_DAEMON_HTTP_PROTOCOL_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon/answer_thread.h"
#include "cli/daemon/fleet.h"
#include "cli/daemon/http_access.h"
#include "cli/daemon/http_message.h"
#include "cli/daemon/metrics.h"
#include "cli/daemon/protocol.h"
#include "cli/daemon/record_slots.h"

namespace spyhop {

// What the routes tell of besides the fleet; each may be empty. Called in the answers' thread.
struct HttpSources {
  std::function<absl::Status()> health;
  std::function<std::string()> more_metrics;
  std::function<std::vector<ServerFigures>()> servers;
};

class HttpProtocol : public Protocol {
 public:
  using DoneReply = std::function<void(HttpReply)>;

  // `fleet` must outlive the thread's work.
  HttpProtocol(Fleet& fleet, HttpPolicy policy, HttpSources sources,
               std::shared_ptr<AnswerThread> thread, std::shared_ptr<RecordSlots> slots);

  ConnectionLimits limits() const override {
    return {.request_bytes = kMostHttpRequest, .request_time = 10 * kSecond};
  }
  std::optional<std::string> Admit(int fd, std::string& refusal) override;
  bool IsWhole(std::string_view received, size_t looked_at) const override;
  void Answer(const std::string& request, const std::string& who, Done done) override;
  std::string TooLarge() const override;
  std::string TooSlow() const override;
  std::string TooMany() const override;

 private:
  struct Kept {
    absl::Time made;
    HttpReply reply;
  };

  void Route(const HttpRequest& request, const DoneReply& done);
  HttpReply Keep(const std::string& page, const std::function<HttpReply()>& make);
  HttpReply Health() const;
  HttpReply Metrics() const;
  HttpReply Live() const;
  HttpReply ProfileOf(const HttpRequest& request);
  void RecordPprof(const HttpRequest& request, const DoneReply& done);

  Fleet& fleet_;
  const HttpPolicy policy_;
  const HttpSources sources_;
  const std::shared_ptr<AnswerThread> thread_;
  const std::shared_ptr<RecordSlots> slots_;
  std::map<std::string, Kept> kept_;  // of the answers' thread
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_HTTP_PROTOCOL_H_
