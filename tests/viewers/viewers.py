"""The real readers of Spyhop's files: finds them, and asks each what it makes of one.

Python's own pstats is imported where it is needed; the others are programs which `tools/viewers` installs. One that is missing
is a failure that says so, or with SPYHOP_ALLOW_MISSING=1 a skip. A file that a reader refuses raises Refused.
"""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import harness

INSTALLER = 'tools/viewers'
HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'spyhop-viewers')
MODULES = os.path.join(CACHE, 'npm', 'node_modules')
# How speedscope says that it cannot read a file.
SPEEDSCOPE_REFUSES = 'Unrecognized format|Something went wrong'
# Long enough for a browser's first start on a busy machine.
PATIENCE = 120


class Refused(Exception):
    """The reader says that this is not a file of its format."""


def require(*wanted):
    """Programs, or paths of files."""
    for each in wanted:
        if shutil.which(each) or os.path.exists(each):
            continue
        why = f'{each}: not on this machine: install it with `{INSTALLER}`, or set SPYHOP_ALLOW_MISSING=1 to go without'
        if os.environ.get('SPYHOP_ALLOW_MISSING'):
            raise unittest.SkipTest(why)
        raise AssertionError(why)


def ask(*command, **env):
    """What the reader prints; Refused with what it says when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE, env={**os.environ, **env})
    if done.returncode:
        raise Refused(f'{" ".join(command)}: exit status {done.returncode}: '
                      f'{(done.stderr or done.stdout).decode(errors="replace")[-2000:]}')
    return done.stdout.decode()


def pprof(path, *options):
    require('go')
    return ask('go', 'tool', 'pprof', *options, path)


def promtool_check(metrics):
    """What `promtool check metrics` says of a page of them; "" when nothing is wrong."""
    program = shutil.which('promtool') or os.path.join(CACHE, 'promtool')
    require(program)
    done = subprocess.run([program, 'check', 'metrics'], input=metrics, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE)
    return done.stdout.decode() if done.stdout or not done.returncode else f'exit status {done.returncode}'


def jq(path, program):
    require('jq')
    return json.loads(ask('jq', program, path))


def speedscope(path):
    """[{"name", "rows": [{"function", "self", "total"}]}]: the Sandwich table of each profile of the file."""
    require('node', 'chromium', os.path.join(MODULES, 'speedscope'), os.path.join(MODULES, 'playwright-core'))
    return json.loads(ask('node', os.path.join(HERE, 'speedscope.js'), path, NODE_PATH=MODULES))


def served_page(url):
    """What served_page.js sees of a page in a browser."""
    require('node', 'chromium', os.path.join(MODULES, 'playwright-core'))
    return json.loads(ask('node', os.path.join(HERE, 'served_page.js'), url, NODE_PATH=MODULES))


def _written(path):
    with contextlib.suppress(FileNotFoundError), open(path, encoding='utf-8', errors='replace') as file:
        return file.read()
    return ''


class Firefox:
    """A file in the Firefox Profiler's command line program, whose server is a child that ends with this."""

    PROGRAM = os.path.join(MODULES, '@firefox-devtools', 'profiler-cli', 'dist', 'profiler-cli.js')

    def __init__(self, path):
        require('node', self.PROGRAM)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix='spyhop-'))
            self.env = {'PROFILER_CLI_SESSION_DIR': folder, 'PROFILER_CLI_NO_SYMBOLICATE': '1'}
            # Its own `load` gives the server half a second to start.
            command = ['node', self.PROGRAM, '--daemon', path, '--session', 'test']
            self.server = stack.enter_context(
                harness.Process(command, stdout=subprocess.DEVNULL, env={**os.environ, **self.env}))
            self._await(os.path.join(folder, 'test.log'))
            self.stack = stack.pop_all()

    def _await(self, log):
        """Until its log says how the load ended: a client that asks a busy server takes it for dead, and removes its session."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = _written(log)
            if 'Profile loaded successfully' in text:
                return
            failed = 'Failed to load profile' in text
            if failed or self.server.popen.poll() is not None or time.monotonic() > deadline:
                raise Refused(f'the profile was not loaded: {text[-2000:]} {self.server.written_errors()}')
            time.sleep(0.05)

    def ask(self, *words):
        """The program's answer to one of its commands."""
        return json.loads(ask('node', self.PROGRAM, *words, '--json', '--session', 'test', **self.env))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()
