// libelf 0.188 does not free 41 bytes of some damaged files at elf_end. A fuzzer would end at each
// of them; leaks of our own are found by the unit tests and the corpus in the asan preset, without
// this.
extern "C" const char* __lsan_default_suppressions();  // sanitizer/lsan_interface.h
extern "C" const char* __lsan_default_suppressions() { return "leak:libelf.so\n"; }
