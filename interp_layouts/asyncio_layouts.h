// What asyncio's objects look like in memory: C tasks, the lists of tasks of 3.14 and later, what a
// suspended coroutine keeps of the thing it awaits, and what hangs on a future for whoever awaits
// it.
//
// A table of its own, by version, because these structs are in no header (Modules/_asynciomodule.c,
// Objects/genobject.c); 3.14 and later tell their tasks themselves (`_AsyncioDebug`). Same rules as
// in layout.h: bytes from the start of the struct, absent fields absent, CPython's names. Pure.
#ifndef SPYHOP_INTERP_LAYOUTS_ASYNCIO_LAYOUTS_H_
#define SPYHOP_INTERP_LAYOUTS_ASYNCIO_LAYOUTS_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "interp_layouts/layout.h"

namespace spyhop {

struct TaskLayout {  // TaskObj
  uint32_t size = 0;
  PointerField loop;
  Field<int32_t> state;  // fut_state: 0 pending
  PointerField fut_waiter;
  PointerField coro;
  PointerField name;    // 3.8+
  Field<uint8_t> node;  // 3.14+: its llist_node
};

// The lists of C tasks of 3.14 and later: llist_nodes that begin and end with a head.
struct TaskListLayout {
  Field<uint8_t> interpreter_head;  // of tasks whose thread has ended
  Field<uint8_t> thread_head;
  PointerField running_loop;  // PyThreadState.asyncio_running_loop
  PointerField running_task;  // PyThreadState.asyncio_running_task
};

// A coroutine, generator or asynchronous generator that is suspended.
struct SuspensionLayout {
  // To 3.10: the generator's frame object, and its evaluation stack.
  PointerField gi_frame;
  PointerField f_valuestack;
  PointerField f_stacktop;           // to 3.9; null while it runs
  Field<int32_t> f_stackdepth;       // 3.10; -1 while it runs
  Field<RemoteAddress> first_local;  // f_localsplus
  uint8_t yield_from = 0;            // YIELD_FROM, the next instruction of one that awaits

  // From 3.11 on: _PyInterpreterFrame.
  Field<int32_t> stacktop;     // to 3.13: slots of localsplus in use
  PointerField stackpointer;   // 3.14+
  int8_t executing = 0;        // gi_frame_state, PyFrameState
  int8_t first_suspended = 0;  // of the states in which it can await something
  int8_t last_suspended = 0;
  bool says_awaits = false;  // 3.13+: those states mean that it does; else its next RESUME tells
  uint8_t awaited_slot = 1;  // where the awaited thing lies, from the top of the stack
};

// What a future calls when it is done.
struct CallbackLayout {
  PointerField first;       // fut_callback0
  PointerField others;      // fut_callbacks: a list of (callback, context)
  PointerField closure;     // PyFunctionObject.func_closure: a tuple of cells
  PointerField partial_fn;  // partialobject (Modules/_functoolsmodule.c)
  PointerField partial_args;
};

struct AsyncioLayout {
  TaskLayout task;
  TaskListLayout lists;
  SuspensionLayout suspension;
  CallbackLayout callback;
  // PyThreadState.context_ver: counts each entry into a contextvars.Context, and each exit. Every
  // callback of an event loop is run in one (Lib/asyncio/events.py, Handle._run), so it tells one
  // step of a task from the next. Absent where it is not known.
  Field<uint64_t> context_version;
  // In the head of an object: the first pointer behind it. Of what wraps a coroutine or a future
  // (FutureIter, coroutine_wrapper, async_generator_asend, ...) and of a weak reference.
  PointerField wrapped;
};

// Of the interpreter that `layout` is for; nothing before 3.7. From 3.14 on tasks and lists are
// absent until WithAsyncioDebug.
std::optional<AsyncioLayout> FindAsyncioLayout(const Layout& layout);

// struct _Py_AsyncioModuleDebugOffsets: words, no cookie.
inline constexpr char kAsyncioDebugSection[] = ".AsyncioDebug";
inline constexpr size_t kAsyncioDebugSize = 104;

// `base` with what the target's own table says of tasks; nothing when that makes no sense, or
// `base` is of a version that has no such table.
std::optional<AsyncioLayout> WithAsyncioDebug(const AsyncioLayout& base, const Layout& layout,
                                              absl::Span<const uint8_t> table);

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_ASYNCIO_LAYOUTS_H_
