#include "cli/daemon/name_service.h"

#ifdef SPYHOP_STATIC

#include <nss.h>

namespace spyhop {

// glibc has both services in itself since 2.34 (nss/nss_module.c, module_load_builtin).
void UseBuiltInNameService() {
  __nss_configure_lookup("hosts", "files dns");
  __nss_configure_lookup("group", "files");
}

}  // namespace spyhop

#else

namespace spyhop {

void UseBuiltInNameService() {}

}  // namespace spyhop

#endif  // SPYHOP_STATIC
