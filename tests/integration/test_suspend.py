"""Ctrl-Z: a Spyhop that is stopped holds no thread of the target, and what happens meanwhile is in no figure.

SPYHOP_SUSPENSIONS: at so many random instants (40; 400 with SPYHOP_FULL=1). SPYHOP_SEED: those of an earlier run.
"""
import os
import random
import signal
import sys
import tempfile
import time
import unittest

import harness
import matrix
import proc
import spyhop

SUSPENSIONS = matrix.amount('SPYHOP_SUSPENSIONS', 40, 400)
SEED = os.environ.get('SPYHOP_SEED') or str(random.randrange(1 << 32))
LONGEST_WAIT_S = 0.03
LONGEST_QUEUE_S = 0.02


def setUpModule():
    print(f'SPYHOP_SEED={SEED} repeats these instants', file=sys.stderr)
    harness.can_trace()


class Suspend(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(f'{SEED} {self.id()}')
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.asleep = 0.0

    def worker(self, *shape):
        return self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', *shape))

    def start(self, *arguments, **options):
        """In a process group of its own within our session: the kernel does not stop an orphaned one."""
        options = {'start_new_session': False, 'process_group': 0, **options}
        return self.enterContext(spyhop.Running(*arguments, **options))

    def suspend(self, running):
        running.interrupt(signal.SIGTSTP)
        proc.until(lambda: all(proc.state(running.pid, tid) == 'T' for tid in proc.tasks(running.pid)), 10,
                   f'spyhop is stopped; {running.said()}')

    def suspend_and_look(self, running, puppets):
        self.suspend(running)
        begin = time.monotonic()
        for puppet in puppets:
            self.assertEqual(proc.held(puppet.pid), [], 'held by a stopped spyhop: (tid, state, tracer)')
            count = puppet.ask('count', 10)
            proc.until(lambda before=count, asked=puppet: asked.ask('count', 10) > before, 10, 'the target makes progress')
        self.asleep += time.monotonic() - begin
        running.interrupt(signal.SIGCONT)
        proc.until(lambda: proc.state(running.pid) != 'T', 10, 'spyhop goes on')

    def attach(self, puppets, *more, **options):
        path = os.path.join(self.folder, 'profile.json')
        pids = [word for puppet in puppets for word in ('-p', puppet.pid)]
        running = self.start('attach', *pids, '-r', 2000, '-f', 'json', '-o', path, *more, **options)
        running.await_rounds()
        return running, path

    def suspend_often(self, puppets, *more):
        begin = time.monotonic()
        running, path = self.attach(puppets, *more)
        for _ in range(SUSPENSIONS):
            time.sleep(self.random.uniform(0, LONGEST_WAIT_S))
            self.suspend_and_look(running, puppets)
        running.await_rounds()
        running.interrupt(signal.SIGINT)
        result = running.finish(30).expect(spyhop.DONE)
        return spyhop.load(path, result), time.monotonic() - begin

    def test_at_random_instants(self):
        profile, took = self.suspend_often([self.worker(2, 20, 3)])
        self.assertLess(profile['duration_s'], took - self.asleep)
        for thread in profile['threads']:
            self.assertLess(thread['cpu_s'], 1.02 * profile['duration_s'], thread)
            # A wait for a CPU is counted when it ends, so one that began in a pause is counted whole.
            self.assertLess(thread['observed_s'] - thread['runq_s'], 1.02 * profile['duration_s'], thread)
            self.assertLess(thread['observed_s'], 1.02 * profile['duration_s'] + SUSPENSIONS * LONGEST_QUEUE_S, thread)
        self.assertEqual(len({thread['tid'] for thread in profile['threads']}), len(profile['threads']),
                         'one row a thread, before and after')

    def test_several_targets(self):
        self.suspend_often([self.worker(1, 20, 0), self.worker(1, 5, 2)])

    def test_with_native_stacks(self):
        self.suspend_often([self.worker(1, 20, 1)], '--native')

    def test_snapshots(self):
        puppet = self.worker(2, 20, 3)
        running = self.start('snapshot', '-p', puppet.pid, '--repeat', 100000, '--every', 0.005)
        for _ in range(SUSPENSIONS):
            time.sleep(self.random.uniform(0, LONGEST_WAIT_S))
            self.suspend_and_look(running, [puppet])
        running.interrupt(signal.SIGINT)
        running.finish(30).expect(spyhop.DONE)

    def test_time_asleep_is_in_no_figure(self):
        puppet = self.worker(1, 20, 1)
        path = os.path.join(self.folder, 'profile.json')
        running = self.start('attach', '-p', puppet.pid, '-r', 200, '-d', 2, '-f', 'json', '-o', path)
        running.await_rounds()
        self.suspend(running)
        time.sleep(3)
        running.interrupt(signal.SIGCONT)
        result = running.finish(30).expect(spyhop.DONE)
        profile = spyhop.load(path, result)
        self.assertRegex(result.err, r'sampling paused for [3-9]\.\d s, of which nothing is told')
        self.assertAlmostEqual(profile['duration_s'], 2, delta=0.1)
        self.assertLess(profile['sampling']['late_rounds'], 20)
        self.assertGreater(profile['sampling']['rounds'], 300)
        for thread in profile['threads']:
            self.assertAlmostEqual(thread['observed_s'], 2, delta=0.2, msg=thread)

    def test_the_target_ends_meanwhile(self):
        puppet = self.worker(1, 20, 1)
        running, path = self.attach([puppet])
        self.suspend(running)
        puppet.popen.kill()
        puppet.popen.wait()
        running.interrupt(signal.SIGCONT)
        spyhop.load(path, running.finish(30).expect(spyhop.DONE))

    def test_a_slow_sampler_is_stopped_soon(self):
        puppet = self.worker(1, 20, 1)
        running = self.start('attach', '-p', puppet.pid, '-r', 0.2)
        proc.until(lambda: len(proc.tasks(running.pid)) > 2, 20, 'spyhop samples')
        begin = time.monotonic()
        self.suspend_and_look(running, [puppet])
        self.assertLess(time.monotonic() - begin, 2)

    def test_nobody_could_continue_it(self):
        """An orphaned process group is not stopped by SIGTSTP: ssh HOST spyhop, or the first process of a container."""
        puppet = self.worker(1, 20, 1)
        running, path = self.attach([puppet], start_new_session=True, process_group=None)
        running.interrupt(signal.SIGTSTP)
        running.await_rounds(200)
        running.interrupt(signal.SIGINT)
        spyhop.load(path, running.finish(30).expect(spyhop.DONE))

    def test_ignored(self):
        puppet = self.worker(1, 20, 1)
        running, path = self.attach([puppet], prefix=['env', '--ignore-signal=TSTP'])
        running.interrupt(signal.SIGTSTP)
        running.await_rounds(200)
        running.interrupt(signal.SIGINT)
        spyhop.load(path, running.finish(30).expect(spyhop.DONE))


if __name__ == '__main__':
    unittest.main()
