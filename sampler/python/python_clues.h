// What one mapped file says about a CPython inside it: symbols and sections with their addresses in
// the process. Clues only: names prove nothing until interpreter_trial has read what they name.
//
// Costs one pass over the file's symbol tables (a millisecond or so). Not while stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_PYTHON_CLUES_H_
#define SPYHOP_SAMPLER_PYTHON_PYTHON_CLUES_H_

#include <string>
#include <vector>

#include "base/address.h"
#include "symbolizer/elf_file.h"

namespace spyhop {

struct PythonClues {
  struct Place {
    RemoteAddress address;
    std::string found_by;  // "dynsym _PyRuntime", "section .PyRuntime"
  };

  std::vector<Place> runtimes;                 // _PyRuntime, 3.7+
  std::vector<Place> heads;                    // interp_head, to 3.6, only in .symtab
  RemoteAddress current_thread;                // _PyThreadState_Current, to 3.6
  RemoteAddress version_word;                  // Py_Version, 3.11+
  std::vector<RemoteAddress> version_buffers;  // every `version`, one of which may be CPython's
  // What threads sleep on that wait for the GIL: to 3.6 static variables of Python/ceval.c, only in
  // .symtab. 2.7's is a pointer to a lock.
  std::vector<AddressRange> gil_locks;
  RemoteAddress gil_lock_pointer;
  // The global import lock: static variables of Python/import.c, to 3.11, only in .symtab.
  RemoteAddress import_lock_pointer;
  RemoteAddress import_lock_thread;
  bool debug_build = false;  // has what only Py_REF_DEBUG builds have
  bool pypy = false;

  bool any() const { return !runtimes.empty() || !heads.empty() || current_thread; }
};

// `bias`: what to add to the file's addresses, see ElfFile::LoadBias.
PythonClues ReadPythonClues(const ElfFile& file, uint64_t bias);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_PYTHON_CLUES_H_
