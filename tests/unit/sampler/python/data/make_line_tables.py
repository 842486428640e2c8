# -*- coding: utf-8 -*-
"""Prints captured line tables and what the interpreter itself says about them.

Run with each interpreter, 2.7 to the newest; the checked-in line_tables.txt is all of them:

    for python in PYTHONS; do $python make_line_tables.py; done > line_tables.txt

With file names as arguments it dumps the code of those files instead of the built-in programs
(`make_line_tables.py /usr/lib/python3.11/*.py` for a thorough run that is not checked in).

One line a code object:

    VERSION NAME FIRSTLINENO TABLE-IN-HEX RUN...

A RUN is COUNT:LINE (to 3.10) or COUNT:LINE:COLUMN:END_LINE:END_COLUMN for COUNT consecutive bytes
(2.7) or 2-byte units of bytecode; 0 stands for None, columns are 1-based bytes. Lines come from
PyCode_Addr2Line, the function behind f_lineno; positions from co_positions().
"""
import ctypes
import sys

VERSION = "%d.%d" % sys.version_info[:2]
UNIT = 1 if sys.version_info < (3,) else 2

PROGRAMS = [
    ("basic", 1, u"def f(a,\n      b=(1,\n         2)):\n    x = a\n    return (x +\n            b)\n"),
    ("negative", 1, u"def f(xs):\n    return [\n        g(x,\n          1)\n        for x in xs\n"
                    u"        if x and\n           xs]\n"),
    ("blank", 1, u"def f():\n    a = 1\n" + u"\n" * 300 + u"    b = 2\n" + u"\n" * 130 +
     u"    return a\n"),
    ("long_line", 1, u"def f(a):\n    return (" + u" + ".join([u"a.b(a)"] * 60) + u")\n    a\n"),
    ("far_back", 1, u"def f(a):\n    while a:\n        if a:\n            continue\n" + u"\n" * 200 +
     u"        a = a.b(a,\n" + u"\n" * 150 + u"            a)\n"),
    ("handlers", 1, u"def f(a):\n    try:\n        with a as b:\n            a(b)\n"
                    u"    except ValueError as e:\n        return e\n    finally:\n        a.close()\n"
                    u"    for i in a:\n        if i:\n            break\n    else:\n        pass\n"),
    ("shapes", 1, u"@f(1)\n@f\nclass C(object):\n    x = [i for i in y]\n    def m(self):\n"
                  u"        yield lambda: (self,\n                       1)\n    z = {1: 2,\n"
                  u"         3: 4}\n"),
    ("far_line", 100003, u"x = f(1,\n      2)\ny = x\n"),
    ("not_ascii", 1, u"def f(a):\n    return a(u'\u0437\u0436', u'\U0001F40B', a(1)) + a(2)\n"),
    ("one_line_x20", 1, u"; ".join(u"x%d = f(%d)" % (i, i) for i in range(20)) + u"\n"),
]


def code_objects(code):
    yield code
    for const in code.co_consts:
        if hasattr(const, "co_code"):
            for inner in code_objects(const):
                yield inner


def addr2line(code, offset):
    function = ctypes.pythonapi.PyCode_Addr2Line
    function.argtypes = [ctypes.py_object, ctypes.c_int]
    return max(function(code, offset), 0)


def positions(code):
    if hasattr(code, "co_positions"):
        for line, end_line, column, end_column in code.co_positions():
            yield (line or 0, 0 if column is None else column + 1, end_line or 0,
                   0 if end_column is None else end_column + 1)
    else:
        for offset in range(0, len(code.co_code), UNIT):
            yield (addr2line(code, offset),)


def table_of(code):
    if hasattr(code, "co_linetable"):
        return code.co_linetable
    return code.co_lnotab


def check(code, found):
    """co_positions() and PyCode_Addr2Line must agree, or this file captures nonsense."""
    for i, position in enumerate(found):
        assert position[0] == addr2line(code, i * UNIT), (code, i, position)


def runs(found):
    out = []
    for position in found:
        if out and out[-1][1] == position:
            out[-1][0] += 1
        else:
            out.append([1, position])
    return " ".join(":".join(map(str, (count,) + position)) for count, position in out)


def dump(name, code):
    for inner in code_objects(code):
        found = list(positions(inner))
        check(inner, found)
        table = "".join("%02x" % byte for byte in bytearray(table_of(inner))) or "-"
        inner_name = inner.co_name.replace(" ", "_")  # 3.12: "<generic parameters of f>"
        print("%s %s.%s %d %s %s" % (VERSION, name, inner_name, inner.co_firstlineno, table,
                                     runs(found)))


def main(paths):
    if not paths:
        for name, first_line, source in PROGRAMS:
            text = u"\n" * (first_line - 1) + source
            if UNIT == 1:
                text = text.encode("utf-8")  # compile() takes columns and encoding from bytes here.
            dump(name, compile(text, name, "exec"))
    for path in paths:
        with open(path, "rb") as source:
            dump(path, compile(source.read(), path, "exec"))


if __name__ == "__main__":
    main(sys.argv[1:])
