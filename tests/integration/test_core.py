"""A core file shows what the process showed when it was alive: the same stacks, lines, names and native functions."""
import contextlib
import glob
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
import matrix
import proc
import schema
import spyhop

DEPTH = 300
PATTERN = '/proc/sys/kernel/core_pattern'


def setUpModule():
    harness.can_trace()
    assert shutil.which('gcore'), 'no gcore (Debian: gdb); tools/packages.sh has what the tests need'


def skip_without_kernel_cores():
    """Says why where this machine's kernel does not write core files into a folder of the process."""
    with open(PATTERN, encoding='utf-8') as file:
        pattern = file.read().strip()
    if pattern.startswith('|') or '/' in pattern or not pattern:
        raise unittest.SkipTest(f'{PATTERN} is {pattern!r}: core files do not go to the process\'s working folder')
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 and os.geteuid() != 0:
        raise unittest.SkipTest('core files are disabled here (ulimit -Hc is 0)')


def started(python, *arguments, inside=(), **options):
    """A puppet which may leave a core file."""
    return harness.Puppet(python, 'cores.py', DEPTH, *arguments, prefix=['prlimit', '--core=unlimited', *inside], **options)


@contextlib.contextmanager
def at_rest(python, **options):
    """One of which all threads are blocked."""
    with started(python, **options) as puppet:
        proc.wait_all_blocked(puppet.pid)
        yield puppet


