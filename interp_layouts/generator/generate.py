#!/usr/bin/env python3
"""Measures the CPythons whose headers are found and writes data/*.json and generated/*.inc.

  generate.py            measure what is found, keep the other facts, write the tables
  generate.py --render   only write the tables from the facts there are
  generate.py --list     say what headers are found
  generate.py --assume GROUP.NAME...
                         a field that is new in layout.h: builds whose headers are no longer here take it
                         from the nearest release of their series and flavour, and say so
  generate.py --table F  write to stdout the _Py_DebugOffsets that data/F.json's headers describe

See docs/adding-a-cpython.md.
"""
import argparse
import datetime
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

# After the path is set: this folder's modules.
import layout_header  # noqa: E402
import opcodes  # noqa: E402
import probe  # noqa: E402
import render  # noqa: E402
import sources  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent
DATA = FOLDER / 'data'
GENERATED = FOLDER / 'generated'


def version_string(version_hex):
    level = {0xA: 'a', 0xB: 'b', 0xC: 'rc', 0xF: ''}[version_hex >> 4 & 0xF]
    suffix = f'{level}{version_hex & 0xF}' if level else ''
    return f'{version_hex >> 24}.{version_hex >> 16 & 0xFF}.{version_hex >> 8 & 0xFF}{suffix}'


def _place(layout, groups, name, value, width):
    group, member = name.split('.')
    known = {m.name: m for m in groups.get(group, [])}
    if member not in known:
        raise SystemExit(f'the probe prints {name}, which layout.h does not have')
    if width and width != known[member].width:
        raise SystemExit(f'{name}: {width} bytes, but {known[member].width} in layout.h')
    layout.setdefault(group, {})[member] = value


def parse(lines):
    """The probe's output as one fact (without provenance)."""
    groups = layout_header.groups()
    layout, values, words = {}, {}, {}
    for line in lines:
        kind, name, *numbers = line.split()
        numbers = [int(n) for n in numbers]
        if kind == 'field':
            _place(layout, groups, name, *numbers)
        elif kind == 'size':
            _place(layout, groups, name + '.size', numbers[0], 0)
        elif kind == 'table':
            group, _, word = name.rpartition('.')
            words.setdefault(group or 'header', {})[word] = numbers
        elif name.split('.')[0] in ('build', 'owners', 'features'):
            values[name] = numbers[0]
        else:
            _place(layout, groups, name, numbers[0], 0)
    fact = {'version': version_string(values['build.hex']), 'hex': values['build.hex'], 'layout': layout}
    owners = {n.split('.')[1]: v for n, v in values.items() if n.startswith('owners.')}
    if owners:
        fact['owners'] = owners
        fact['code_tag_mask'] = values['features.code_tag_mask']
    if words:
        size = words['header'].pop('size')[0]
        fact['debug_offsets'] = {'size': size, 'words': words}  # [position, value] each
    return fact


def measure(source, flavour):
    lines, flags = probe.run(source, flavour)
    fact = parse(lines)
    fact['flavour'] = flavour
    fact['provenance'] = {'headers': source.name, 'flags': flags, 'compiler': probe.compiler(),
                          'machine': 'x86_64', 'date': datetime.date.today().isoformat()}
    return fact


def measure_all(wanted=lambda source: True):
    """{file name: fact}. Of two sources of one version and flavour, one configured for the flavour
    wins over one where macros stand in for it; else the first."""
    facts, genuine = {}, set()
    for source in filter(wanted, sources.find()):
        for flavour in probe.flavours(source):
            name = f'{version_string(source.hex)}-{flavour}.json'
            if name in facts and (name in genuine or not source.configured_debug):
                continue
            facts[name] = measure(source, flavour)
            if source.configured_debug or flavour == 'release':
                genuine.add(name)
    return facts


def measure_opcodes(wanted=lambda source: True):
    """{file name: fact}: of two sources of one version the first."""
    facts = {}
    for source in filter(wanted, sources.find()):
        version = version_string(source.hex)
        if f'{version}.json' not in facts:
            facts[f'{version}.json'] = opcodes.measure(source, version)
    return facts


