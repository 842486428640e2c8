// From a linker name to the name that a programmer gave the function.
#ifndef SPYHOP_SYMBOLIZER_DEMANGLE_H_
#define SPYHOP_SYMBOLIZER_DEMANGLE_H_

#include <string>
#include <string_view>

namespace spyhop {

// C++ (Itanium ABI), and Rust's names in that form, whose hash is left out ("a::b", not
// "a::b::h0123456789abcdef"). Any other name, Rust's "_R" form among them, as it is. Some
// microseconds; allocates. The name may be anything.
std::string Demangle(std::string_view name);

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_DEMANGLE_H_
