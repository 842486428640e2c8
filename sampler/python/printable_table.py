#!/usr/bin/env python3
"""Prints printable_table.inc: the code points which `repr` of a str escapes.

    sampler/python/printable_table.py > sampler/python/printable_table.inc

As str.isprintable(): control and format characters, surrogates, private use, separators other than the space, and what
is not assigned. From 0x80 on; the target's own Unicode may be older or newer than this one.
"""

import unicodedata


def runs():
    first = None
    for code in range(0x80, 0x110000):
        if not chr(code).isprintable():
            first = code if first is None else first
        elif first is not None:
            yield first, code - 1
            first = None
    if first is not None:
        yield first, 0x10FFFF


print('// Made by printable_table.py from Unicode %s. Do not edit.' % unicodedata.unidata_version)
cells = ['{0x%X, 0x%X},' % run for run in runs()]
print('constexpr Range kNotPrintable[] = {')
for i in range(0, len(cells), 5):
    print('    ' + ' '.join(cells[i:i + 5]))
print('};')
