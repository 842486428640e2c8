// Tells systemd how the daemon is: sd_notify(3)'s protocol, without its library. Where there is no
// systemd nothing is told.
#ifndef SPYHOP_CLI_DAEMON_SERVICE_MANAGER_H_
#define SPYHOP_CLI_DAEMON_SERVICE_MANAGER_H_

#include <string_view>

#include "base/clock.h"

namespace spyhop {

class ServiceManager {
 public:
  // As the environment says: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.
  ServiceManager();

  void Ready() const;
  void Reloading() const;  // Ready() ends it
  void Stopping() const;
  // To be called often; sends a sign of life twice in each of the watchdog's periods.
  void StayAlive(Nanos now);

 private:
  void Tell(std::string_view message) const;

  Nanos period_ = 0;  // 0: no watchdog
  Nanos next_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_SERVICE_MANAGER_H_
