#include "base/version.h"

namespace spyhop {

const char* Version() { return SPYHOP_VERSION; }
const char* ReleaseDate() { return SPYHOP_RELEASE_DATE; }

}  // namespace spyhop
