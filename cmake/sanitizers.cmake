# SPYHOP_SANITIZE=address,undefined | thread: for everything, so that no half-instrumented mix arises.
# Debian's Abseil is not instrumented: under tsan use std::mutex, whose calls tsan intercepts, not
# absl::Mutex.
if(SPYHOP_SANITIZE)
  add_compile_options(-fsanitize=${SPYHOP_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SPYHOP_SANITIZE})
  if(SPYHOP_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(SPYHOP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Options every sanitized test runs with; a finding must fail the test.
set(SPYHOP_SANITIZER_ENV
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
  "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")
