"""Scenarios of one thread that works: Python lines, the same work through calls, C functions, kernel work."""
import hashlib
import mmap
import os
import re
import threading
import zlib

import truth_meter
from truth_meter import STOP, Meter, sized

try:
    import numpy
except ImportError:
    numpy = None


def rounds(say_ready, one_round):
    """Does one round after another until told to stop, and says ready after the first."""
    one_round()
    say_ready()
    while not STOP.is_set():
        one_round()


def lines(say_ready):
    """Loops of 1, 2, 3 and 4 parts; generators; the same loop in line, in a helper, and as many small calls."""
    meter = Meter()
    ten, twenty, thirty, forty = [range(6000 * part) for part in (1, 2, 3, 4)]
    more = range(12000)

    def one_round():
        x = 1
        meter.begin()
        for i in ten: x = (x * 3 + i) & 0xff        # truth: one python  # noqa: E701
        meter.end('one')
        meter.begin()
        for i in twenty: x = (x * 3 + i) & 0xff     # truth: two python  # noqa: E701
        meter.end('two')
        meter.begin()
        for i in thirty: x = (x * 3 + i) & 0xff     # truth: three python  # noqa: E701
        meter.end('three')
        meter.begin()
        for i in forty: x = (x * 3 + i) & 0xff      # truth: four python  # noqa: E701
        meter.end('four')
        meter.begin()
        for i in more:                              # truth: inlined python
            x = (x * 3 + i) & 0xff                  # truth: inlined python
        meter.end('inlined')
        meter.begin()
        in_helper(more, x)                          # truth: helper python total
        meter.end('helper')
        meter.begin()
        for i in more:                              # truth: calls python total
            x = small_step(x, i)                    # truth: calls python total
        meter.end('calls')
        meter.begin()
        descend(10, more)                           # truth: deep python total
        meter.end('deep')
        for _ in produced(meter, more):
            meter.begin()
            for i in more: x = (x * 3 + i) & 0xff   # truth: consumer python  # noqa: E701
            meter.end('consumer')
        meter.begin()
        attributes(STEPS, more)                     # truth: attributes python total
        meter.end('attributes')
    rounds(say_ready, one_round)


def in_helper(numbers, x):
    for i in numbers:                               # truth: in_helper python self of=helper
        x = (x * 3 + i) & 0xff                      # truth: in_helper python self of=helper
    return x


def small_step(x, i):
    return (x * 3 + i) & 0xff


def descend(depth, numbers):
    if depth:
        return descend(depth - 1, numbers)
    x = 1
    for i in numbers: x = (x * 3 + i) & 0xff        # truth: in_descend python self of=deep  # noqa: E701
    return x


def produced(meter, numbers):
    x = 1
    for _ in range(3):
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: producer python  # noqa: E701
        meter.end('producer')
        yield x


class Steps(object):
    """Work that the interpreter does for Python lines: attribute look-ups, items, allocation."""

    def __init__(self):
        self.x, self.table = 1, {'a': 1, 'b': 2}


STEPS = Steps()


def attributes(steps, numbers):
    for i in numbers:                               # truth: in_attributes python self of=attributes
        steps.x = steps.table['a'] + i * 1.5        # truth: in_attributes python self of=attributes


def held(say_ready):
    """C functions that keep the GIL, 1 to 300 ms a call."""
    meter = Meter()
    numbers = [(i * 7919) % 100003 for i in range(60000)]
    prime = (1 << 2203) - 1
    backtracking = re.compile('(a|aa)+$')
    hopeless = 'a' * 23 + 'b'
    table, octets = bytes(bytearray(range(256))), b'spyhop' * 300000
    long_power, sum_range = power_exponent(prime, 0.3), range(200000)
    short = [b'x' * 500] * 8000

    def one_round():
        for _ in range(16):
            meter.begin()
            sorted(numbers)                         # truth: sorted native
            meter.end('sorted')
            meter.begin()
            backtracking.match(hopeless)            # truth: regex native
            meter.end('regex')
            meter.begin()
            sum(sum_range)                          # truth: sum native
            meter.end('sum')
            meter.begin()
            octets.translate(table)                 # truth: translate native
            meter.end('translate')
            meter.begin()
            list(map(hashlib.sha1, short))          # truth: small-hashes native
            meter.end('small-hashes')
        meter.begin()
        pow(3, long_power, prime)                   # truth: pow native
        meter.end('pow')
    rounds(say_ready, one_round)


