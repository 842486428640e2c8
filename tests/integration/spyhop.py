"""Runs the spyhop under test: SPYHOP_BIN, else the release build of this tree. A run that hangs is a failure."""
import json
import os
import subprocess
import tempfile

import harness
import proc

TREE = os.path.dirname(os.path.dirname(harness.HERE))
BINARY = os.environ.get('SPYHOP_BIN') or os.path.join(TREE, 'build', 'release', 'spyhop')
DONE, FAILED, USAGE, NO_PROCESS, NOT_PERMITTED, NOT_PYTHON, NO_SAMPLES = range(7)
# What a crash leaves on stderr, whichever build is under test.
CRASHES = ('terminate called', 'AddressSanitizer', 'ThreadSanitizer', 'runtime error:', 'LeakSanitizer', 'Check failed')


class Result:
    """One finished run: `status` (-N for a signal), `out`, `err`."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err
        if status in (-4, -6, -7, -8, -11) or any(word in err for word in CRASHES):
            raise AssertionError(f'spyhop crashed: {self}')

    def __str__(self):
        return (f'spyhop {" ".join(self.arguments)}\nexit status {self.status}\nstdout: {self.out[:2000]}\n'
                f'stderr: {self.err[-4000:]}')

    def expect(self, *statuses):
        if self.status not in statuses:
            raise AssertionError(f'expected exit status {" or ".join(map(str, statuses))}: {self}')
        return self

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f'stdout is not JSON ({error}): {self}') from error


class Running:
    """A spyhop that is still at work."""

    def __init__(self, *arguments, prefix=(), **options):
        if not os.access(BINARY, os.X_OK):
            raise AssertionError(f'{BINARY}: no spyhop there; build it (cmake --build --preset release) or set SPYHOP_BIN')
        self.arguments = [str(each) for each in arguments]
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        options.setdefault('stdin', subprocess.DEVNULL)
        options.setdefault('stdout', self.out)
        options.setdefault('stderr', self.err)
        options.setdefault('start_new_session', True)
        self.popen = subprocess.Popen([*harness.LEASH, *prefix, BINARY, *self.arguments], **options)
        self.pid = self.popen.pid

    def finish(self, seconds=60):
        """Waits for the end; a run past its deadline is killed and fails the test."""
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            harness.kill_group(self.popen)
            raise AssertionError(f'spyhop hung, killed after {seconds} s: {self._result(None)}') from None
        return self._result(self.popen.returncode)

    def _sleeps(self):
        """How often the sampler has slept: a thread of its own beside those of signals and of the command."""
        others = [tid for tid in proc.tasks(self.pid) if tid != self.pid]
        return max(int(proc.switches(self.pid, tid)[0] or 0) for tid in others) if len(others) > 1 else 0

    def await_rounds(self, rounds=20, seconds=20):
        """Waits until it has sampled some more rounds: it sleeps between them."""
        wanted = self._sleeps() + rounds
        proc.until(lambda: self._sleeps() >= wanted, seconds, f'spyhop samples; {self.said()}')

    def said(self):
        """Its stderr so far; the file's offset, which it shares, stays where it is."""
        return os.pread(self.err.fileno(), 1 << 20, 0).decode(errors='replace')

    def interrupt(self, number):
        if self.popen.poll() is None:
            self.popen.send_signal(number)

    def _result(self, status):
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read().decode(errors='replace'))
        return Result(self.arguments, status, *texts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        harness.kill_group(self.popen)
        self.out.close()
        self.err.close()


def run(*arguments, seconds=60, **options):
    with Running(*arguments, **options) as running:
        return running.finish(seconds)


def snapshot(pid, *more):
    """The parsed spyhop.snapshot/1 of a process."""
    return run('snapshot', '-p', pid, '--json', *more).expect(DONE).json()


def attach(pid, rate, duration, *more, seconds=None):
    """The parsed spyhop.profile/1, with stacks, of `duration` seconds at `rate` Hz."""
    with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
        path = os.path.join(folder, 'profile.json')
        result = run('attach', '-p', pid, '-r', rate, '-d', duration, '-f', 'json', '--stacks', '-o', path, *more,
                     seconds=seconds or duration + 60).expect(DONE)
        return load(path, result)


def load(path, result=''):
    """A profile from its file; AssertionError when it is absent or not whole."""
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise AssertionError(f'{path}: no whole JSON profile: {error}\n{result}') from error
