// A CPython found in a target: which version, where its globals are, how to read it.
#ifndef SPYHOP_SAMPLER_PYTHON_INTERPRETER_H_
#define SPYHOP_SAMPLER_PYTHON_INTERPRETER_H_

#include <string>
#include <vector>

#include "base/address.h"
#include "interp_layouts/layout.h"

namespace spyhop {

struct Interpreter {
  PyVersion version;
  AbiFlags flags;
  Layout layout;  // a copy: may be overlaid with the target's debug offsets

  RemoteAddress runtime;  // _PyRuntime; null in 2.7 and 3.6
  // Address of the variable that points to the first PyInterpreterState: in the runtime from 3.7
  // on, `interp_head` before. Null when a stripped 2.7 or 3.6 does not tell; see `first`.
  RemoteAddress interpreters_head;
  RemoteAddress first;                  // the PyInterpreterState found at attach
  RemoteAddress current_thread_global;  // 2.7, 3.6: _PyThreadState_Current

  std::vector<AddressRange> gil_locks;  // 2.7, 3.6: as in PythonClues; empty when stripped
  RemoteAddress gil_lock_pointer;
  RemoteAddress import_lock_pointer;  // as in PythonClues; null when stripped, and from 3.12 on
  RemoteAddress import_lock_thread;
  std::string module;    // the mapped file it lies in, e.g. "/usr/bin/python3.11"
  std::string found_by;  // "dynsym _PyRuntime", "section .PyRuntime", "scan", ...
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_INTERPRETER_H_
