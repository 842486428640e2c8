"""Holds the measured layouts to the interpreter that runs this script, by reading its own memory.

  PYTHON verify_in_process.py DATA_FOLDER

Runs on 2.7 and 3.6 to 3.15, builds with a GIL. Prints what differs; exit status 1 then.
"""
from __future__ import print_function

import json
import os
import sys

from own_memory import HEX, PY2, Checker
from verify_objects import check_objects
from verify_threads import check_threads


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


def load_opcodes(folder):
    """{name: number} of the measured version nearest to this one."""
    best = None
    for name in os.listdir(os.path.join(folder, 'opcodes')):
        with open(os.path.join(folder, 'opcodes', name)) as file:
            fact = json.load(file)
        if fact['hex'] >> 16 == HEX >> 16 and (best is None or abs(fact['hex'] - HEX) < abs(best['hex'] - HEX)):
            best = fact
    return best['opcodes']


def main():
    fact = load(sys.argv[1])
    if fact is None:
        print('no measured layout for %s %s' % (sys.version.split()[0], flavour()))
        return 1
    check = Checker(fact['layout'])
    check_objects(check, load_opcodes(sys.argv[1]))
    check_threads(check, fact)
    print('%s %s against %s: %d facts checked, %d differ' % (
        sys.version.split()[0], flavour(), fact['version'], check.checked, check.failed))
    return 1 if check.failed else 0


if __name__ == '__main__':
    sys.exit(main())
