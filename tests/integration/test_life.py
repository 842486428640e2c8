"""A target's life while it is watched: threads come and go, it execs, it ends, it is watched again."""
import os
import signal
import tempfile
import time
import unittest

import harness
import interpreters
import matrix
import proc
import spyhop


def setUpModule():
    harness.can_trace()


def functions(profile):
    return {frame['function'].rpartition('.')[2] for stack in profile['stacks'] for frame in stack['frames']}


@matrix.on_representatives
class Life(unittest.TestCase):
    python = None

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.path = os.path.join(self.folder, 'profile.json')

    def worker(self, *shape):
        return self.enterContext(harness.Puppet(self.python, 'worker.py', *shape))

    def attach(self, pid, *more):
        return self.enterContext(spyhop.Running('attach', '-p', pid, '-r', 200, '-f', 'json', '--stacks', '-o', self.path,
                                                *more))

    def interrupted(self, running):
        """The profile of a run that is ended as by Ctrl-C."""
        running.interrupt(signal.SIGINT)
        return spyhop.load(self.path, running.finish().expect(spyhop.DONE))

    def test_threads_that_start_later_are_seen_and_those_that_end_are_kept(self):
        puppet = self.worker(1, 5, 0)
        early = puppet.ask('grow early bird')
        running = self.attach(puppet.pid)
        running.await_rounds()
        time.sleep(0.5)
        late = puppet.ask('grow late bird')
        time.sleep(0.7)
        puppet.ask('shrink')
        time.sleep(0.4)
        profile = self.interrupted(running)
        threads = {thread['tid']: thread for thread in profile['threads']}
        self.assertEqual(threads[early]['name'], 'early bird')
        self.assertEqual(threads[late]['name'], 'late bird')
        self.assertLess(threads[late]['observed_s'], threads[early]['observed_s'] - 0.4)
        self.assertIn('newcomer', functions(profile))

    def test_a_thread_that_takes_its_name_late_has_it(self):
        puppet = self.worker(1, 5, 0)
        running = self.attach(puppet.pid)
        running.await_rounds()
        late = puppet.ask('grow_late tardy')
        time.sleep(1.2)
        puppet.ask('shrink')
        time.sleep(0.3)
        profile = self.interrupted(running)
        names = {thread['tid']: thread['name'] for thread in profile['threads']}
        self.assertEqual(names[late], 'tardy')

    def test_exec_of_a_python_is_followed_and_told(self):
        puppet = self.worker(1, 5, 0)
        running = self.attach(puppet.pid)
        running.await_rounds()
        puppet.write_line(f'exec {self.python.path} {puppet.workspace.inside("churn.py")} functions 1')
        self.assertTrue(puppet.read_line().startswith('ready'))
        proc.until(lambda: '(exec)' in running.said(), 20, 'the exec is told')
        running.await_rounds(100)
        running.interrupt(signal.SIGINT)
        result = running.finish().expect(spyhop.DONE)
        profile = spyhop.load(self.path, result)
        self.assertLessEqual({'descend', 'alpha_1'}, functions(profile), 'both programs are in the profile')
        self.assertRegex(result.err, r'(?i)exec')
        self.assertIn(str(puppet.pid), result.err)

    def test_exec_of_something_else_ends_sampling_with_a_whole_output(self):
        puppet = self.worker(1, 5, 0)
        running = self.attach(puppet.pid)
        running.await_rounds()
        busy = '/usr/bin/md5sum /dev/zero' if not self.python.root else self.python.path + ' -c input()'
        puppet.write_line(f'exec {busy}')
        if self.python.root:
            time.sleep(0.5)
            running.interrupt(signal.SIGINT)
        result = running.finish(20).expect(spyhop.DONE)
        profile = spyhop.load(self.path, result)
        self.assertIn('descend', functions(profile))
        main = next(thread for thread in profile['threads'] if thread['tid'] == puppet.pid)
        self.assertLess(main['cpu_s'], 0.5, 'what the other program used is not the first one\'s')
        self.assertEqual(proc.held(puppet.pid), [])

    def test_the_targets_end_is_the_end_and_no_error(self):
        puppet = self.worker(1, 5, 0)
        running = self.attach(puppet.pid)
        running.await_rounds()
        puppet.write_line('leave 0')
        self.assertEqual(puppet.wait(20), 0)
        result = running.finish(10).expect(spyhop.DONE)
        self.assertIn('descend', functions(spyhop.load(self.path, result)))

    def test_it_can_be_watched_again_and_by_two(self):
        puppet = self.worker(1, 5, 0)
        for _ in range(3):
            self.assertIn('descend', functions(spyhop.attach(puppet.pid, 100, 0.4)))
        first = self.attach(puppet.pid, '-d', 1)
        self.assertIn('descend', functions(spyhop.attach(puppet.pid, 100, 0.5)))
        self.assertIn('descend', functions(spyhop.load(self.path, first.finish().expect(spyhop.DONE))))

    def test_another_pid_and_mount_namespace(self):
        if self.python.root:
            self.skipTest('a chroot has no /proc to mount over')
        inside = harness.Workspace(self.python)
        self.addCleanup(inside.close)
        # The root of a chroot is no mount point, whose propagation could be changed; that of /proc is (unshare(1)).
        command = ['unshare', '-p', '-f', '-m', '--propagation', 'unchanged', '--mount-proc', '--kill-child',
                   *self.python.command]
        puppet = self.enterContext(harness.Puppet(self.python, 'worker.py', 1, 5, 2, workspace=inside, command=command))
        self.assertEqual(puppet.ready['pid'], 1, 'first in its namespace')
        outer = proc.until(lambda: proc.children(puppet.pid), 5, 'the namespace has a process')[0]
        self.assertEqual(proc.inner_pid(outer), 1)
        shown = spyhop.snapshot(outer)
        self.assertEqual(sorted(thread['tid'] for thread in shown['threads']), proc.tasks(outer))
        self.assertEqual(sorted(thread['name'] for thread in shown['threads']),
                         ['MainThread', 'asleep', 'asleep', 'busy'])
        self.assertTrue(all(thread['frames'] for thread in shown['threads']), shown)
        self.assertIn('descend', functions(spyhop.attach(outer, 100, 0.5)))


class OtherPython(unittest.TestCase):
    """Exec from one version to another: nothing of the first may be used to read the second."""

    def test_exec_of_another_version(self):
        pythons = [each for each in interpreters.discover() if not each.root]
        if len(pythons) < 2:
            self.skipTest('needs two interpreters')
        for first, second in zip(pythons, pythons[1:] + pythons[:1]):
            with self.subTest(first=first.name, second=second.name), harness.Puppet(first, 'worker.py', 1, 5, 0) as puppet:
                with spyhop.Running('attach', '-p', puppet.pid, '-r', 200, '-d', 2, '-f', 'json', '--stacks',
                                    '-o', '-') as it:
                    it.await_rounds()
                    puppet.write_line(f'exec {second.path} {puppet.workspace.inside("churn.py")} functions 1')
                    self.assertTrue(puppet.read_line().startswith('ready'))
                    profile = it.finish().expect(spyhop.DONE).json()
                self.assertLessEqual({'descend', 'alpha_1'}, functions(profile))


if __name__ == '__main__':
    unittest.main()
