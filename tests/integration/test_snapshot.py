"""Snapshots for operators: of processes that are held, of children, and several of them in a row."""
import json
import os
import signal
import subprocess
import unittest

import harness
import matrix
import proc
import schema
import spyhop

# Where a cgroup can be frozen (cgroups(7)): the folder, the file, and the words for it.
FREEZERS = (('/sys/fs/cgroup/freezer', 'freezer.state', 'FROZEN', 'THAWED'),
            ('/sys/fs/cgroup/unified', 'cgroup.freeze', '1', '0'),
            ('/sys/fs/cgroup', 'cgroup.freeze', '1', '0'))


def setUpModule():
    harness.can_trace()


def write(path, text):
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


def freezers():
    """Those of this machine that may be written to."""
    return [each for each in FREEZERS if os.access(os.path.join(each[0], 'cgroup.procs'), os.W_OK)]


def functions(thread):
    return [frame['function'] for frame in thread['frames']]


class Case(unittest.TestCase):
    def worker(self, *shape):
        return self.enterContext(harness.Puppet(matrix.newest(), 'worker.py', *shape))


class Crowded(Case):
    def test_where_cpus_are_short_nothing_is_stopped(self):
        puppet = self.worker(1, 20, 2)
        busy = puppet.ask('tids')['busy'][0]
        spared = 0
        with harness.hogs(2 * os.cpu_count()):
            for _ in range(7):
                shown = spyhop.snapshot(puppet.pid)
                thread = next(each for each in shown['threads'] if each['tid'] == busy)
                self.assertEqual(sum(name.endswith('descend') for name in functions(thread)), 20)
                spared += shown['stopped_us'] == 0
        self.assertGreaterEqual(spared, 5, 'its CPU may be out of reach once, and a hog asleep for an instant')


class Held(Case):
    """A process in which no time passes: its stacks are there, and what holds it is said."""

    def setUp(self):
        self.puppet = self.worker(1, 20, 2)
        self.tids = self.puppet.ask('tids')
        self.before = spyhop.snapshot(self.puppet.pid)
        self.assertEqual(self.before['held'], '')

    def look(self, *says):
        for more in ((), ('--native',), ('--pause', 'never')):
            shown = spyhop.snapshot(self.puppet.pid, *more)
            self.assertEqual(schema.snapshot_complaints(shown), [])
            for word in says:
                self.assertIn(word, shown['held'])
            threads = {thread['tid']: thread for thread in shown['threads']}
            busy = threads[self.tids['busy'][0]]
            self.assertEqual((busy['class'], busy['wait_reason']), ('wait', 'stopped'))
            self.assertEqual(sum(name.endswith('descend') for name in functions(busy)), 20)
            for tid in self.tids['asleep']:
                self.assertTrue(any(name.endswith('park') for name in functions(threads[tid])), threads[tid])
        said = ' '.join(spyhop.run('snapshot', '-p', self.puppet.pid).expect(spyhop.DONE).out.split())
        self.assertIn('no time passes in it', said)

    def test_stopped_by_a_signal(self):
        os.kill(self.puppet.pid, signal.SIGSTOP)
        proc.until(lambda: proc.state(self.puppet.pid) == 'T', 20, 'it is stopped')
        self.addCleanup(os.kill, self.puppet.pid, signal.SIGCONT)
        self.look('stopped by a signal', f'kill -CONT {self.puppet.pid}')
        self.assertEqual(proc.state(self.puppet.pid), 'T', 'a snapshot must not let it go on')

    def test_in_the_hands_of_a_debugger(self):
        gdb = self.enterContext(harness.Process(
            ['gdb', '-q', '-nx', '-batch', '-p', str(self.puppet.pid), '-ex', 'echo held\\n', '-ex', 'shell read x'],
            stderr=subprocess.DEVNULL))
        while gdb.read_line(60) != 'held':
            pass
        self.look('stopped in the hands of process', '(gdb)')
        gdb.write_line('go on')
        gdb.wait()
        self.assertEqual(spyhop.snapshot(self.puppet.pid)['held'], '')

    def test_in_a_frozen_cgroup(self):
        if not freezers():
            self.skipTest('no cgroup can be frozen here: no freezer is mounted, or it may not be written to')
        for mount, file, freeze, thaw in freezers():
            with self.subTest(mount):
                self.freeze(os.path.join(mount, f'spyhop-{os.getpid()}'), mount, file, freeze, thaw)

    def freeze(self, folder, mount, file, freeze, thaw):
        os.mkdir(folder)
        try:
            write(os.path.join(folder, 'cgroup.procs'), str(self.puppet.pid))
            write(os.path.join(folder, file), freeze)
            proc.until(lambda: spyhop.snapshot(self.puppet.pid)['held'], 20, 'it is frozen')
            self.look('frozen cgroup')
        finally:
            write(os.path.join(folder, file), thaw)
            write(os.path.join(mount, 'cgroup.procs'), str(self.puppet.pid))
            os.rmdir(folder)


