#!/usr/bin/env python3
"""Prints display_width_table.inc: the code points a terminal shows with no or with two columns.

    report/display_width_table.py > report/display_width_table.inc

Zero: combining marks (Mn, Me), format characters (Cf) but the soft hyphen, Hangul vowels and finals,
which join the consonant before them. Two: East Asian Width W or F. Runs are joined across code points
that are not assigned.
"""

import unicodedata


def is_zero(code):
    return (unicodedata.category(chr(code)) in ('Mn', 'Me', 'Cf') and code != 0xAD
            or 0x1160 <= code <= 0x11FF)


def is_wide(code):
    assigned = unicodedata.category(chr(code)) != 'Cn'
    return assigned and unicodedata.east_asian_width(chr(code)) in 'WF' and not is_zero(code)


def runs(wanted):
    first = last = None
    for code in range(0x300, 0xE0200):
        if wanted(code):
            first, last = (code if first is None else first), code
        elif first is not None and unicodedata.category(chr(code)) != 'Cn':
            yield first, last
            first = None


def table(name, wanted):
    cells = ['{0x%X, 0x%X},' % run for run in runs(wanted)]
    rows = [' '.join(cells[i:i + 5]) for i in range(0, len(cells), 5)]
    print('constexpr Range %s[] = {' % name)
    print('\n'.join('    ' + row for row in rows))
    print('};')


print('// Made by display_width_table.py from Unicode %s. Do not edit.' % unicodedata.unidata_version)
table('kZeroWidth', is_zero)
table('kWide', is_wide)
