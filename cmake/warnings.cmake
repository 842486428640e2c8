# Two interface targets: spyhop_warnings for everything we compile, spyhop_warnings_strict (narrowing
# conversions) for the product only, where every width comes from somebody else's memory.
add_library(spyhop_warnings INTERFACE)
target_compile_options(spyhop_warnings INTERFACE
  -Wall -Wextra -Werror
  -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wcast-align
  -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wunused -Wvla
  # Layout tables name the fields they have; the rest keep their default initialisers.
  -Wno-missing-field-initializers)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(spyhop_warnings INTERFACE
    -Wduplicated-cond -Wlogical-op -Wsuggest-override
    -Wno-restrict)  # GCC 12 reports std::string's own operator+ (GCC bug 105651).
  if(SPYHOP_SANITIZE)
    # With instrumentation GCC's flow analysis sees paths which do not exist.
    target_compile_options(spyhop_warnings INTERFACE
      -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
else()
  target_compile_options(spyhop_warnings INTERFACE -Wsuggest-override)
endif()

add_library(spyhop_warnings_strict INTERFACE)
target_link_libraries(spyhop_warnings_strict INTERFACE spyhop_warnings)
target_compile_options(spyhop_warnings_strict INTERFACE -Wconversion -Wno-sign-conversion)