class Several(Case):
    def series(self, *arguments):
        lines = spyhop.run('snapshot', '--json', *arguments).expect(spyhop.DONE).out.splitlines()
        return [json.loads(line) for line in lines]

    def test_who_did_not_move_is_told(self):
        puppet = self.worker(1, 20, 2)
        tids = puppet.ask('tids')
        *snapshots, series = self.series('-p', puppet.pid, '--repeat', 4, '--every', '0.2')
        self.assertEqual([each['schema'] for each in snapshots], ['spyhop.snapshot/1'] * 4)
        self.assertEqual(schema.series_complaints(series), [])
        self.assertEqual(series['snapshots'], 4)
        # From the first look to the last, each a little after its instant.
        self.assertGreater(series['duration_s'], 0.3)
        threads = {thread['tid']: thread for thread in series['threads']}
        for tid in tids['asleep']:
            self.assertEqual((threads[tid]['moved'], threads[tid]['ran'], threads[tid]['cpu_s']), (False, False, 0))
        busy = threads[tids['busy'][0]]
        self.assertTrue(busy['ran'])
        self.assertGreater(busy['cpu_s'], 0)
        self.assertLessEqual(busy['cpu_s'], series['duration_s'] * 1.1)

    def test_the_summary_for_a_person(self):
        puppet = self.worker(0, 0, 2)
        out = spyhop.run('snapshot', '-p', puppet.pid, '--repeat', 2, '--every', '100ms').expect(spyhop.DONE).out
        self.assertIn(f'Process {puppet.pid}, 2 snapshots in 0.', out)
        self.assertIn('3 of 3 threads did not move', out)
        self.assertIn('has not run', out)

    def test_an_interrupt_ends_it_with_the_summary(self):
        puppet = self.worker(0, 0, 1)
        running = self.enterContext(spyhop.Running('snapshot', '-p', puppet.pid, '--repeat', 0, '--every', '50ms'))
        proc.until(lambda: os.fstat(running.out.fileno()).st_size > 2000, 20, 'some snapshots')
        running.interrupt(signal.SIGINT)
        self.assertIn('2 of 2 threads did not move', running.finish().expect(spyhop.DONE).out)

    def test_the_end_of_the_process_ends_it_with_the_summary(self):
        puppet = self.worker(0, 0, 1)
        running = self.enterContext(spyhop.Running('snapshot', '-p', puppet.pid, '--repeat', 0, '--every', '50ms'))
        proc.until(lambda: os.fstat(running.out.fileno()).st_size > 2000, 20, 'some snapshots')
        puppet.close()
        result = running.finish().expect(spyhop.DONE)
        self.assertIn('2 of 2 threads did not move', result.out)
        self.assertIn(f'process {puppet.pid} has ended', result.err)

    def test_children_and_theirs_are_taken_too(self):
        python = matrix.newest()
        grandchild = 'import sys; print("ready", flush=True); sys.stdin.read()'
        child = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {grandchild!r}])'
        parent = self.enterContext(harness.Process(
            ['sh', '-c', 'cat >/dev/null & "$@"; wait', 'sh', *python.command, '-c', child]))
        self.assertEqual(parent.read_line(), 'ready')
        pids = {shown['target']['pid'] for shown in self.series('-s', '-p', proc.descendants(parent.pid)[-1])}
        pythons = {pid for pid in proc.descendants(parent.pid) if 'python' in os.readlink(f'/proc/{pid}/exe')}
        self.assertEqual(len(pythons), 2)
        result = spyhop.run('snapshot', '--json', '-s', '-p', parent.pid)
        self.assertEqual(result.status, spyhop.NOT_PYTHON)
        self.assertEqual({json.loads(line)['target']['pid'] for line in result.out.splitlines()}, pythons)
        self.assertLess(pids, pythons)


if __name__ == '__main__':
    unittest.main()
