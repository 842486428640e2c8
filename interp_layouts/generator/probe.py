"""Compiles and runs the probe against one set of headers, and reads what it printed."""
import pathlib
import re
import subprocess
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent

# Macros of a build flavour, for headers whose own pyconfig.h is a release build's.
FLAVOURS = {
    'release': [],
    'debug': ['-DPy_DEBUG=1'],
    'free-threaded': ['-DPy_GIL_DISABLED=1'],
    'free-threaded-debug': ['-DPy_GIL_DISABLED=1', '-DPy_DEBUG=1'],
    'ucs2': [],
    'ucs2-debug': ['-DPy_DEBUG=1'],
}


def flavours(source):
    """What can be measured with these headers."""
    if source.configured_debug:
        return ['debug']
    names = ['release', 'debug']
    if source.hex >> 16 == 0x0207:
        names += ['ucs2', 'ucs2-debug']
    if source.hex >> 16 >= 0x030D:
        names += ['free-threaded', 'free-threaded-debug']
    return names


def _braces(text, start):
    """The text from the `{` at or after `start` to its `}`, both included."""
    begin = text.index('{', start)
    depth = 0
    for at in range(begin, len(text)):
        depth += {'{': 1, '}': -1}.get(text[at], 0)
        if depth == 0:
            return text[begin:at + 1]
    raise SystemExit('unbalanced braces in a header')


def _first(include, *names):
    return next(p for p in (include / 'internal' / n for n in names) if p.exists())


def _table_words(declaration):
    """('runtime_state', 'size') for each word of struct _Py_DebugOffsets, in order."""
    declaration = re.sub(r'//.*', '', declaration)
    for group in re.finditer(r'struct\s*\w*\s*(\{[^{}]*\})\s*(\w+);', declaration):
        for word in re.finditer(r'uint64_t (\w+);', group[1]):
            yield group[2], word[1]


def table_source(include):
    """C code that prints every word of the debug offsets: its position and its value."""
    header = _first(include, 'pycore_debug_offsets.h', 'pycore_runtime.h').read_text()
    declaration = _braces(header, header.index('struct _Py_DebugOffsets'))
    initial = _first(include, 'pycore_debug_offsets.h', 'pycore_runtime_init.h').read_text()
    mark = re.search(r'_Py_DebugOffsets_INIT\(debug_cookie\)|\.debug_offsets = ', initial)
    body = _braces(initial, mark.start()).replace('debug_cookie', '"xdebugpy"').replace('\\\n', '\n')
    lines = [f'static const _Py_DebugOffsets table = {body};', 'static void PrintTable(void) {',
             'printf("table size %lu 0\\n", (unsigned long)sizeof(table));',
             'printf("table version %lu %lu\\n", (unsigned long)offsetof(_Py_DebugOffsets, version),'
             ' (unsigned long)table.version);',
             'printf("table free_threaded %lu %lu\\n", (unsigned long)offsetof(_Py_DebugOffsets,'
             ' free_threaded), (unsigned long)table.free_threaded);']
    for group, word in _table_words(declaration):
        lines.append(f'printf("table {group}.{word} %lu %lu\\n", (unsigned long)offsetof('
                     f'_Py_DebugOffsets, {group}.{word}), (unsigned long)table.{group}.{word});')
    return '\n'.join(lines + ['}']) + '\n'


def _has_bytes_per_entry(include):
    """Does _PyCoLineInstrumentationData say how long its entries are? A release of 3.13 changed that."""
    return any('bytes_per_entry;' in path.read_text()
               for path in (include / 'cpython/code.h', include / 'internal/pycore_instruments.h') if path.exists())


def _override_pyconfig(source, folder):
    """2.7's width of a unicode unit is a macro of pyconfig.h, which Python.h finds beside itself: so
    both are put in front, one of them changed."""
    triplet = source.multiarch and next(source.multiarch.glob('*-linux-gnu/' + source.include.name))
    text = ((triplet or source.include) / 'pyconfig.h').read_text()
    text = re.sub(r'(#define Py_UNICODE_SIZE) \d', r'\1 2', text)
    text = text.replace('/* #undef PY_UNICODE_TYPE */', '#define PY_UNICODE_TYPE unsigned short')
    (folder / 'pyconfig.h').write_text(text)
    (folder / 'Python.h').write_text((source.include / 'Python.h').read_text())


def _compile(source, flavour, folder):
    flags = [] if source.configured_debug else FLAVOURS[flavour]
    command = ['gcc', '-std=gnu11', '-w', '-DPy_BUILD_CORE=1', *flags, f'-I{folder}',
               f'-I{source.include}', f'-I{source.include}/internal']
    if source.multiarch:
        triplet = next(source.multiarch.glob('*-linux-gnu/' + source.include.name)).parent
        (folder / triplet.name).mkdir(exist_ok=True)
        (folder / triplet.name / source.include.name).symlink_to(triplet / source.include.name)
    if source.hex >> 16 >= 0x030D:
        (folder / 'table.h').write_text(table_source(source.include))
        command += ['-DSPYHOP_PROBE_TABLE="table.h"']
    if _has_bytes_per_entry(source.include):
        command += ['-DSPYHOP_PROBE_BYTES_PER_ENTRY']
    if flavour.startswith('ucs2'):
        _override_pyconfig(source, folder)
    subprocess.run([*command, '-o', folder / 'probe', _HERE / 'probe.c'], check=True)
    note = ['pyconfig.h with Py_UNICODE_SIZE 2'] if flavour.startswith('ucs2') else []
    return ' '.join(['-DPy_BUILD_CORE=1', *flags, *note])


def run(source, flavour):
    """(lines of output, flags used)."""
    with tempfile.TemporaryDirectory(prefix='spyhop-probe-') as name:
        folder = pathlib.Path(name)
        flags = _compile(source, flavour, folder)
        done = subprocess.run([folder / 'probe'], check=True, capture_output=True, text=True)
        return done.stdout.splitlines(), flags


def compiler():
    done = subprocess.run(['gcc', '-dumpfullversion'], check=True, capture_output=True, text=True)
    return 'gcc ' + done.stdout.strip()
