"""Bytecode instructions: their numbers, from a version's own headers, and what family each is of.

Numbers are facts (data/opcodes/VERSION.json); families are kept by hand in data/opcode_families.json.
"""
import datetime
import fnmatch
import json
import re

_DEFINE = re.compile(r'^#define\s+([A-Z][A-Z0-9_]*)\s+(\d+)\b', re.M)
# Macros beside the instructions. A 2.7 or 3.x header without specialised instructions has no others.
_NO_OPCODE = re.compile(r'HAVE_ARGUMENT|MIN_\w+|MAX_\w+|NB_\w+|ENABLE_SPECIALIZATION')
_HEADERS = ('opcode_ids.h', 'opcode.h')  # 3.13+; before


def numbers(include):
    """{name: number} of every instruction that code objects hold; pseudo instructions are over 255."""
    header = next(include / name for name in _HEADERS if (include / name).exists())
    found = {name: int(number) for name, number in _DEFINE.findall(header.read_text())
             if not _NO_OPCODE.fullmatch(name) and int(number) < 256}
    if len(set(found.values())) != len(found):
        raise SystemExit(f'{header.name}: two instructions of one number')
    return found


def measure(source, version):
    """One version's fact. Debug and free-threaded builds have the same header."""
    return {'version': version, 'hex': source.hex, 'opcodes': numbers(source.include),
            'provenance': {'headers': source.name, 'date': datetime.date.today().isoformat()}}


def load_facts(folder):
    """Every measured version, oldest first."""
    facts = [json.loads(path.read_text()) for path in (folder / 'opcodes').glob('*.json')]
    return sorted(facts, key=lambda fact: fact['hex'])


def dump(fact):
    lines = [f' {json.dumps(key)}: {json.dumps(value)}' for key, value in fact.items()]
    return '{\n' + ',\n'.join(lines) + '\n}\n'


def by_series(facts, series):
    """{'3.11': [fact, ...]}; the releases of a series must agree, for a Layout knows one set."""
    result = {}
    for fact in facts:
        members = result.setdefault(series(fact['hex']), [])
        if members and members[0]['opcodes'] != fact['opcodes']:
            raise SystemExit(f'{fact["version"]} numbers its instructions unlike {members[0]["version"]}: '
                             'OpcodeSet has to tell them apart')
        members.append(fact)
    return result


class Families:
    """What data/opcode_families.json says of a name."""

    def __init__(self, folder):
        data = json.loads((folder / 'opcode_families.json').read_text())
        self.indirections = data['indirections']
        self.patterns = [(pattern, family) for family, names in data['families'].items() for pattern in names]

    def _own(self, name, series):
        for wanted in (f'{series} {name}', name):
            exact = {family for pattern, family in self.patterns if pattern == wanted}
            if exact:
                return exact
        wild = [(pattern, family) for pattern, family in self.patterns if fnmatch.fnmatchcase(name, pattern)]
        longest = max((len(pattern) for pattern, _ in wild), default=0)
        return {family for pattern, family in wild if len(pattern) == longest}

    def of(self, name, series):
        found = self._own(name, series) or self._own(name.removeprefix('INSTRUMENTED_'), series)
        if len(found) != 1:
            raise SystemExit(f'{name} of {series}: data/opcode_families.json says {sorted(found) or "nothing"}')
        return found.pop()

    def indirection(self, name, series):
        return self.indirections.get(f'{series} {name}', self.indirections.get(name))


def set_name(series):
    """The enumerator of OpcodeSet (features.h)."""
    return 'k' + series.replace('.', '')


def _entries(name, facts, families):
    lines = [f'// {fact["version"]}: {fact["provenance"]["headers"]}' for fact in facts]
    for opcode, number in sorted(facts[-1]['opcodes'].items(), key=lambda item: item[1]):
        family = families.of(opcode, name)
        if family == 'kOther':
            continue
        indirection = families.indirection(opcode, name)
        tail = f', Indirection::{indirection}' if indirection else ''
        lines.append(f'{{OpcodeSet::{set_name(name)}, {number}, OpcodeFamily::{family}{tail}}},  // {opcode}')
    return lines


def table(facts, families, series, head):
    """The text of opcodes.inc: elements of an array of OpcodeEntry. What is not there is kOther."""
    lines = [head]
    for name, members in by_series(facts, series).items():
        lines += _entries(name, members, families)
    return '\n'.join(lines) + '\n'