def without_provenance(fact):
    return {key: value for key, value in fact.items() if key != 'provenance'}


def dump(value, depth=0):
    """JSON, a line a group."""
    if not isinstance(value, dict) or depth > 2 or not any(isinstance(v, dict) for v in value.values()):
        return json.dumps(value)
    pad = ' ' * (depth + 1)
    lines = [f'{pad}{json.dumps(key)}: {dump(item, depth + 1)}' for key, item in value.items()]
    return '{\n' + ',\n'.join(lines) + f'\n{pad[1:]}}}'


def write_facts(facts, folder=DATA, text=lambda fact: dump(fact) + '\n'):
    for name, fact in sorted(facts.items()):
        path = folder / name
        if path.exists() and without_provenance(json.loads(path.read_text())) == without_provenance(fact):
            continue
        path.write_text(text(fact))
        print(f'{path.relative_to(FOLDER.parent)}: measured with {fact["provenance"]["headers"]}')


def nearest(fact, measured):
    """The measured build nearest to `fact`, of its series and flavour."""
    same = [other for other in measured.values() if other['flavour'] == fact['flavour']
            and render.series(other['hex']) == render.series(fact['hex'])]
    return min(same, key=lambda other: abs(other['hex'] - fact['hex']), default=None)


def complete(fact, source, names):
    """Gives `fact` those of the fields that it lacks and `source` has; true when there were any."""
    missing = [name for name in (wanted.split('.') for wanted in names)
               if name[1] in source['layout'].get(name[0], {}) and name[1] not in fact['layout'].get(name[0], {})]
    for group, member in missing:
        fact['layout'].setdefault(group, {})[member] = source['layout'][group][member]
        fact['provenance'].setdefault('assumed', {})[f'{group}.{member}'] = f'as in {source["version"]}'
    return bool(missing)


def assume(names):
    """What a build that is here lacks, its version lacks; so only the others are completed."""
    measured = measure_all()
    for fact in render.load_facts(DATA):
        name = f'{fact["version"]}-{fact["flavour"]}.json'
        source = nearest(fact, measured)
        if name not in measured and source is not None and complete(fact, source, names):
            (DATA / name).write_text(dump(fact) + '\n')


def rendered():
    """{file name: text} of the generated files."""
    facts = render.load_facts(DATA)
    opcode_table = opcodes.table(opcodes.load_facts(DATA), opcodes.Families(DATA), render.series, render.HEAD)
    return {'tables.inc': render.layout_tables(facts, render.features(DATA), render.known_changes(DATA)),
            'debug_offsets.inc': render.debug_offset_tables(facts), 'fields.inc': render.field_list(),
            'opcodes.inc': opcode_table}


def table_bytes(fact):
    """_Py_DebugOffsets as the build of `fact` has it."""
    table = bytearray(fact['debug_offsets']['size'])
    table[:8] = b'xdebugpy'
    for group in fact['debug_offsets']['words'].values():
        for position, value in group.values():
            struct.pack_into('<Q', table, position, value)
    return bytes(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--render', action='store_true', help='only write the tables')
    parser.add_argument('--list', action='store_true', help='say what headers are found')
    parser.add_argument('--assume', metavar='GROUP.NAME', nargs='+', help='take new fields from the nearest release')
    parser.add_argument('--table', metavar='F', help='write the debug offsets of data/F.json')
    arguments = parser.parse_args()
    if arguments.table:
        sys.stdout.buffer.write(table_bytes(json.loads((DATA / f'{arguments.table}.json').read_text())))
        return
    if arguments.list:
        for source in sources.find():
            print(f'{version_string(source.hex):10} {source.name}: {", ".join(probe.flavours(source))}')
        return
    if arguments.assume:
        assume(arguments.assume)
    elif not arguments.render:
        write_facts(measure_all())
        write_facts(measure_opcodes(), DATA / 'opcodes', opcodes.dump)
    for name, text in rendered().items():
        (GENERATED / name).write_text(text)


if __name__ == '__main__':
    main()
