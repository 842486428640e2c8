// Where a static Spyhop looks up names of hosts and groups.
#ifndef SPYHOP_CLI_DAEMON_NAME_SERVICE_H_
#define SPYHOP_CLI_DAEMON_NAME_SERVICE_H_

namespace spyhop {

// In files and by DNS, whatever /etc/nsswitch.conf says: a static program would load what that
// names from the machine it runs on, made for another glibc. Does nothing in a dynamic one. To be
// called before the first look-up.
void UseBuiltInNameService();

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_NAME_SERVICE_H_
