"""Reads layout.h and object_layouts.h: which fields a Layout has, in which order, and how wide each is.

They are the one place where fields are named; the probe's facts and the tables are held to them.
"""
import collections
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent
HEADERS = (FOLDER / 'object_layouts.h', FOLDER / 'layout.h')

WIDTHS = {'uint8_t': 1, 'int8_t': 1, 'int32_t': 4, 'uint32_t': 4, 'int64_t': 8, 'uint64_t': 8,
          'RemoteAddress': 8}

# kind: 'offset' (a Field), 'number' (a plain integer such as size). width: bytes of the value.
Member = collections.namedtuple('Member', 'name kind width')

_STRUCT = re.compile(r'^struct (\w+) \{.*?^\};', re.M | re.S)
_FIELD = re.compile(r'^\s*(?:PointerField|Field<(\w+)>) (\w+);', re.M)
_NUMBER = re.compile(r'^\s*uint32_t (\w+) = 0;', re.M)
_GROUP = re.compile(r'^\s*(\w+Layout) (\w+);', re.M)


def _members(body):
    found = [(m.start(), Member(m[2], 'offset', WIDTHS[m[1] or 'RemoteAddress']))
             for m in _FIELD.finditer(body)]
    found += [(m.start(), Member(m[1], 'number', 0)) for m in _NUMBER.finditer(body)]
    return [member for _, member in sorted(found)]


def groups(headers=HEADERS):
    """{'runtime': [Member, ...], ...} in the order of struct Layout."""
    text = ''.join(header.read_text() for header in headers)
    structs = {m[1]: m[0] for m in _STRUCT.finditer(text)}
    result = {m[2]: _members(structs[m[1]]) for m in _GROUP.finditer(structs['Layout'])}
    if not result or not all(result.values()):
        raise SystemExit(f'{headers[-1].name}: not the form this reader knows')
    return result
