"""Finds CPython headers on this machine: what the probe can be compiled against."""
import collections
import gzip
import os
import pathlib
import re

# name: where the headers come from, without paths. include: folder with Python.h. multiarch: folder
# that holds <triplet>/pythonX.Y/pyconfig.h when pyconfig.h is Debian's switch, else None.
Source = collections.namedtuple('Source', 'name include multiarch hex configured_debug ucs2')

_TRIPLET = 'x86_64-linux-gnu'


def cache_folder():
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(base) / 'spyhop-interpreters'


def _define(text, name):
    found = re.search(rf'^#define\s+{name}\s+(\S+)', text, re.M)
    return found[1] if found else None


def _hex(include):
    text = (include / 'patchlevel.h').read_text()
    level = {'PY_RELEASE_LEVEL_ALPHA': 0xA, 'PY_RELEASE_LEVEL_BETA': 0xB,
             'PY_RELEASE_LEVEL_GAMMA': 0xC, 'PY_RELEASE_LEVEL_FINAL': 0xF}
    part = {name: int(_define(text, f'PY_{name}'))
            for name in ('MAJOR_VERSION', 'MINOR_VERSION', 'MICRO_VERSION', 'RELEASE_SERIAL')}
    return (part['MAJOR_VERSION'] << 24 | part['MINOR_VERSION'] << 16 | part['MICRO_VERSION'] << 8
            | level[_define(text, 'PY_RELEASE_LEVEL')] << 4 | part['RELEASE_SERIAL'])


def _source(name, include, multiarch=None):
    config = include / 'pyconfig.h'
    if multiarch and (multiarch / _TRIPLET / include.name).exists():
        config = multiarch / _TRIPLET / include.name / 'pyconfig.h'
    else:
        multiarch = None
    if not config.exists() or not (include / 'patchlevel.h').exists():
        return None
    text = config.read_text()
    return Source(name, include, multiarch, _hex(include), _define(text, 'Py_DEBUG') == '1',
                  _define(text, 'Py_UNICODE_SIZE') == '2')


def _debian_version(root, package):
    changelog = root / 'usr/share/doc' / package / 'changelog.Debian.gz'
    if not changelog.exists():
        return ''
    with gzip.open(changelog, 'rt', errors='replace') as lines:
        found = re.search(r'\((.*?)\)', lines.readline())
    return ' ' + found[1] if found else ''


def _debian(root):
    """Installed Debian headers below `root`, '/' or one that mmdebstrap extracted."""
    for include in sorted((root / 'usr/include').glob('python[23].*')):
        series = include.name.removeprefix('python').rstrip('d_')
        package = f'libpython{series}-{"dbg" if include.name.endswith("d") else "dev"}'
        version = _debian_version(root, f'libpython{series}-stdlib')
        note = root / 'PROVENANCE'
        name = note.read_text().strip() if note.exists() else f'Debian {package}{version}'
        yield _source(name, include, root / 'usr/include')


def _pyenv():
    root = pathlib.Path(os.environ.get('PYENV_ROOT') or pathlib.Path.home() / '.pyenv')
    for include in sorted((root / 'versions').glob('*/include/python[23].*')):
        yield _source(f'pyenv {include.parent.parent.name}', include)


def _extra_roots():
    """Folders that Debian's -dev packages, or others' usr/include/pythonX.Y, were unpacked into, named
    in SPYHOP_HEADER_ROOTS. A file PROVENANCE there says where they come from."""
    for root in filter(None, os.environ.get('SPYHOP_HEADER_ROOTS', '').split(':')):
        yield from _debian(pathlib.Path(root))


def find():
    """Every source found, oldest version first."""
    found = list(_pyenv()) + list(_debian(pathlib.Path('/'))) + list(_extra_roots())
    for root in sorted(cache_folder().glob('headers*')):
        if root.is_dir():
            found += _debian(root)
    return sorted(filter(None, found), key=lambda s: (s.hex, s.name))