def power_exponent(prime, seconds):
    """An exponent that makes pow() last so long."""
    bits = 64 * sized(lambda: pow(3, 1 << 64, prime), seconds)
    return 1 << bits


def released(say_ready):
    """C functions that let go of the GIL, 1 to 300 ms a call."""
    meter = Meter()
    block = os.urandom(1 << 18)
    block = block * sized(lambda: hashlib.sha256(block), 0.02)
    long_block = block * 15
    text = b'the quick brown fox jumps over the lazy dog ' * 200
    text = text * sized(lambda: zlib.compress(text), 0.03)
    matrix = numpy.ones((300, 300)) if numpy else None

    def one_round():
        for _ in range(4):
            meter.begin()
            hashlib.sha256(block)                   # truth: sha256 native
            meter.end('sha256')
            meter.begin()
            zlib.compress(text)                     # truth: zlib native
            meter.end('zlib')
            meter.begin()
            zlib.crc32(block)                       # truth: crc32 native
            meter.end('crc32')
            if numpy:
                meter.begin()
                numpy.dot(matrix, matrix)           # truth: numpy native total
                meter.end('numpy')
        meter.begin()
        hashlib.sha256(long_block)                  # truth: long-sha256 native
        meter.end('long-sha256')
    rounds(say_ready, one_round)


class Turns(object):
    """Threads that work one at a time, each for one piece: the kernel's figures for user and system are one a thread."""

    def __init__(self, works):
        self.works = works
        self.locks = [threading.Lock() for _ in works]
        for lock in self.locks:
            lock.acquire()

    def run(self, index):
        meter = Meter(with_system=True)
        label, work = self.works[index]
        mine, following = self.locks[index], self.locks[(index + 1) % len(self.locks)]
        amount = sized(work, 0.004)
        meter.begin()
        while not STOP.is_set():                    # truth: turn wait+gil
            # Whoever has released it may lose its CPU before it waits itself, and has the GIL then.
            mine.acquire()                          # truth: turn wait+gil
            meter.end('turn')
            meter.begin()
            for _ in range(amount): work()          # truth: * kernel-split total  # noqa: E701
            meter.end(label)
            # All readings are taken before the next one runs, perhaps on this CPU.
            meter.begin()
            following.release()                     # truth: turn wait+gil
        following.release()


def kernel(say_ready):
    """Work that the kernel does: random bytes, zeroes, page faults, cheap calls; and Python, where it does nothing."""
    zero, random = [os.open(path, os.O_RDONLY) for path in ('/dev/zero', '/dev/urandom')]
    x = [1]

    def python():
        for i in range(2000):
            x[0] = (x[0] * 3 + i) & 0xff

    def faults():
        memory = mmap.mmap(-1, 128 * mmap.PAGESIZE)
        for offset in range(0, 128 * mmap.PAGESIZE, mmap.PAGESIZE):
            memory[offset:offset + 1] = b'x'
        memory.close()

    def cheap():
        getppid = os.getppid
        for _ in range(500):
            getppid()

    turns = Turns([('urandom', lambda: os.read(random, 1 << 17)), ('zero', lambda: os.read(zero, 1 << 17)),
                   ('faults', faults), ('getppid', cheap), ('python', python)])
    workers = [threading.Thread(target=turns.run, args=(index,)) for index in range(len(turns.works))]
    for worker in workers:
        worker.start()
    turns.locks[0].release()
    say_ready()
    for worker in workers:
        worker.join()


SCENARIOS = {'lines': lines, 'held': held, 'released': released, 'kernel': kernel}
