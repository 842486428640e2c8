"""Holds local variables of every kind and says what `repr` of each is; `ready`, then `next` for the next frame.

Runs in CPython 2.7 and 3.6 to 3.15: nothing here may be newer syntax.
"""
import collections
import datetime
import json
import os
import sys
import threading
import types

PY2 = sys.version_info[0] == 2
if PY2:
    long_type = long  # noqa: F821
else:
    long_type = int
    from local_values3 import Colour, Number, Pair, Permission, Typed  # noqa: F401


def attributes(thing):
    return ', '.join('%s=%r' % each for each in vars(thing).items())


class Point(object):
    """Says of itself what Spyhop says of an object with attributes."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return 'Point(%s)' % attributes(self)

    def method(self):
        pass


class Slotted(object):
    __slots__ = ('left', 'right', 'unset')

    def __init__(self):
        self.left = 1
        self.right = [2]

    def __repr__(self):
        return 'Slotted(left=1, right=[2])'


class Both(Slotted):
    def __init__(self):
        Slotted.__init__(self)
        self.extra = 'more'

    def __repr__(self):
        return "Both(left=1, right=[2], extra='more')"


class Whole(int):
    """Has the repr of its base."""


class Bare(object):
    pass


class Failure(Exception):
    pass


if PY2:
    class Old:
        pass

Named = collections.namedtuple('Named', 'first second')


def generator():
    yield 1


def say(word, what):
    sys.stdout.write(word + ' ' + json.dumps(what) + '\n')
    sys.stdout.flush()


def reprs(variables):
    return sorted((name, repr(value)) for name, value in variables.items() if name != 'self')


def numbers():
    zero, one, minus, small = 0, 1, -1, 255
    digit, two_digits, three_digits = 2 ** 30 - 1, 2 ** 59 + 7, 2 ** 89 + 12345678901234567890
    negative, huge, power, googol = -2 ** 62, 2 ** 4000 - 1, 2 ** 64, 10 ** 100
    largest, smallest = sys.maxsize, -sys.maxsize - 1
    yes, no, nothing, dots, not_done = True, False, None, Ellipsis, NotImplemented
    long_one = long_type(1)
    tenth, third, whole, minus_zero, big, tiny = 0.1, 1.0 / 3, 3.0, -0.0, 1e16, 1e-5
    edge, below, most, least, subnormal = 123456789012345678.0, 0.0001, 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324
    sum_of_tenths, infinite, minus_infinite, no_number = 0.1 + 0.2, float('inf'), float('-inf'), float('nan')
    million, near = 1e6, 9007199254740993.0
    complex_one, imaginary, complex_minus, complex_odd = 1 + 2j, 1j, -0.5 - 1e20j, complex(float('nan'), float('-inf'))
    complex_zero = complex(-0.0, -0.0)
    of_class = Whole(77)
    pause(reprs(locals()))


def texts():
    empty, plain, single, double, both = '', 'plain', "it's", 'say "x"', 'it\'s "x"'
    escapes, controls, backslash = 'a\tb\nc\rd', '\x00\x01\x1f\x7f', 'back\\slash'
    latin, greek, emoji = u'h\xe4tte', u'\u03b1\u20ac', u'\U0001F600 smile'
    hidden, rare, private, soft = u'\u202e\u200b', u'\u2028\u3000\xa0', u'\ue000', u'\xad\u0378'
    last = u'\U0010ffff'
    if not PY2:
        surrogate = '\ud800x'
    unicode_empty, unicode_quotes = u'', u'it\'s "x" \\ \n'
    data, data_quotes, data_high, data_empty = b'bytes', b'it\'s', b'\x00\xff\t"\'', b''
    array_of_bytes, array_empty, array_quotes = bytearray(b'ab\x00c'), bytearray(), bytearray(b"it's")
    popped = bytearray(b'0123456789')
    del popped[:4]
    long_text = 'x' * 3000
    pause(reprs(locals()))


def containers():
    empty_list, ints, nested = [], [1, 2, 3], [[1, [2, [3]]], ('a', {'b': 4})]
    empty_tuple, single, pair, mixed = (), (1,), (1, 'two'), (None, True, 3.5, b'x', u'y')
    empty_dict, strings, general, deeper = {}, {'a': 1, 'b': [2]}, {1: 'x', (2, 3): None, 'k': {}}, {'a': {'b': {'c': {}}}}
    large = dict((str(i), i) for i in range(500))
    holes = dict((i, i) for i in range(50))
    for i in range(0, 50, 3):
        del holes[i]
    empty_set, numbers_set, thinned = set(), set([3, 1, 2]), set(range(40))
    for i in range(0, 40, 2):
        thinned.discard(i)
    words = set(['a', 'b', u'\xe4'])
    frozen, frozen_empty = frozenset([1, 2]), frozenset()
    cyclic = [1]
    cyclic.append(cyclic)
    cyclic_dict = {'self': None}
    cyclic_dict['self'] = cyclic_dict
    cyclic_tuple = ([],)
    cyclic_tuple[0].append(cyclic_tuple)
    queue, bounded, empty_queue = collections.deque(range(150)), collections.deque('abc', 3), collections.deque()
    rotated = collections.deque(range(10), 200)
    rotated.rotate(77)
    counts = collections.defaultdict(int)
    counts['a'] += 1
    default_none = collections.defaultdict(None, {1: 2})
    if not PY2:
        ordered = collections.OrderedDict([('z', 1), ('a', 2)])
        ordered_empty = collections.OrderedDict()
    steps, some, all_steps = slice(None), slice(1, 2), slice('a', None, -1)
    if PY2:
        up, from_to, by = xrange(10), xrange(2, 10), xrange(1, 10, 4)  # noqa: F821
    else:
        up, from_to, by, down = range(10), range(2, 10), range(1, 10, 4), range(10, 0, -1)
    shared = vars(Point(1, 2))
    thousand = list(range(1000))
    pause(reprs(locals()))


def objects():
    point, of_slots, of_both, named = Point(1, 'two'), Slotted(), Both(), Named(1, second=[2])
    points = [Point(0, 0), Point(Point(1, 1), ())]
    changed = Point(1, 2)
    changed.__dict__  # makes a dict of what was inline
    bare, thing = Bare(), object()
    function, built_in, bound_builtin, method = say, len, [].append, point.method
    function_of_class = Point.__init__
    generating, code = generator(), generator.__code__
    class_itself, built_in_class, module_class, error_class = Point, int, collections.deque, ValueError
    error, error_two, error_none, own_error = ValueError('bad'), KeyError('a', 1), TypeError(), Failure('x', 2)
    os_error = OSError(2, 'No such file')
    module, own_module, builtin_module = json, sys.modules['__main__'], sys
    made_module = types.ModuleType('made')
    type_itself = type
    lambda_function = lambda: None  # noqa: E731
    if not PY2:
        colour, permission, number, two = Colour.RED, Permission.READ, Number.TWO, [Colour.RED, Colour.GREEN]
        colour_class = Colour
        pair, typed = Pair(1, [2]), Typed(name='n', size=3)
    lock_class = threading.Thread
    pause(reprs(locals()))


def arguments(positional, default=5, *rest, **named):
    """Cells, too: one of an argument, one that is not set, one from outside."""
    inside = [positional]
    if positional is None:
        never = 1  # noqa: F841

    def inner(own=3):
        other = positional, inside
        pause(reprs(dict(own=own, other=other, positional=positional, inside=inside)))
        return other, default
    positional = 'changed'
    inner()
    pause(sorted([('positional', repr(positional)), ('default', repr(default)), ('rest', repr(rest)),
                  ('named', repr(named)), ('inside', repr(inside)), ('inner', repr(inner))]))


def secrets():
    password, api_key, plain = 'hunter2', {'deep': 'hunter2'}, 'shown'
    request = {'Authorization': 'hunter2', u'user': 'me', 'nested': [{'x_token': 'hunter2'}]}
    headers = [('Set-Cookie', 'hunter2'), ('Host', 'here')]
    holder = Bare()
    holder.db_password = 'hunter2'
    holder.name = 'me'
    credentials = Named('hunter2', 'hunter2')
    pause({})


def class_body():
    outside = 'seen'

    class Body(object):
        """Its locals are a dict."""
        attribute = [1, 2]
        other = outside
        pause({'attribute': repr(attribute), 'other': repr(other)})
    return Body


def hostile():
    """Objects that are not what they say, made by writing into them."""
    import ctypes
    import gc
    gc.disable()  # which would stumble over them

    def word(address, index, value, keep=[]):
        place = ctypes.c_ssize_t.from_address(address + 8 * index)
        keep.append((place, place.value))
        place.value = value
    head = (object.__basicsize__ - 16) // 8  # words more than ob_refcnt and ob_type
    holes = [1, 2, 3]
    items = ctypes.c_ssize_t.from_address(id(holes) + 8 * (3 + head)).value
    ctypes.c_ssize_t.from_address(items + 8).value = 0
    endless, negative, wild = [1, 2], [3], [4]
    word(id(endless), 2 + head, 2 ** 39)
    word(id(negative), 2 + head, -5)
    word(id(wild), 3 + head, 0x123456789abc)
    no_type, odd_type, self_type = [5], [6], [7]
    word(id(no_type), 1 + head, 0)
    word(id(odd_type), 1 + head, 0x4141414141414141)
    word(id(self_type), 1 + head, id(self_type))
    lying_text = 'some text'
    word(id(lying_text), 2 + head, 2 ** 38)
    gigabyte = bytearray(1 << 30)
    large = [None] * 5000000
    deep = []
    for _ in range(100000):
        deep = [deep]
    wide = [[[[1] * 50] * 50] * 50] * 50
    cyclic = []
    for _ in range(50):
        cyclic.append(cyclic)
    slices = slice(1)
    word(id(slices), 2 + head, id(slices))
    word(id(slices), 3 + head, id(slices))
    pause({})
    os._exit(0)


def churn(rounds):
    """Runs all the time: `steady` stays, `moving` does not."""
    steady = {'kept': [1, 2, 3]}
    moving = 0
    say('ready', {})
    while True:
        moving = moving + 1000003
        text = str(moving) * 3
        rounds = [text, text]
    return steady


def pause(values):
    say('ready' if not pause.said else 'next', values)
    pause.said = True
    sys.stdin.readline()


pause.said = False


def main():
    for name in sys.argv[1:]:
        if name == 'arguments':
            arguments(0, 6, 7, 8, key='word')
        elif name == 'churn':
            churn(0)
        else:
            globals()[name]()


if __name__ == '__main__':
    main()
