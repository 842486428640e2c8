#include "interp_layouts/asyncio_layouts.h"

#include <array>
#include <cstring>

namespace spyhop {
namespace {

// PyObject_HEAD of the builds that the table was measured in; others have more before the fields.
constexpr uint32_t kHead = 16;
constexpr uint32_t kWord = sizeof(RemoteAddress);
constexpr uint32_t kMaxStruct = 1 << 20;

// Release builds, by minor version of 3.x. `ptype /o` of gdb in _asyncio and libpython of CPython
// 3.7.16, 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1 and 3.13.0 (TaskObj, PyFrameObject,
// _PyInterpreterFrame, PyFrameState); 3.14.10 and 3.15.2: pycore_frame.h, and _AsyncioDebug for
// the tasks. context_ver: cpython/pystate.h of each, the same in every build.
struct Row {
  uint8_t minor;
  uint32_t task_state, task_fut_waiter, task_size;
  uint32_t valuestack, stacktop, stackdepth, localsplus;  // PyFrameObject
  uint32_t iframe_stacktop, iframe_stackpointer;
  int8_t executing, first_suspended, last_suspended;
  bool says_awaits;
  uint8_t awaited_slot;
  uint32_t context_version;
};
constexpr uint32_t kNo = kAbsent;
constexpr Row kRows[] = {
    {7, 72, 104, 136, 64, 72, kNo, 360, kNo, kNo, 0, 0, 0, false, 1, 264},
    {8, 72, 104, 144, 64, 72, kNo, 360, kNo, kNo, 0, 0, 0, false, 1, 248},
    {9, 80, 144, 184, 64, 72, kNo, 360, kNo, kNo, 0, 0, 0, false, 1, 248},
    {10, 88, 152, 192, 64, kNo, 80, 352, kNo, kNo, 0, 0, 0, false, 1, 248},
    {11, 88, 128, 176, kNo, kNo, kNo, kNo, 64, kNo, 0, -1, -1, false, 1, 232},
    {12, 88, 128, 176, kNo, kNo, kNo, kNo, 64, kNo, 0, -1, -1, false, 1, 216},
    {13, 96, 112, 144, kNo, kNo, kNo, kNo, 64, kNo, 0, -1, -1, true, 1, 216},
    {14, kNo, kNo, 0, kNo, kNo, kNo, kNo, kNo, 64, 0, -1, -1, true, 1, 216},
    // FRAME_SUSPENDED_YIELD_FROM and ..._LOCKED; _PyGen_yf peeks at stackpointer[-2].
    {15, kNo, kNo, 0, kNo, kNo, kNo, kNo, kNo, 64, 4, 2, 3, true, 2, 240},
};

// Python 3.6 to 3.10 (Include/opcode.h).
constexpr uint8_t kYieldFrom = 72;

template <typename T>
Field<T> Moved(uint32_t offset, uint32_t by) {
  return {offset == kNo ? kNo : offset + by};
}

const Row* RowOf(PyVersion version) {
  if (version.major != 3) return nullptr;
  for (const Row& row : kRows) {
    if (row.minor == version.minor) return &row;
  }
  return version.minor > kRows[std::size(kRows) - 1].minor ? &kRows[std::size(kRows) - 1] : nullptr;
}

TaskLayout TaskOf(const Row& row, uint32_t more_head) {
  TaskLayout task;
  task.loop = {kHead + more_head};
  if (row.task_state == kNo) return task;
  task.size = row.task_size + more_head;
  task.state = Moved<int32_t>(row.task_state, more_head);
  // task_fut_waiter, task_coro and task_name are neighbours in every version.
  task.fut_waiter = Moved<RemoteAddress>(row.task_fut_waiter, more_head);
  task.coro = {task.fut_waiter.offset + kWord};
  if (row.minor >= 8) task.name = {task.coro.offset + kWord};
  return task;
}

SuspensionLayout SuspensionOf(const Row& row, uint32_t more_head) {
  SuspensionLayout fields;
  if (row.valuestack != kNo) {
    fields.gi_frame = {kHead + more_head};
    fields.yield_from = kYieldFrom;
  }
  fields.f_valuestack = Moved<RemoteAddress>(row.valuestack, more_head);
  fields.f_stacktop = Moved<RemoteAddress>(row.stacktop, more_head);
  fields.f_stackdepth = Moved<int32_t>(row.stackdepth, more_head);
  fields.first_local = Moved<RemoteAddress>(row.localsplus, more_head);
  fields.stacktop = {row.iframe_stacktop};
  fields.stackpointer = {row.iframe_stackpointer};
  fields.executing = row.executing;
  fields.first_suspended = row.first_suspended;
  fields.last_suspended = row.last_suspended;
  fields.says_awaits = row.says_awaits;
  fields.awaited_slot = row.awaited_slot;
  return fields;
}

// FutureObj_HEAD (Modules/_asynciomodule.c): loop, callback0, context0, callbacks, the same
// from 3.7 to 3.15. The fields before func_closure are six in PyFunctionObject to 3.9 and from 3.10
// on
// (_Py_COMMON_FIELDS with the builtins, and the names first) nine, the head of two included.
CallbackLayout CallbackOf(const Row& row, uint32_t more_head) {
  const uint32_t fields = kHead + more_head;
  return {.first = {fields + kWord},
          .others = {fields + 3 * kWord},
          .closure = {fields + (row.minor >= 10 ? 7 : 4) * kWord},
          .partial_fn = {fields},
          .partial_args = {fields + kWord}};
}

// The words of _Py_AsyncioModuleDebugOffsets, 3.14 and 3.15 (Modules/_asynciomodule.c).
enum Word {
  kTaskSize,
  kTaskName,
  kTaskAwaitedBy,
  kTaskIsTask,
  kTaskAwaitedByIsSet,
  kTaskCoro,
  kTaskNode,
  kInterpreterSize,
  kInterpreterTasksHead,
  kThreadSize,
  kThreadRunningLoop,
  kThreadRunningTask,
  kThreadTasksHead,
  kWords
};
static_assert(kWords * sizeof(uint64_t) == kAsyncioDebugSize);
using Words = std::array<uint64_t, kWords>;

bool Fits(uint64_t offset, uint64_t width, uint64_t size) {
  return offset % kWord == 0 && size <= kMaxStruct && offset < size && width <= size - offset;
}

bool MakesSense(const Words& words, uint32_t head) {
  const uint64_t size = words[kTaskSize];
  for (const Word word : {kTaskName, kTaskAwaitedBy, kTaskCoro}) {
    if (!Fits(words[word], kWord, size) || words[word] < head + kWord) return false;
  }
  return Fits(words[kTaskNode], 2 * kWord, size) && words[kTaskIsTask] % 4 == 0 &&
         words[kTaskIsTask] >= head + 4 && words[kTaskIsTask] < size &&
         words[kTaskCoro] >= head + 2 * kWord &&
         Fits(words[kInterpreterTasksHead], 2 * kWord, words[kInterpreterSize]) &&
         Fits(words[kThreadTasksHead], 2 * kWord, words[kThreadSize]) &&
         Fits(words[kThreadRunningLoop], kWord, words[kThreadSize]) &&
         Fits(words[kThreadRunningTask], kWord, words[kThreadSize]);
}

}  // namespace

std::optional<AsyncioLayout> FindAsyncioLayout(const Layout& layout) {
  const Row* row = RowOf(layout.last);
  if (row == nullptr || layout.object.size < kHead) return std::nullopt;
  const uint32_t more_head = layout.object.size - kHead;
  // Of a version to come it may have moved, and nothing would tell.
  const bool known = row->minor == layout.last.minor;
  return AsyncioLayout{.task = TaskOf(*row, more_head),
                       .suspension = SuspensionOf(*row, more_head),
                       .callback = CallbackOf(*row, more_head),
                       .context_version = {known ? row->context_version : kNo},
                       .wrapped = {layout.object.size}};
}

std::optional<AsyncioLayout> WithAsyncioDebug(const AsyncioLayout& base, const Layout& layout,
                                              absl::Span<const uint8_t> table) {
  Words words;
  if (base.task.coro.present() || table.size() < sizeof(words)) return std::nullopt;
  std::memcpy(words.data(), table.data(), sizeof(words));
  if (!MakesSense(words, layout.object.size)) return std::nullopt;
  const auto word = [&words](Word index) { return static_cast<uint32_t>(words[index]); };
  AsyncioLayout result = base;
  TaskLayout& task = result.task;
  task.size = word(kTaskSize);
  task.name = {word(kTaskName)};
  task.coro = {word(kTaskCoro)};
  task.node = {word(kTaskNode)};
  // Their neighbours in the struct, which the table leaves out: `fut_state prefix##_state; char
  // prefix##_is_task`, and task_fut_waiter before task_coro.
  task.state = {word(kTaskIsTask) - 4};
  task.fut_waiter = {task.coro.offset - kWord};
  result.lists.interpreter_head = {word(kInterpreterTasksHead)};
  result.lists.thread_head = {word(kThreadTasksHead)};
  result.lists.running_loop = {word(kThreadRunningLoop)};
  result.lists.running_task = {word(kThreadRunningTask)};
  return result;
}

}  // namespace spyhop
