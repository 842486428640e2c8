"""Turns the facts in data/*.json into generated/tables.inc and generated/debug_offsets.inc."""
import json

import layout_header
import opcodes

_FEATURE_TYPES = {
    'frame_model': 'FrameModel', 'entry_marker': 'EntryMarker', 'line_table': 'LineTable',
    'instruction_unit': 'InstructionUnit', 'gil_model': 'GilModel', 'string_model': 'StringModel',
    'dict_model': 'DictModel', 'instance_dict': 'InstanceDictModel', 'repr_style': 'ReprStyle'}
HEAD = '// Written by interp_layouts/generator/generate.py from data/*.json. Do not edit.\n'


def load_facts(folder):
    """Every measured build, oldest first."""
    facts = [json.loads(p.read_text()) for p in folder.glob('*-*.json')]
    return sorted(facts, key=lambda f: (f['hex'], f['flavour']))


def series(version_hex):
    return f'{version_hex >> 24}.{version_hex >> 16 & 0xFF}'


def features(folder):
    """{'3.11': {'frame_model': 'kCFrame', ...}, ...} with `like` followed."""
    data = json.loads((folder / 'features.json').read_text())['series']
    result = {}
    for name, own in data.items():
        result[name] = {**result.get(own.get('like'), {}), **own}
        result[name].pop('like', None)
    return result


def known_changes(folder):
    """{'3.14': (since, [change, ...])} as version hexes: see data/changes.json."""
    data = json.loads((folder / 'changes.json').read_text())['series']
    return {name: (_hex(entry['since']) if 'since' in entry else None,
                   [_hex(change['version']) for change in entry.get('changes', [])])
            for name, entry in data.items()}


def _hex(version):
    major, minor, micro = (int(part) for part in version.split('.'))
    return major << 24 | minor << 16 | micro << 8 | 0xF0


def _runs(facts):
    """Facts of one series and flavour, oldest first, cut where the layout changes."""
    runs = []
    for fact in facts:
        if runs and not differences(runs[-1][-1], fact):
            runs[-1].append(fact)
        else:
            runs.append([fact])
    return runs


def _ranges(runs, since, changes):
    """[first, last] of each run: as measured, widened by what is known of the versions between."""
    spans = [[run[0]['hex'], run[-1]['hex']] for run in runs]
    spans[0][0] = min(spans[0][0], since or spans[0][0])
    for before, after in zip(spans, spans[1:]):
        for change in changes:
            if before[1] < change <= after[0]:
                before[1], after[0] = change - 0x100, change
    return spans


def tables(facts, changes):
    """[(first, last, fact)]: one table a run and flavour. The newest fact of a run stands for it."""
    groups = {}
    for fact in facts:
        groups.setdefault((series(fact['hex']), fact['flavour']), []).append(fact)
    result = []
    for (name, _), members in groups.items():
        runs = _runs(members)
        for span, run in zip(_ranges(runs, *changes.get(name, (None, []))), runs):
            result.append((*span, run[-1]))
    order = ['release', 'debug', 'free-threaded', 'free-threaded-debug', 'ucs2', 'ucs2-debug']
    return sorted(result, key=lambda t: (t[0] >> 16, order.index(t[2]['flavour']), t[0]))


def differences(one, other):
    """Names of facts in which two builds differ, struct sizes of no consequence left out."""
    ignored = {'runtime.size', 'interpreter.size', 'thread.size'}
    flat = [{f'{g}.{n}': v for g, names in fact['layout'].items() for n, v in names.items()}
            for fact in (one, other)]
    names = sorted(set(flat[0]) | set(flat[1]))
    return [n for n in names if n not in ignored and flat[0].get(n) != flat[1].get(n)]


def _version(version_hex):
    level = {0xA: '0xA', 0xB: '0xB', 0xC: '0xC', 0xF: '0xF'}[version_hex >> 4 & 0xF]
    return (f'{{{version_hex >> 24}, {version_hex >> 16 & 0xFF}, {version_hex >> 8 & 0xFF}, {level}, '
            f'{version_hex & 0xF}}}')


def _group(name, members, facts):
    if not facts:
        return []
    parts = []
    for member in members:
        if member.name in facts:
            value = facts[member.name]
            parts.append(f'.{member.name} = ' + (f'{{{value}}}' if member.kind == 'offset' else str(value)))
    return [f'    .{name} = {{'] + [f'        {part},' for part in parts] + ['    },']


