"""Holds the layouts of objects (code, str, dict, instances, types) and the opcodes to the interpreter that runs this."""
import collections
import ctypes
import dis
import re
import sys

from own_memory import HEX, MEMORY, PY2, WORD


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


def check_opcodes(check, numbers):
    """The numbers against dis's (3.11+: with the specialised instructions), and against bytecode that runs."""
    known = getattr(dis, '_all_opmap', dis.opmap)
    own = dict((name, number) for name, number in known.items() if number < 256)
    # dis leaves these out: slots, and 2.7's SLICE+0 which C cannot name.
    unnamed = ('CACHE', 'STOP_CODE', 'DO_TRACING')
    for name, number in numbers.items():
        wanted = own.get(name, own.get(re.sub(r'^((?:STORE_|DELETE_)?SLICE)(?:_(\d))?$', slice_name, name)))
        if wanted is not None or name not in unnamed:
            check.equal(name, number, wanted)
    names = set(numbers.values())
    check.equal('instructions without a number', sorted(n for n in own if own[n] not in names), [])
    if not hasattr(check_opcodes.__code__, '_co_code_adaptive'):
        return

    def warm(values):
        return [len(values) for _ in range(100)]
    warm([])
    code = [c for c in warm.__code__.co_consts if hasattr(c, 'co_code')] or [warm.__code__]
    adaptive = code[0]._co_code_adaptive
    family = [n for n in numbers if n.endswith('CALL_LEN') or n.endswith('NO_KW_LEN')]
    check.equal('a warm call of len', numbers[family[0]] in bytearray(adaptive)[::2], True)


def slice_name(found):
    return '%s+%s' % (found.group(1), found.group(2) or 0)


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
    check.field(id(Plain), 'type.tp_itemsize', Plain.__itemsize__)
    check.field(id(Plain), 'type.tp_base', id(object))
    check.equal('type.tp_repr', check.read(id(Plain), 'type.tp_repr'), check.read(id(object), 'type.tp_repr'))
    check.equal('type.tp_dict', check.read(id(Plain), 'type.tp_dict') != 0, True)
    if not PY2:
        check.field(id(Plain), 'type.ht_qualname', id(Plain.__qualname__))


def check_variables(check):
    """What local variables need: names, frames (where Python can show one's address), cells, slots."""
    def outer(argument):
        kept = object()

        def inner():
            return kept
        return inner, id(kept), argument
    inner, kept, _ = outer(1)
    code = outer.__code__
    if check.has('code.varnames'):
        check.field(id(code), 'code.varnames', id(code.co_varnames))
        check.field(id(code), 'code.cellvars', id(code.co_cellvars))
        check.field(id(inner.__code__), 'code.freevars', id(inner.__code__.co_freevars))
    else:
        names = check.read(id(code), 'code.localsplusnames')
        check.equal('code.localsplusnames', MEMORY.number(names + check.at('sequence.tuple_ob_item'), WORD),
                    id(code.co_varnames[0]))
        kinds = check.read(id(code), 'code.localspluskinds')
        check.equal('code.localspluskinds', MEMORY.number(kinds + check.at('bytes.ob_sval'), 1) & 0x20, 0x20)
    check.field(id(inner.__closure__[0]), 'simple.cell_ref', kept)
    if check.has('frame_object.f_localsplus'):
        frame = sys._getframe()
        check.field(id(frame), 'frame_object.f_globals', id(frame.f_globals))
        check.field(id(frame), 'frame_object.f_localsplus', id(check))

    class Slotted(object):
        __slots__ = ('first', 'second')
    thing = Slotted()
    thing.second = wanted = object()
    member = check.read(id(Slotted), 'type.tp_members') + check.at('member.size')
    check.equal('member.name', ctypes.string_at(check.read(member, 'member.name')), b'second')
    check.field(member, 'member.kind', 16, 4)
    check.equal('member.offset', MEMORY.number(id(thing) + check.read(member, 'member.offset'), WORD), id(wanted))


def check_simple(check):
    check.field(id(2.0), 'simple.real', 0x4000000000000000)
    check.field(id(1 + 2j), 'simple.imag', 0x4000000000000000)
    parts = [object() for _ in range(3)]
    cut = slice(*parts)
    for name, part in zip(('start', 'stop', 'step'), parts):
        check.field(id(cut), 'simple.' + name, id(part))
    error = ValueError(1)
    check.equal('simple.args', check.read(id(error), 'simple.args') != 0, True)
    data = bytearray(b'first')
    check.equal('simple.bytearray', MEMORY.bytes(check.read(id(data), 'simple.bytearray'), 5), b'first')
    few = set([7])
    check.field(id(few), 'set.fill', 1)
    check.field(id(few), 'set.used', 1)
    table, mask = check.read(id(few), 'set.table'), check.read(id(few), 'set.mask')
    keys = [MEMORY.number(table + i * check.at('set.entry_size') + check.at('set.entry_key'), WORD)
            for i in range(mask + 1)]
    check.equal('set.table', sorted(set(keys)), [0, id(7)])
    numbers = xrange(3, 9, 2) if PY2 else range(1000, 9000, 2000)  # noqa: F821
    if PY2:
        check.field(id(numbers), 'range.start', 3)
        check.field(id(numbers), 'range.step', 2)
        check.field(id(numbers), 'range.length', 3)
    else:
        for name in ('start', 'stop', 'step'):
            check.field(id(numbers), 'range.' + name, id(getattr(numbers, name)))
    items = [object() for _ in range(3)]
    queue = collections.deque(items, 5)
    check.field(id(queue), 'deque.length', 3)
    check.field(id(queue), 'deque.maxlen', 5)
    block, first = check.read(id(queue), 'deque.leftblock'), check.read(id(queue), 'deque.leftindex')
    check.equal('deque.block_data', MEMORY.number(block + check.at('deque.block_data') + first * WORD, WORD), id(items[0]))


def check_callables(check):
    method = check.field
    check.field(id(method), 'callable.im_func', id(method.__func__))
    check.field(id(method), 'callable.im_self', id(check))
    check.field(id(check_callables), 'callable.name', id(check_callables.__name__))
    pop = [].pop
    check.field(id(pop), 'callable.m_self', id(pop.__self__))
    text = MEMORY.number(check.read(id(pop), 'callable.m_ml'), WORD)
    check.equal('callable.m_ml', ctypes.string_at(text), b'pop')


def check_objects(check, opcodes):
    for part in (check_code, check_strings, check_containers, check_dicts, check_instances, check_types, check_variables,
                 check_simple, check_callables):
        part(check)
    check_opcodes(check, opcodes)
