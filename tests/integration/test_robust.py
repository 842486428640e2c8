"""Whatever ends spyhop or the target, at whatever instant: the target lives on, untraced, and spyhop ends in time.

SPYHOP_KILLS: random instants for each signal (20; 200 with SPYHOP_FULL=1). SPYHOP_CYCLES: attach/detach (50; 1,000).
SPYHOP_ENDINGS: targets that exit or exec at a random instant (10; 100). SPYHOP_SEED: the instants of an earlier run.
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

KILLS = matrix.amount('SPYHOP_KILLS', 20, 200)
CYCLES = matrix.amount('SPYHOP_CYCLES', 50, 1000)
ENDINGS = matrix.amount('SPYHOP_ENDINGS', 10, 100)
SEED = os.environ.get('SPYHOP_SEED') or str(random.randrange(1 << 32))
# From the first instruction of spyhop to well within sampling.
LATEST_INSTANT_S = 0.5
# What an early Ctrl-C may give: done, nothing sampled yet, killed before there was a handler.
EARLY = (spyhop.DONE, spyhop.NO_SAMPLES, 130, -signal.SIGINT)


def setUpModule():
    print(f'SPYHOP_SEED={SEED} repeats these instants', file=sys.stderr)
    harness.can_trace()


@matrix.on_representatives
class Robust(unittest.TestCase):
    python = None

    def setUp(self):
        self.random = random.Random(f'{SEED} {self.id()}')
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))

    def worker(self, *shape):
        return self.enterContext(harness.Puppet(self.python, 'worker.py', *shape))

    def assert_unharmed(self, puppet):
        """Alive, held by nobody, and its busy thread counts on."""
        self.assertIsNone(puppet.popen.poll(), f'the target died: {puppet.popen.returncode}')
        self.assertEqual(proc.held(puppet.pid), [], 'left stopped or traced: (tid, state, tracer)')
        count = puppet.ask('count', 10)
        proc.until(lambda: puppet.ask('count', 10) > count, 10, 'the busy thread makes progress')

    def attach(self, pid, *more, name='profile.json', rate=1000):
        path = os.path.join(self.folder, name)
        running = spyhop.Running('attach', '-p', pid, '-r', rate, '-f', 'json', '-o', path, *more)
        return self.enterContext(running), path

    def test_sigkill_at_random_instants(self):
        puppet = self.worker(2, 20, 5)
        for _ in range(KILLS):
            running, path = self.attach(puppet.pid)
            time.sleep(self.random.uniform(0, LATEST_INSTANT_S))
            running.popen.kill()
            running.popen.wait()
            self.assert_unharmed(puppet)
            self.assertFalse(os.path.exists(path), 'a file was written before the end')

    def test_interrupt_at_random_instants(self):
        puppet = self.worker(2, 20, 5)
        complete = 0
        for turn in range(KILLS):
            running, path = self.attach(puppet.pid, name=f'{turn}.json')
            time.sleep(self.random.uniform(0, LATEST_INSTANT_S))
            running.interrupt(signal.SIGINT)
            result = running.finish(15).expect(*EARLY)
            self.assert_unharmed(puppet)
            if result.status == spyhop.DONE:
                spyhop.load(path, result)
                complete += 1
            else:
                self.assertFalse(os.path.exists(path), f'not done, yet a file: {result}')
        self.assertGreater(complete, KILLS / 2, 'most instants lie within sampling')

    def test_sigterm_finishes_the_output(self):
        puppet = self.worker(1, 20, 0)
        running, path = self.attach(puppet.pid, rate=100)
        time.sleep(1)
        running.interrupt(signal.SIGTERM)
        spyhop.load(path, running.finish(15).expect(spyhop.DONE))
        self.assert_unharmed(puppet)

    def test_attach_and_detach_cycles(self):
        puppet = self.worker(1, 20, 5)
        for _ in range(CYCLES):
            result = spyhop.run('attach', '-p', puppet.pid, '-r', 1000, '-d', 0.02, '-q', seconds=15)
            result.expect(spyhop.DONE, spyhop.NO_SAMPLES)
            self.assertEqual(proc.held(puppet.pid), [])
        self.assert_unharmed(puppet)

    def test_a_thousand_threads_a_second(self):
        puppet = self.worker(0, 20, 5)
        puppet.ask('churn')
        running, path = self.attach(puppet.pid, '-d', 3)
        before = puppet.ask('churned')
        result = running.finish().expect(spyhop.DONE)
        self.assertGreater(puppet.ask('churned') - before, 300, 'the target hardly created threads')
        self.assertGreater(spyhop.load(path, result)['sampling']['samples'], 0)
        self.assertEqual(proc.held(puppet.pid), [])

    def test_exit_at_random_instants(self):
        for turn in range(ENDINGS):
            puppet = self.worker(1, 20, 3)
            running, path = self.attach(puppet.pid, name=f'{turn}.json')
            time.sleep(self.random.uniform(0, LATEST_INSTANT_S))
            puppet.write_line('leave 7')
            self.assertEqual(puppet.wait(20), 7, puppet.written_errors())
            result = running.finish(15).expect(spyhop.DONE, spyhop.NO_PROCESS, spyhop.NOT_PYTHON, spyhop.NO_SAMPLES)
            if result.status == spyhop.DONE:
                spyhop.load(path, result)
            else:
                self.assertIn(str(puppet.pid), result.err)

    def test_exec_at_random_instants(self):
        for turn in range(ENDINGS):
            puppet = self.worker(1, 20, 3)
            running, path = self.attach(puppet.pid, '-d', 1, name=f'{turn}.json')
            time.sleep(self.random.uniform(0, LATEST_INSTANT_S))
            puppet.write_line(f'exec {self.python.path} {puppet.script} 1 5 1')
            self.assertTrue(puppet.read_line(20).startswith('ready'))
            result = running.finish(20).expect(spyhop.DONE, spyhop.NO_SAMPLES, spyhop.NOT_PYTHON)
            if result.status == spyhop.DONE:
                spyhop.load(path, result)
            self.assert_unharmed(puppet)
            puppet.close()

    def test_fork_while_sampled(self):
        puppet = self.worker(1, 20, 3)
        running, path = self.attach(puppet.pid, '-d', 1.5)
        children = [puppet.ask('fork') for _ in range(20)]
        profile = spyhop.load(path, running.finish().expect(spyhop.DONE))
        for child in children:
            self.assertEqual(proc.held(child), [], 'a child was left stopped or traced')
            self.assertEqual(proc.state(child), 'R')
        self.assertEqual({target['pid'] for target in profile['targets']}, {puppet.pid}, 'children need -s')
        self.assert_unharmed(puppet)


if __name__ == '__main__':
    unittest.main()
