"""Starts targets and talks to them over pipes; all is cleaned up whatever happens.

A puppet prints one line `ready JSON`, then answers each command line with one line of JSON. Nothing sleeps to be in time:
each wait has a deadline and fails with what the puppet wrote so far.
"""
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

import interpreters

HERE = os.path.dirname(os.path.abspath(__file__))
PUPPETS = os.path.join(HERE, 'puppets')
PATIENCE = 60.0
# The kernel ends the target when the test runner dies, however it dies.
LEASH = ['setpriv', '--pdeathsig', 'KILL']


class Workspace:
    """A folder of one test, reachable by one interpreter, holding a copy of the puppets."""

    def __init__(self, python):
        self.python = python
        self.folder = tempfile.mkdtemp(prefix='spyhop-', dir=python.scratch())
        os.chmod(self.folder, 0o755)
        self.mounts = []
        shutil.copytree(PUPPETS, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns('__pycache__'))

    def inside(self, name):
        """The path of a file of the workspace as the interpreter sees it."""
        return self.python.inside(os.path.join(self.folder, name))

    def mount_proc(self):
        """Some puppets need /proc; a root has none until asked."""
        target = self.python.root + '/proc'
        if self.python.root and not os.path.ismount(target):
            subprocess.run(['mount', '-t', 'proc', 'proc', target], check=True)
            self.mounts.append(target)

    def close(self):
        for target in self.mounts:
            subprocess.run(['umount', '-l', target], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_group(popen):
    """Ends a process that leads its own group, and all it started that stayed in it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()


class Process:
    """A child that never outlives its test. Its stderr goes to a file, shown when something goes wrong."""

    def __init__(self, command, prefix=(), **options):
        self.errors = tempfile.TemporaryFile()
        options.setdefault('stdin', subprocess.PIPE)
        options.setdefault('stdout', subprocess.PIPE)
        options.setdefault('stderr', self.errors)
        self.popen = subprocess.Popen([*LEASH, *prefix, *command], start_new_session=True, **options)
        self.pid = self.popen.pid
        self.pending = b''

    def read_line(self, seconds=PATIENCE):
        """The next line of stdout, without its end; AssertionError at the deadline or the end of the stream."""
        deadline = time.monotonic() + seconds
        parts = [self.pending]
        while b'\n' not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.popen.stdout], [], [], left)[0]:
                self._fail(f'said nothing within {seconds} s', parts)
            parts.append(os.read(self.popen.stdout.fileno(), 1 << 20))
            if not parts[-1]:
                self._fail('closed its stdout', parts)
        line, _, self.pending = b''.join(parts).partition(b'\n')
        return line.decode()

    def write_line(self, text):
        os.write(self.popen.stdin.fileno(), text.encode() + b'\n')

    def written_errors(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def _fail(self, what, parts):
        heard = b''.join(parts)[-2000:].decode(errors='replace')
        raise AssertionError(f'process {self.pid} ({self.popen.args[-3:]}, status {self.popen.poll()}) {what}; '
                             f'unfinished line: {heard!r}; stderr: {self.written_errors()[-4000:]}')

    def wait(self, seconds=PATIENCE):
        """The exit status, in subprocess's way: -N for a signal."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._fail(f'did not end within {seconds} s', [self.pending])

    def close(self):
        kill_group(self.popen)
        for stream in (self.popen.stdin, self.popen.stdout, self.errors):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def hogs(count):
    """So many processes that take all the CPU they get."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(Process(['/bin/sh', '-c', 'while :; do :; done']))
        yield


class Puppet(Process):
    """A script of puppets/ running in an interpreter, past its `ready` line."""

    def __init__(self, python, script, *arguments, prefix=(), needs_proc=False, workspace=None, command=None, **env):
        self.python = python
        self.own = None if workspace else Workspace(python)
        self.workspace = workspace or self.own
        try:
            if needs_proc:
                self.workspace.mount_proc()
            self.script = self.workspace.inside(script)
            super().__init__([*(command or python.command), self.script, *map(str, arguments)], prefix,
                             env=interpreters.environment(**env))
        except BaseException:
            self._close_workspace()
            raise
        try:
            word, _, rest = self.read_line().partition(' ')
            assert word == 'ready', f'{script} began with {word!r}, not with ready'
            self.ready = json.loads(rest) if rest else {}
        except BaseException:
            self.close()
            raise

    def ask(self, command, seconds=PATIENCE):
        """Sends one command and returns the decoded answer."""
        self.write_line(command)
        return json.loads(self.read_line(seconds))

    def close(self):
        super().close()
        self._close_workspace()

    def _close_workspace(self):
        if self.own:
            self.own.close()


def can_trace():
    """Raises once, loudly, when this machine forbids what every test here needs."""
    victim = subprocess.Popen(['sleep', '60'])
    try:
        with open(f'/proc/{victim.pid}/mem', 'rb'):
            pass
    except OSError as error:
        raise AssertionError(f'these tests must be allowed to trace their own children, and are not: {error}; '
                             'run them with CAP_SYS_PTRACE and without a seccomp filter on ptrace') from error
    finally:
        victim.kill()
        victim.wait()
