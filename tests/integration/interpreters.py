"""Finds the CPythons of this machine and says how to start a script in each.

Order: SPYHOP_TEST_PYTHONS (a colon list that narrows: paths, names or prefixes of names), pyenv's versions, Debian's own
3.11 and 3.11-dbg, the Debian roots in the cache folder, free-threaded builds there; one on musl (tools/musl-python) only
when it is asked for, as `3.11.*-musl`. An interpreter is named by its own answer, never by its path. Run with `--list` to
see them.
"""
import fnmatch
import functools
import glob
import json
import os
import subprocess
import sys

INSTALLER = 'tools/interpreters'
# What no suite of Debian has.
PYENV_ONLY = ('3.6', '3.7', '3.8', '3.10', '3.12')
REQUIRED = ['2.7', '3.6', '3.7', '3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15',
            '3.11.*-debian', '3.11.*-debian-dbg']
ROOTS = ['py39', 'py313', 'py314', 'py315']
MUSL = '/usr/bin/python3.11'

QUESTION = '''
import json, sys
try:
    from sysconfig import get_config_var
except Exception:
    get_config_var = lambda name: None
flags = {'debug': hasattr(sys, 'gettotalrefcount'), 'free-threaded': bool(get_config_var('Py_GIL_DISABLED')),
         'shared': bool(get_config_var('Py_ENABLE_SHARED'))}
print(json.dumps([list(sys.version_info[:3]), sys.version, sorted(name for name in flags if flags[name])]))
'''


class Interpreter:
    """One CPython: who it is (`name`, `version`, `flags`) and how to start it (`command`, seen from outside `root`)."""

    def __init__(self, path, origin, root=''):
        self.root = root
        self.path = path
        self.command = ['chroot', root, path] if root else [path]
        answer = subprocess.run(self.command + ['-c', QUESTION], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                timeout=60, env=environment())
        if answer.returncode:
            raise OSError(answer.stderr.decode(errors='replace').strip() or f'exit status {answer.returncode}')
        version, self.banner, flags = json.loads(answer.stdout)
        self.version = tuple(version)
        self.flags = frozenset(flags)
        threading = 't' if 'free-threaded' in flags else ''
        self.name = '.'.join(map(str, version)) + threading + '-' + origin + ('-dbg' if 'debug' in flags else '')

    @property
    def minor(self):
        return self.version[:2]

    @property
    def text_version(self):
        return '.'.join(map(str, self.version))

    @property
    def flavour(self):
        """The word of spyhop.profile/1."""
        return 'free-threaded' if 'free-threaded' in self.flags else 'debug' if 'debug' in self.flags else 'release'

    def scratch(self):
        """A folder on the host, existing, that the interpreter can reach."""
        folder = self.root + '/tmp'
        os.makedirs(folder, exist_ok=True)
        return folder

    def inside(self, path):
        """The path of a file as the interpreter sees it; `path` is the host's, below scratch()."""
        return path[len(self.root):]

    def matches(self, pattern):
        """`3.11` is any 3.11; `3.11.*-debian` is one flavour; `3.11.7-pyenv` is one build; a path is itself."""
        short = '.'.join(map(str, self.minor)) + ('t' if 'free-threaded' in self.flags else '')
        return pattern in (short, self.text_version, self.path) or fnmatch.fnmatchcase(self.name, pattern)

    def __repr__(self):
        return self.name


def environment(**more):
    """What a target is started with: nothing of ours, UTF-8 everywhere."""
    plain = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'PYTHONIOENCODING': 'utf-8',
             'PYTHONDONTWRITEBYTECODE': '1', 'HOME': os.environ.get('HOME', '/')}
    return {**plain, **more}


def cache_folder():
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return os.path.join(cache, 'spyhop-interpreters')


def candidates():
    """Yields (path inside its root, origin, root) in the order of the documentation."""
    pyenv = os.environ.get('PYENV_ROOT') or os.path.expanduser('~/.pyenv')
    for path in sorted(glob.glob(os.path.join(pyenv, 'versions', '*', 'bin', 'python'))):
        yield path, 'pyenv', ''
    for path in ('/usr/bin/python3.11', '/usr/bin/python3.11-dbg'):
        yield path, 'debian', ''
    for name in ROOTS:
        root = os.path.join(cache_folder(), name)
        for path in sorted(glob.glob(root + '/usr/bin/python[23].*[0-9]')):
            yield path[len(root):], 'root', root
    for path in sorted(glob.glob(os.path.join(cache_folder(), '*t', 'bin', 'python3'))):
        yield path, 'built', ''
    if any('musl' in pattern for pattern in wanted()):
        yield MUSL, 'musl', os.path.join(cache_folder(), 'musl311')


@functools.lru_cache(maxsize=None)
def every():
    """All interpreters that answer, oldest first."""
    found = {}
    for path, origin, root in candidates():
        if not os.path.exists(root + path):
            continue
        try:
            interpreter = Interpreter(path, origin, root)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            print(f'{root}{path}: does not run: {error}', file=sys.stderr)
            continue
        found.setdefault(interpreter.name, interpreter)
    return sorted(found.values(), key=lambda interpreter: (interpreter.version, interpreter.name))


def wanted():
    """The patterns of SPYHOP_TEST_PYTHONS; empty means all."""
    return [part for part in os.environ.get('SPYHOP_TEST_PYTHONS', '').split(':') if part]


@functools.lru_cache(maxsize=None)
def discover():
    """The interpreters the tests run on."""
    patterns = wanted()
    if not patterns:
        return every()
    chosen = [each for each in every() if any(each.matches(pattern) for pattern in patterns)]
    for path in patterns:
        if path.startswith('/') and not any(each.path == path for each in chosen):
            chosen.append(Interpreter(path, 'given'))
    return chosen


def missing():
    """The required ones (or those asked for) that are not here, as [(pattern, what to do)]."""
    return [(pattern, f'no CPython {pattern} on this machine: install it with `{_installer(pattern)}`, '
                      'or set SPYHOP_ALLOW_MISSING=1 to go without')
            for pattern in wanted() or REQUIRED if not any(each.matches(pattern) for each in discover())]


def _installer(pattern):
    return f'pyenv install {pattern}' if pattern in PYENV_ONLY else INSTALLER


def main():
    for interpreter in discover():
        print(interpreter.name + '\t' + ' '.join(interpreter.command))
    for _, why in missing():
        print(why, file=sys.stderr)
    return 1 if missing() and not os.environ.get('SPYHOP_ALLOW_MISSING') else 0


if __name__ == '__main__':
    if sys.argv[1:] != ['--list']:
        sys.exit('usage: interpreters.py --list')
    sys.exit(main())
