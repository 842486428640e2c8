// The control socket's side of Protocol: checks the peer, reads the request (control_message.h),
// asks the fleet and writes the reply.
#ifndef SPYHOP_CLI_DAEMON_CONTROL_PROTOCOL_H_
#define SPYHOP_CLI_DAEMON_CONTROL_PROTOCOL_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/daemon/answer_thread.h"
#include "cli/daemon/control_message.h"
#include "cli/daemon/control_peer.h"
#include "cli/daemon/fleet.h"
#include "cli/daemon/protocol.h"
#include "cli/daemon/record_slots.h"

namespace spyhop {

class ControlProtocol : public Protocol {
 public:
  // `fleet` must outlive the thread's work.
  ControlProtocol(Fleet& fleet, ControlPolicy policy, std::shared_ptr<AnswerThread> thread,
                  std::shared_ptr<RecordSlots> slots);

  ConnectionLimits limits() const override { return {.request_bytes = 4096}; }
  std::optional<std::string> Admit(int fd, std::string& refusal) override;
  bool IsWhole(std::string_view received, size_t looked_at) const override;
  void Answer(const std::string& request, const std::string& who, Done done) override;
  std::string TooLarge() const override;
  std::string TooSlow() const override;
  std::string TooMany() const override;

 private:
  void AnswerNow(const std::string& line, const std::string& who, const Done& done);
  void Record(const ControlRequest& request, RecordSlots::Slot slot, const Done& done);
  void Snapshot(const ControlRequest& request, RecordSlots::Slot slot, const Done& done);
  std::string Status(const ControlRequest& request) const;

  Fleet& fleet_;
  const ControlPolicy policy_;
  const std::shared_ptr<AnswerThread> thread_;
  const std::shared_ptr<RecordSlots> slots_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_CONTROL_PROTOCOL_H_
