"""Holds the layouts of the runtime, thread states, frames and the GIL to the interpreter that runs this."""
import ctypes
import gc
import sys
import threading
import time

from own_memory import HEX, PY2


def api(name, *arguments):
    function = getattr(ctypes.pythonapi, name)
    function.restype = ctypes.c_void_p
    return function(*arguments)


def owned_by_python(fact, owner):
    return owner in [fact['owners'][n] for n in ('thread', 'generator', 'frame_object')]


def interpreter_frames(check, fact, thread):
    """(code, byte offset in it) of each frame, youngest first; shims left out."""
    mask = fact['code_tag_mask']
    if check.has('thread.current_frame'):
        frame = check.read(thread, 'thread.current_frame')
    else:
        frame = check.read(check.read(thread, 'thread.cframe'), 'cframe.current_frame')
    frames = []
    while frame and len(frames) < 100:
        if owned_by_python(fact, check.read(frame, 'iframe.owner', 1)):
            code = check.read(frame, 'iframe.code') & ~mask
            start = code + check.at('code.code_adaptive')
            frames.append((code, check.read(frame, 'iframe.instr_ptr') - start))
        frame = check.read(frame, 'iframe.previous')
    return frames


def classic_frames(check, thread):
    unit = 2 if HEX >= 0x030A0000 else 1
    frames = []
    frame = check.read(thread, 'thread.frame')
    while frame and len(frames) < 100:
        lasti = check.read(frame, 'frame_object.f_lasti', 4)
        frames.append((check.read(frame, 'frame_object.f_code'), lasti * unit))
        if HEX < 0x030A0000:  # Since then it is 0 unless traced.
            code = check.read(frame, 'frame_object.f_code')
            check.field(frame, 'frame_object.f_lineno', check.read(code, 'code.firstlineno', 4), 4)
        frame = check.read(frame, 'frame_object.f_back')
    return frames


def check_data_stack(check, thread):
    chunk = check.read(thread, 'thread.datastack_chunk')
    check.equal('chunk.previous of the first', check.read(chunk, 'chunk.previous'), 0)
    size = check.read(chunk, 'chunk.allocated')
    check.equal('chunk.allocated', size, 16384)
    check.field(thread, 'thread.datastack_limit', chunk + size)
    top = check.read(thread, 'thread.datastack_top')
    check.equal('thread.datastack_top', chunk + check.at('chunk.data') < top <= chunk + size, True)


def check_generator(check, fact):
    values = (item for item in [1, 2])
    next(values)
    inside = id(values) + check.at('generator.gi_iframe')
    check.equal('generator.gi_iframe', check.read(inside, 'iframe.code') & ~fact['code_tag_mask'],
                id(values.gi_code))
    check.field(inside, 'iframe.owner', fact['owners']['generator'], 1)
    first_local = check.read(inside, 'iframe.localsplus') & ~fact['code_tag_mask']
    check.equal('iframe.localsplus', first_local, id(values.gi_frame.f_locals['.0']))


def check_own_thread(check, thread, interpreter):
    check.field(thread, 'thread.interp', interpreter)
    get_ident = threading._get_ident if PY2 else threading.get_ident
    check.field(thread, 'thread.thread_id', get_ident())
    if hasattr(threading, 'get_native_id'):
        check.field(thread, 'thread.native_thread_id', threading.get_native_id())
    check.field(thread, 'thread.holds_gil', 1, 4)


def blocked(ready, done):
    """A thread's function with a few frames, one of them a generator's."""
    def wait():
        ready.set()
        yield done.wait()
    return list(wait())


def check_other_thread(check, fact, interpreter):
    """The list of threads, and the stack of one that stands still."""
    ready, done = threading.Event(), threading.Event()
    other = threading.Thread(target=blocked, args=(ready, done))
    other.start()
    ready.wait()
    time.sleep(0.2)  # Until it is in done.wait(); nothing else tells.
    states = {}
    state = check.read(interpreter, 'interpreter.threads_head')
    while state and len(states) < 10:
        states[check.read(state, 'thread.thread_id')] = state
        state = check.read(state, 'thread.next')
    check.equal('threads listed', sorted(states), sorted(sys._current_frames()))
    thread = states[other.ident]
    wanted = []
    frame = sys._current_frames()[other.ident]
    while frame:
        wanted.append((id(frame.f_code), frame.f_lasti))
        frame = frame.f_back
    if check.has('thread.frame'):
        check.equal('frames', classic_frames(check, thread), wanted)
    else:
        check.equal('frames', interpreter_frames(check, fact, thread), wanted)
        check_data_stack(check, thread)
        check_generator(check, fact)
    done.set()
    other.join()


def check_interpreter(check, interpreter, runtime):
    import builtins as module  # 2.7: __builtin__
    check.field(interpreter, 'interpreter.modules', id(sys.modules))
    check.field(interpreter, 'interpreter.sysdict', id(sys.__dict__))
    check.field(interpreter, 'interpreter.builtins', id(module.__dict__))
    check.field(interpreter, 'interpreter.next', 0)
    check.field(interpreter, 'interpreter.id', 0)
    base, name = (runtime, 'runtime.gc_collecting') if check.has('runtime.gc_collecting') else (
        interpreter, 'interpreter.gc_collecting')
    if not check.has(name) or sys.version_info[0] == 2:
        return
    seen = []
    gc.callbacks.append(lambda phase, info: seen.append(check.read(base, name, 4)))
    gc.collect()
    gc.callbacks.pop()
    check.equal(name + ' during a collection', seen[0], 1)
    check.field(base, name, 0, 4)


def check_gil(check, thread, interpreter, runtime):
    if check.has('runtime.gil'):
        gil = runtime + check.at('runtime.gil')
        check.field(runtime, 'runtime.tstate_current', thread)
    else:
        gil = check.read(interpreter, 'interpreter.gil')
    check.field(gil, 'gil.locked', 1, 4)
    check.field(gil, 'gil.last_holder', thread)
    before = check.read(gil, 'gil.switch_number')
    helper = threading.Thread(target=lambda: None)
    helper.start()
    helper.join()
    after = check.read(gil, 'gil.switch_number')
    check.equal('gil.switch_number', before < after < before + 1000, True)


def check_runtime(check, interpreter):
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, '_PyRuntime'))
    check.field(runtime, 'runtime.interpreters_head', interpreter)
    if check.has('runtime.autotss_key'):
        check.equal('runtime.autotss_key', check.read(runtime, 'runtime.autotss_key', 4), 1)
    return runtime


def check_threads(check, fact):
    thread = api('PyThreadState_Get')
    interpreter = api('PyInterpreterState_Head')
    if PY2:
        sys.modules['builtins'] = sys.modules['__builtin__']
    runtime = check_runtime(check, interpreter) if HEX >= 0x03070000 else None
    check_own_thread(check, thread, interpreter)
    check_other_thread(check, fact, interpreter)
    check_interpreter(check, interpreter, runtime)
    if runtime:
        check_gil(check, thread, interpreter, runtime)