def gcore(puppet, pid=None):
    """The core file, and whether gdb said that it could not read some of the memory."""
    path = os.path.join(puppet.workspace.folder, 'taken')
    done = subprocess.run(['gcore', '-o', path, str(pid or puppet.pid)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    path = f'{path}.{pid or puppet.pid}'
    assert os.path.exists(path), done.stdout
    # Not of [vsyscall] at 0xffffffffff600000, which nobody can read; mappings lie below 1 << 47.
    lost = re.search(r'Memory read failed for corefile section, \d+ bytes at 0x0*7[0-9a-f]', done.stdout)
    return path, bool(lost)


def crash(puppet, how='crash'):
    """Ends the puppet by SIGSEGV and returns its core file."""
    puppet.write_line(how)
    assert puppet.wait() == -signal.SIGSEGV, puppet.written_errors()
    found = glob.glob(os.path.join(puppet.workspace.folder, 'core*'))
    found = [path for path in found if not path.endswith('.py')]
    assert len(found) == 1, f'the kernel left {found} (RLIMIT_CORE, {PATTERN}?)'
    return found[0]


def of_core(path, *more, said=''):
    """The parsed snapshot of a core file, of which stderr says this; by default nothing, for nothing is missing."""
    result = spyhop.run('snapshot', '--core', path, '--json', *more).expect(spyhop.DONE)
    assert said in result.err and bool(said) == bool(result.err), result
    return result.json()


def shown(frame):
    """A frame as it is the same wherever the files are seen from, and at whatever address."""
    return {**{key: value for key, value in frame.items() if key not in ('module', 'address')},
            'module': os.path.basename(frame.get('module', ''))}


def by_tid(snapshot):
    return {thread['tid']: {'name': thread['name'], 'python': thread['python'], 'class': thread['class'],
                            'holds_gil': thread['holds_gil'], 'truncated': thread.get('truncated'),
                            'frames': [shown(frame) for frame in thread['frames']]}
            for thread in snapshot['threads']}


class Cores(unittest.TestCase):
    maxDiff = None
    python = None

    def sysroot(self):
        """The kernel names files as the process sees them, gcore as we do."""
        return ['--sysroot', self.python.root] if self.python.root else []

    def live(self, puppet):
        return [spyhop.snapshot(puppet.pid), spyhop.snapshot(puppet.pid, '--native')]

    def assert_same_process(self, live, core, path):
        self.assertEqual([], schema.snapshot_complaints(core))
        self.assertEqual(live['target']['pid'], core['target']['pid'])
        self.assertEqual(live['target']['python'], core['target']['python'])
        self.assertEqual(live['target']['command'], core['target']['command'])
        self.assertEqual(path, core['core']['file'])

    def test_gcore_shows_what_the_live_process_shows(self):
        with at_rest(self.python) as puppet:
            plain, native = self.live(puppet)
            path, lost = gcore(puppet)
            for live, options in ((plain, []), (native, ['--native'])):
                core = of_core(path, *options, said='only zeros for a stack' if lost else '')
                self.assert_same_process(live, core, path)
                self.assertNotIn('signal', core['core'])
                before, after = by_tid(live), by_tid(core)
                if lost:
                    self.assert_no_stack_is_made_up(puppet, before, after)
                self.assertEqual(before, after)
                deepest = max(len(thread['frames']) for thread in core['threads'])
                self.assertGreater(deepest, DEPTH, 'the deep stack is there')

    def assert_no_stack_is_made_up(self, puppet, before, after):
        """gdb 13 loses the stacks of other threads than the first on glibc 2.42; Python's frames lie elsewhere but for some."""
        for tid in set(after) - {puppet.pid}:
            shown, whole = after.pop(tid), before.pop(tid)
            self.assertIsNotNone(shown['truncated'])
            frames = [[frame for frame in thread['frames'] if frame['kind'] == 'python'] for thread in (shown, whole)]
            self.assertGreater(len(frames[0]), 0)
            self.assertEqual(frames[0], frames[1][:len(frames[0])])

    def test_the_kernels_core_shows_what_the_live_process_shows_and_who_crashed(self):
        skip_without_kernel_cores()
        with at_rest(self.python) as puppet:
            plain, native = self.live(puppet)
            path = crash(puppet)
            for live, options in ((plain, []), (native, ['--native'])):
                core = of_core(path, *options, *self.sysroot())
                self.assert_same_process(live, core, path)
                self.assert_crashed(puppet, core)
                before, after = by_tid(live), by_tid(core)
                self.assert_grew(before.pop(puppet.pid), after.pop(puppet.pid))
                self.assertEqual(before, after)

    def assert_crashed(self, puppet, core):
        end = core['core']
        self.assertEqual((signal.SIGSEGV, puppet.pid), (end['signal'], end['thread']))
        if puppet.ready['user_mode']:
            self.assertEqual('0x8', end['address'])
        else:
            self.assertEqual(puppet.pid, end['sender'])
        thread = next(each for each in core['threads'] if each['tid'] == puppet.pid)
        self.assertEqual('native' if puppet.ready['user_mode'] else 'kernel', thread['class'])

    def assert_grew(self, before, after):
        """The thread that crashed has the frames up to the recursion that it had, and the crash on top of them."""
        self.assertTrue(after['holds_gil'])
        self.assertIsNone(after['truncated'])
        stacks = [[frame for frame in thread['frames'] if frame['kind'] == 'python'] for thread in (before, after)]
        self.assertEqual(*([frame for frame in stack if frame['function'] in ('deep', '<module>')] for stack in stacks))
        self.assertEqual(DEPTH + 2, len([frame for frame in stacks[1] if frame['function'] in ('deep', '<module>')]))
        functions = [frame['function'] for frame in stacks[1]]
        self.assertEqual(['crash', 'serve', 'deep'], functions[functions.index('crash'):][:3])


class Ends(unittest.TestCase):
    """What is told of the process's last moment."""

    def setUp(self):
        self.python = matrix.newest()

    def test_the_thread_that_crashed_is_told_from_the_others(self):
        skip_without_kernel_cores()
        with at_rest(self.python) as puppet:
            path = crash(puppet, 'crash in a thread')
            core = of_core(path)
            text = spyhop.run('snapshot', '--core', path).expect(spyhop.DONE).out
        crashed = next(each for each in core['threads'] if each['name'] == 'thread-crash')
        self.assertEqual(crashed['tid'], core['core']['thread'])
        self.assertIn('crash', [frame['function'] for frame in crashed['frames']])
        self.assertRegex(text, fr'Core file .*, SIGSEGV in thread {crashed["tid"]} at address 0x8, written .*, 5 threads')
        self.assertEqual(1, text.count(', got SIGSEGV'))
        self.assertRegex(text, r'Thread \d+ "thread-crash": native, holds the GIL, got SIGSEGV')

    def test_a_thread_at_work_is_at_work_and_those_that_sleep_sleep(self):
        with started(self.python, 'busy') as puppet:
            path, _ = gcore(puppet)
            threads = {thread['name']: thread for thread in of_core(path)['threads']}
        self.assertEqual('busy', threads['thread-busy']['frames'][0]['function'])
        self.assertIn(threads['thread-busy']['class'], ('python', 'native', 'gil'))
        self.assertEqual(('wait', 'sleep'), tuple(threads['thread-sleeper'][key] for key in ('class', 'wait_reason')))

    def test_threads_are_pythons_also_when_gcore_has_seen_them_from_outside_their_pid_namespace(self):
        with started(self.python, inside=['unshare', '--pid', '--fork', '--kill-child']) as puppet:
            pid = proc.children(puppet.pid)[0]
            proc.wait_all_blocked(pid)
            live = by_tid(spyhop.snapshot(pid))
            path, _ = gcore(puppet, pid)
            self.assertEqual(live, by_tid(of_core(path)))
        self.assertEqual([True] * 4, [thread['python'] for thread in live.values()])


class Files(unittest.TestCase):
    """Files that are not where they were, or are others."""

    def setUp(self):
        self.python = matrix.newest()
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.program = os.path.join(self.folder, 'program')
        shutil.copy(os.path.realpath(self.python.path), self.program)
        home = os.path.dirname(os.path.dirname(os.path.realpath(self.python.path)))
        puppet = self.enterContext(at_rest(self.python, command=[self.program, '-B'], PYTHONHOME=home))
        self.expected = by_tid(spyhop.snapshot(puppet.pid, '--native'))
        self.core, _ = gcore(puppet)

    def shown(self, *more, said=''):
        return by_tid(of_core(self.core, '--native', *more, said=said))

    def test_the_program_is_where_it_was(self):
        self.assertEqual(self.expected, self.shown())

    def test_the_program_is_gone_and_named(self):
        os.rename(self.program, self.program + '.old')
        result = spyhop.run('snapshot', '--core', self.core)
        self.assertIn(f'{self.program} cannot be opened: its code is missing; --exe FILE', result.err)
        self.assertEqual(self.expected, self.shown('--exe', self.program + '.old'))

    def test_the_program_is_another_one_now(self):
        shutil.copy('/bin/true', self.program + '.new')
        os.rename(self.program, self.program + '.old')
        os.rename(self.program + '.new', self.program)
        result = spyhop.run('snapshot', '--core', self.core)
        self.assertRegex(result.err, f'{self.program} is not the file that the process had mapped .*--exe FILE')
        self.assertEqual(self.expected, self.shown('--exe', self.program + '.old'))

    def test_the_wrong_program_is_named(self):
        result = spyhop.run('snapshot', '--core', self.core, '--exe', '/bin/true').expect(spyhop.FAILED)
        self.assertIn('--exe /bin/true is not its program', result.err)

    def test_the_files_are_below_another_root(self):
        root = os.path.join(self.folder, 'root')
        os.makedirs(root + self.folder)
        os.rename(self.program, root + self.program)
        self.assertEqual(self.expected, self.shown('--sysroot', root))

    def test_the_core_is_cut_short(self):
        """gcore's threads are at the end."""
        size = os.path.getsize(self.core)
        os.truncate(self.core, size - 100)
        result = spyhop.run('snapshot', '--core', self.core)
        self.assertRegex(result.err, 'is cut short: 100 bytes are missing')
        os.truncate(self.core, size // 2)
        result = spyhop.run('snapshot', '--core', self.core).expect(spyhop.FAILED)
        self.assertRegex(result.err, r'its list of threads is not there, \d+ bytes are missing at its end')


class Cut(unittest.TestCase):
    def test_what_is_left_of_a_kernels_core_is_shown(self):
        skip_without_kernel_cores()
        with at_rest(matrix.newest()) as puppet:
            path = crash(puppet)
            whole = by_tid(of_core(path))
            cut = 100 << 10  # of the main thread's stack, and what lies behind it
            os.truncate(path, os.path.getsize(path) - cut)
            core = of_core(path, said=f'is cut short: {cut} bytes are missing at its end')
        whole.pop(puppet.pid)
        left = by_tid(core)
        left.pop(puppet.pid)
        self.assertEqual(whole, left)


matrix.on_representatives(Cores)
del Cores

if __name__ == '__main__':
    unittest.main()
