#include "base/version.h"

namespace spyhop {

const char* Version() { return SPYHOP_VERSION; }

}  // namespace spyhop
