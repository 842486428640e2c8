"""Holds the measured layouts to the interpreter that runs this script, by reading its own memory.

  PYTHON verify_in_process.py DATA_FOLDER

Runs on 2.7 and 3.6 to 3.15, builds with a GIL. Prints what differs; exit status 1 then.
"""
from __future__ import print_function

import ctypes
import gc
import json
import os
import sys
import threading
import time

PY2 = sys.version_info[0] == 2
HEX = sys.hexversion
TEXT = type(u'')
WORD = 8


class Memory(object):
    def number(self, address, width):
        return int.from_bytes(self.bytes(address, width), 'little')

    def bytes(self, address, count):
        return ctypes.string_at(address, count)


if PY2:
    def _number(self, address, width):
        return int(ctypes.string_at(address, width)[::-1].encode('hex'), 16)
    Memory.number = _number
MEMORY = Memory()


class Checker(object):
    def __init__(self, layout):
        self.layout = layout
        self.checked = 0
        self.failed = 0

    def has(self, name):
        group, member = name.split('.')
        return member in self.layout.get(group, {})

    def at(self, name):
        group, member = name.split('.')
        return self.layout[group][member]

    def read(self, base, name, width=WORD):
        return MEMORY.number(base + self.at(name), width)

    def equal(self, name, found, wanted):
        self.checked += 1
        if found != wanted:
            self.failed += 1
            print('%s: found %r, should be %r' % (name, found, wanted))

    def field(self, base, name, wanted, width=WORD):
        if self.has(name):
            self.equal(name, self.read(base, name, width), wanted)


def flavour():
    debug = hasattr(sys, 'gettotalrefcount')
    ucs2 = PY2 and sys.maxunicode == 0xFFFF
    name = '-'.join(part for part, on in (('ucs2', ucs2), ('debug', debug)) if on)
    return name or 'release'


def load(folder):
    """The measured build nearest to this interpreter."""
    best = None
    for name in os.listdir(folder):
        if not name.endswith('-%s.json' % flavour()):
            continue
        with open(os.path.join(folder, name)) as file:
            fact = json.load(file)
        if fact['flavour'] == flavour() and fact['hex'] >> 16 == HEX >> 16:
            if best is None or abs(fact['hex'] - HEX) < abs(best['hex'] - HEX):
                best = fact
    return best


def api(name, *arguments):
    function = getattr(ctypes.pythonapi, name)
    function.restype = ctypes.c_void_p
    return function(*arguments)


def check_code(check):
    def sample(first, second=3):
        return first + second
    code = sample.__code__
    base = id(code)
    for name, wanted in (('filename', code.co_filename), ('name', code.co_name),
                         ('qualname', getattr(code, 'co_qualname', None))):
        check.field(base, 'code.' + name, id(wanted))
    check.field(base, 'code.argcount', 2, 4)
    check.field(base, 'code.kwonlyargcount', 0, 4)
    check.field(base, 'code.flags', code.co_flags, 4)
    check.field(base, 'code.firstlineno', code.co_firstlineno, 4)
    table = code.co_linetable if hasattr(code, 'co_linetable') else code.co_lnotab
    check.field(base, 'code.linetable', id(table))
    if check.has('code.code'):
        check.field(base, 'code.code', id(code.co_code))
    else:
        adaptive = code._co_code_adaptive
        found = MEMORY.bytes(base + check.at('code.code_adaptive'), len(adaptive))
        check.equal('code.code_adaptive', found, adaptive)


def check_strings(check):
    data = b'some bytes'
    check.field(id(data), 'bytes.ob_size', len(data))
    check.equal('bytes.ob_sval', MEMORY.bytes(id(data) + check.at('bytes.ob_sval'), 4), b'some')
    text = u'h\u00e4\u20ac'
    check.field(id(text), 'unicode.length', 3)
    if PY2:
        unit = check.at('unicode.unit_size')
        units = check.read(id(text), 'unicode.data')
        check.equal('unicode.data', MEMORY.number(units + unit, unit), 0xE4)
        return
    for text, kind, ascii_only in ((u'plain', 1, 1), (u'h\u00e4', 1, 0), (u'\u20ac', 2, 0),
                                   (u'\U0001F600', 4, 0)):
        state = check.read(id(text), 'unicode.state', 4)
        check.equal('unicode.kind_shift', state >> check.at('unicode.kind_shift') & 7, kind)
        check.equal('unicode.ascii_shift', state >> check.at('unicode.ascii_shift') & 1, ascii_only)
        check.equal('unicode.compact_shift', state >> check.at('unicode.compact_shift') & 1, 1)
        start = check.at('unicode.ascii_size' if ascii_only else 'unicode.compact_size')
        check.equal('unicode units', MEMORY.number(id(text) + start, kind), ord(text[0]))


