"""This process's own memory, held to a measured layout. Runs on 2.7 and 3.6 to 3.15."""
from __future__ import print_function

import ctypes
import sys

PY2 = sys.version_info[0] == 2
HEX = sys.hexversion
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
