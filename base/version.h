// Spyhop's version, set by the build.
#ifndef SPYHOP_BASE_VERSION_H_
#define SPYHOP_BASE_VERSION_H_

namespace spyhop {

const char* Version();      // "0.1.0"
const char* ReleaseDate();  // "November 22, 2026": of packaging/changelog

}  // namespace spyhop

#endif  // SPYHOP_BASE_VERSION_H_