def check_containers(check):
    items = [object(), object()]
    pair = tuple(items)
    check.equal('sequence.list_ob_item',
                MEMORY.number(check.read(id(items), 'sequence.list_ob_item'), WORD), id(items[0]))
    check.equal('sequence.tuple_ob_item',
                MEMORY.number(id(pair) + check.at('sequence.tuple_ob_item') + WORD, WORD), id(items[1]))
    check.field(id(pair), 'object.ob_size', 2)
    check.field(id(pair), 'object.ob_type', id(tuple))
    number = 5
    if check.has('integer.lv_tag'):
        digits = check.read(id(number), 'integer.lv_tag') >> 3  # below: sign; 3.14+: immortal
        check.equal('integer.lv_tag', digits, 1)
    elif not PY2:
        check.field(id(number), 'integer.ob_size', 1)
    if PY2:
        check.field(id(number), 'integer.ival', 5)
        number = 5 + (1 << 80) - (1 << 80)  # a long
        check.field(id(number), 'integer.ob_size', 1)
    check.field(id(number), 'integer.ob_digit', 5, 4)
    check.field(id(sys), 'module.md_dict', id(sys.__dict__))


def dict_entries(check, keys):
    """(address of the first entry, words an entry) of a PyDictKeysObject."""
    if check.has('dict.dk_size'):
        size = check.read(keys, 'dict.dk_size')
        width = 1 if size <= 0xFF else 2
        return keys + check.at('dict.dk_indices') + size * width, 3
    index_bytes = 1 << check.read(keys, 'dict.dk_log2_index_bytes', 1)
    kind = check.read(keys, 'dict.dk_kind', 1)
    return keys + check.at('dict.dk_indices') + index_bytes, 3 if kind == 0 else 2


def check_dicts(check):
    for sample in ({'first': object(), 'second': object()}, {1: object(), 2: object()}):
        if PY2:
            mask = check.read(id(sample), 'dict.ma_mask')
            table = check.read(id(sample), 'dict.ma_table')
            found = dict((MEMORY.number(table + 24 * i + 8, WORD), MEMORY.number(table + 24 * i + 16, WORD))
                         for i in range(mask + 1))
            found.pop(0, None)
        else:
            keys = check.read(id(sample), 'dict.ma_keys')
            check.field(keys, 'dict.dk_nentries', 2)
            check.field(id(sample), 'dict.ma_values', 0)
            first, words = dict_entries(check, keys)
            found = {}
            for i in range(2):
                entry = first + i * words * WORD + (words - 2) * WORD
                found[MEMORY.number(entry, WORD)] = MEMORY.number(entry + WORD, WORD)
        check.equal('dict entries', found, dict((id(k), id(v)) for k, v in sample.items()))


class Plain(object):
    def __init__(self):
        self.alpha = object()
        self.beta = object()


def check_instances(check):
    """Where an instance keeps its attributes, by InstanceDictModel (features.h)."""
    instance = Plain()
    wanted = id(instance.beta)
    base = id(instance)
    if HEX < 0x030B0000:
        offset = check.read(id(Plain), 'type.tp_dictoffset')
        check.equal('instance dict', MEMORY.number(base + offset, WORD), id(instance.__dict__))
        return
    if HEX < 0x030C0000:
        values = MEMORY.number(base - 4 * WORD, WORD)
    elif HEX < 0x030D0000:
        values = MEMORY.number(base - 3 * WORD, WORD) + 1
        check.equal('tag of values', values & 1, 0)
    else:
        values = base + check.read(id(Plain), 'type.tp_basicsize')
    values += check.at('dict.values')
    check.equal('inline value', MEMORY.number(values + WORD, WORD), wanted)
    shared = check.read(id(Plain), 'type.ht_cached_keys')
    first, words = dict_entries(check, shared)
    check.equal('shared key', MEMORY.number(first + words * WORD + (words - 2) * WORD, WORD),
                id(sys.intern('beta')))
    attributes = instance.__dict__
    check.equal('managed dict', MEMORY.number(base - 3 * WORD, WORD), id(attributes))


def check_types(check):
    name = check.read(id(Plain), 'type.tp_name')
    check.equal('type.tp_name', ctypes.string_at(name), b'Plain')
    check.field(id(Plain), 'type.tp_basicsize', Plain.__basicsize__)
    check.field(id(Plain), 'type.tp_flags', Plain.__flags__)
    check.field(id(Plain), 'type.tp_dictoffset', Plain.__dictoffset__ & (2 ** 64 - 1))


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


def main():
    fact = load(sys.argv[1])
    if fact is None:
        print('no measured layout for %s %s' % (sys.version.split()[0], flavour()))
        return 1
    check = Checker(fact['layout'])
    thread = api('PyThreadState_Get')
    interpreter = api('PyInterpreterState_Head')
    if PY2:
        sys.modules['builtins'] = sys.modules['__builtin__']
    runtime = check_runtime(check, interpreter) if HEX >= 0x03070000 else None
    for part in (check_code, check_strings, check_containers, check_dicts, check_instances, check_types):
        part(check)
    check_own_thread(check, thread, interpreter)
    check_other_thread(check, fact, interpreter)
    check_interpreter(check, interpreter, runtime)
    if runtime:
        check_gil(check, thread, interpreter, runtime)
    print('%s %s against %s: %d facts checked, %d differ' % (
        sys.version.split()[0], flavour(), fact['version'], check.checked, check.failed))
    return 1 if check.failed else 0


if __name__ == '__main__':
    sys.exit(main())