def _features(fact, kinds):
    lines = ['    .features = {']
    for name, type_name in _FEATURE_TYPES.items():
        lines.append(f'        .{name} = {type_name}::{kinds[name]},')
    owners = fact.get('owners', {})
    if owners:
        fields = ', '.join(f'.{n} = {owners[n]}' for n in
                           ('thread', 'generator', 'frame_object', 'interpreter', 'c_stack') if n in owners)
        lines.append(f'        .owners = {{{fields}}},')
    lines.append(f'        .opcodes = OpcodeSet::{opcodes.set_name(series(fact["hex"]))},')
    if fact.get('code_tag_mask'):
        lines.append(f'        .code_tag_mask = {fact["code_tag_mask"]},')
    return lines + ['    },']


def _flags(flavour):
    flags = [('debug', 'debug'), ('free_threaded', 'free-threaded'), ('ucs2', 'ucs2')]
    return '{' + ', '.join(f'.{member} = true' for member, word in flags if word in flavour) + '}'


def layout_tables(facts, kinds, changes):
    """The text of tables.inc: elements of an array of Layout."""
    groups = layout_header.groups()
    lines = [HEAD]
    for first, last, fact in tables(facts, changes):
        origin = fact['provenance']
        lines += [f'// {fact["version"]} {fact["flavour"]}', '{', f'    .first = {_version(first)},',
                  f'    .last = {_version(last)},', f'    .flags = {_flags(fact["flavour"])},',
                  f'    .provenance = "{origin["headers"]}, {origin["flags"]}, {origin["compiler"]}",']
        lines += _features(fact, kinds[series(fact['hex'])])
        for name, members in groups.items():
            lines += _group(name, members, fact['layout'].get(name))
        lines += ['},']
    return '\n'.join(lines) + '\n'


def words(facts):
    """{'3.13': (size, {'runtime_state.size': 24, ...})}; builds of one series must agree."""
    result = {}
    for fact in facts:
        if 'debug_offsets' not in fact:
            continue
        table = fact['debug_offsets']
        positions = {name if group == 'header' else f'{group}.{name}': word[0]
                     for group, members in table['words'].items() for name, word in members.items()}
        entry = (table['size'], positions)
        if result.setdefault(series(fact['hex']), entry) != entry:
            raise SystemExit(f'{fact["version"]} {fact["flavour"]}: another shape of debug offsets')
    return result


def debug_offset_tables(facts):
    """The text of debug_offsets.inc: the words of each series' table, and where each lies."""
    shapes = words(facts)
    names = list(dict.fromkeys(n for _, table in shapes.values() for n in table))
    lines = [HEAD, 'enum class Word : uint8_t {']
    lines += [f'  k{_camel(name)},' for name in names] + ['};', '', 'constexpr const char* kWordNames[] = {']
    lines += [f'    "{name}",' for name in names] + ['};', '']
    for name, (_, table) in shapes.items():
        lines.append(f'constexpr WordPosition kWords{name.replace(".", "")}[] = {{')
        lines += [f'    {{Word::k{_camel(word)}, {position}}},' for word, position in table.items()]
        lines += ['};', '']
    lines += ['// Oldest first.', 'constexpr TableShape kShapes[] = {']
    for name, (size, _) in shapes.items():
        major, minor = name.split('.')
        lines.append(f'    {{{major}, {minor}, {size}, kWords{major}{minor}}},')
    return '\n'.join(lines + ['};']) + '\n'


def field_list():
    """The text of fields.inc: every field of layout.h, to be visited."""
    lines = ['// Written by interp_layouts/generator/generate.py from layout.h. Do not edit.']
    for group, members in layout_header.groups().items():
        size = f'layout.{group}.size' if any(m == ('size', 'number', 0) for m in members) else '0'
        lines.append(f'SPYHOP_LAYOUT_GROUP({group}, {size})')
        lines += [f'SPYHOP_LAYOUT_FIELD({group}, {m.name})' for m in members if m.kind == 'offset']
    return '\n'.join(lines) + '\n'


def _camel(name):
    return ''.join(part.capitalize() for part in name.replace('.', '_').split('_'))
