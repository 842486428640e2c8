// Makes a test's own executable look like an interpreter with symbols: for tests of what is told
// from the places of code. Include it in any number of tests.
#ifndef SPYHOP_TESTS_UNIT_SAMPLER_OWN_FUNCTIONS_H_
#define SPYHOP_TESTS_UNIT_SAMPLER_OWN_FUNCTIONS_H_

// Functions with CPython's names, as a build with symbols has them. The loop is large, for that
// tells it from the short entry function of a tail-call build.
asm(R"(
  .text
  .macro spyhop_function name, size
    .type "\name", @function
    "\name": .skip \size, 0x90
    .size "\name", \size
  .endm
  spyhop_function _PyEval_EvalFrameDefault, 16384
  spyhop_function _PyEval_EvalFrameDefault.cold, 64
  spyhop_function _TAIL_CALL_LOAD_FAST, 64
  spyhop_function _PyEval_Vector, 64
  spyhop_function _PyEval_Vector.part.0, 64
  spyhop_function _PyObject_Malloc, 64
  spyhop_function spyhop_test_builtin_len, 64
)");

extern "C" {
extern const char spyhop_test_loop[] asm("_PyEval_EvalFrameDefault");
extern const char spyhop_test_cold[] asm("_PyEval_EvalFrameDefault.cold");
extern const char spyhop_test_opcode[] asm("_TAIL_CALL_LOAD_FAST");
extern const char spyhop_test_vector[] asm("_PyEval_Vector");
extern const char spyhop_test_part[] asm("_PyEval_Vector.part.0");
extern const char spyhop_test_malloc[] asm("_PyObject_Malloc");
extern const char spyhop_test_builtin_len[];
}

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_OWN_FUNCTIONS_H_
