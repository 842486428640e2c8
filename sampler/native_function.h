// A C, C++, Rust or Cython function on a native stack, as it is shown.
#ifndef SPYHOP_SAMPLER_NATIVE_FUNCTION_H_
#define SPYHOP_SAMPLER_NATIVE_FUNCTION_H_

#include <cstdint>
#include <string>

namespace spyhop {

// What a function is to the Python stack above and below it.
enum class NativeRole : uint8_t {
  kEvaluation,  // it evaluates Python frames: those from one entry frame up to the next
  kCalling,     // what the interpreter does to call and to return
  kRuntime,     // any other function of the interpreter or of the C library
  kWork,        // of a library
};

struct NativeFunction {
  std::string name;    // "compress"; "[libfoo.so]" where it names none; "[unknown]"
  std::string module;  // the file's path as the target sees it, "[vdso]"; empty: in no file
  NativeRole role = NativeRole::kWork;
  bool has_name = true;

  // Made at run time, by CPython for perf (Python/perf_trampoline.c, 3.12+).
  bool IsTrampoline() const { return role == NativeRole::kCalling && module.empty(); }
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_NATIVE_FUNCTION_H_
