"""attach --async: time by the chain of tasks, against what the tasks themselves booked, on every CPython that has them."""
import collections
import math
import os
import subprocess
import tempfile
import unittest

import harness
import matrix
import spyhop

RATE, SECONDS = 1000, 1
# A share may be off by so many deviations of a sample of that size, and a point.
DEVIATIONS, POINT = 4.9, 0.01
UNKNOWN = 'task-not-read'


def setUpModule():
    harness.can_trace()


def function(frame):
    """3.11+ has qualified names."""
    return frame['function'].rpartition('.')[2]


def in_order(names, stack):
    rest = iter(stack)
    return all(name in rest for name in names)


class Case(unittest.TestCase):
    def start(self, *shape):
        if self.python.version < (3, 7):
            self.skipTest('its tasks are not read')
        return self.enterContext(harness.Puppet(self.python, 'task_chains.py', *shape))

    def profile(self, puppet, *more):
        """Samples of the loop's thread by stack, root first, and the books of that time."""
        before = puppet.ask('books')
        profile = spyhop.attach(puppet.pid, RATE, SECONDS, '--async', '--idle', *more)
        after = puppet.ask('books')
        self.sampling = profile['sampling']
        self.stacks = self.of_thread(profile, puppet.pid)
        return {label: after[label] - before.get(label, 0) for label in after}

    def of_thread(self, profile, tid):
        stacks = collections.Counter()
        for stack in profile['stacks']:
            if stack['tid'] == tid:
                stacks[tuple(function(frame) if frame['line'] else frame['function'] for frame in stack['frames'])] += \
                    stack['samples']
        return stacks

    def samples(self, *names):
        """Those with these frames, in that order, others between them."""
        return sum(count for stack, count in self.stacks.items() if in_order(names, stack))

    def check_shares(self, books, chains):
        """Of the samples at work, so many have each chain as its label has of the books."""
        work = self.samples('burn')
        self.assertGreater(work, RATE * SECONDS / 4, self.stacks)
        for label, chain in chains.items():
            truth = books[label] / sum(books.values())
            told = self.samples(*chain, 'burn') / work
            bound = DEVIATIONS * math.sqrt(truth * (1 - truth) / work) + POINT
            self.assertLess(abs(told - truth), bound, f'{label}: told {told:.3f}, true {truth:.3f}; {self.stacks}')

    def check_kinds(self, books):
        self.check_shares(books, {label: ('[task %s]' % label, 'outer', '[task middle]', 'middle', '[task query]', 'query')
                                  for label in books})
        self.check_unknown()

    def check_unknown(self, share=0.05):
        self.assertLess(self.sampling['truncated'].get(UNKNOWN, 0), share * self.sampling['samples'] + 5)


@matrix.on_each_interpreter
class Parents(Case):
    def test_time_goes_to_who_awaits_the_task(self):
        books = self.profile(self.start('parents'))
        named = self.python.version >= (3, 8)
        self.check_shares(books, {each: ('[task %s]' % (each.upper() if named else 'handle'), 'handle',
                                         '[task query]', 'query', 'by_' + each) for each in 'ab'})
        self.check_unknown()


@matrix.on_representatives
class Kinds(Case):
    def setUp(self):
        if self.python.version < (3, 8):
            self.skipTest('its tasks have no names, or are not read')

    def test_gather_wait_shield_and_groups(self):
        books = self.profile(self.start('kinds'))
        self.check_kinds(books)
        self.assertEqual('group' in books, self.python.version >= (3, 11))

    def test_no_chain_is_another_tasks(self):
        """Queries of A and B take turns at the same addresses, every 50 to 150 us."""
        self.profile(self.start('parents', 0.00005))
        self.assertGreater(self.samples('[task A]', 'by_a'), 0)
        self.assertEqual([self.samples('[task A]', 'by_b'), self.samples('[task B]', 'by_a')], [0, 0], self.stacks)

    def test_an_eager_task(self):
        if self.python.version < (3, 12):
            self.skipTest('it has none')
        self.profile(self.start('eager'))
        eager = self.samples('eager', 'create_task', '[task at_once]', 'at_once', 'by_a', 'burn')
        self.assertGreater(eager, 0.9 * sum(self.stacks.values()), self.stacks)


class Once(Case):
    def setUp(self):
        self.python = matrix.debian()

    def check(self, *how, more=()):
        self.check_kinds(self.profile(self.start(*how, 'kinds'), *more))

    def test_tasks_written_in_python(self):
        self.check('python')

    def test_a_task_that_blocks(self):
        self.profile(self.start('blocking'))
        blocks = self.samples('[task blocking]', 'blocking', '[task block]', 'block')
        self.assertGreater(blocks, 0.9 * sum(self.stacks.values()), self.stacks)

    def test_an_idle_loop_beside_a_thread_at_work(self):
        puppet = self.start('idle')
        profile = spyhop.attach(puppet.pid, RATE, SECONDS, '--async')
        loop, = [line for line in profile['lines'] if line['function'] == '<event loop>']
        # On a full machine the step that said it was ready may take a while to its end.
        thread, = [each for each in profile['threads'] if each['tid'] == puppet.pid]
        self.assertGreater(thread['idle_s'], SECONDS / 2)
        self.assertGreater(loop['total']['idle_s'], 0.98 * thread['idle_s'])
        self.sampling, self.stacks = profile['sampling'], self.of_thread(profile, puppet.pid)
        self.check_unknown(share=0)     # the first samples may meet the task that said it was ready
        self.assertGreater(self.samples('<event loop>', '_run_once', 'select'), sum(self.stacks.values()) / 2)
        others = {stack['tid'] for stack in profile['stacks']} - {puppet.pid}
        at_work = sum((self.of_thread(profile, tid) for tid in others), collections.Counter())
        self.assertTrue(any(in_order(['alone', 'generated', 'by_a', 'burn'], stack) for stack in at_work), at_work)

    def test_without_it_stacks_are_the_threads(self):
        puppet = self.start('parents')
        stacks = self.of_thread(spyhop.attach(puppet.pid, RATE, 0.3), puppet.pid)
        self.assertFalse([stack for stack in stacks for frame in stack if frame.startswith(('[task', '<event'))])

    def test_without_stops(self):
        self.check(more=['--pause', 'never'])

    def test_native_frames_go_with_them(self):
        self.check(more=['--native'])
        self.assertFalse(self.samples('task_step'), self.stacks)
        self.assertTrue(self.samples('[task query]', 'query', 'burn', 'clock_gettime'), self.stacks)

    def test_uvloop(self):
        if subprocess.run([*self.python.command, '-c', 'import uvloop'], stderr=subprocess.DEVNULL).returncode:
            self.skipTest('no uvloop')
        self.check('uvloop')
        self.profile(self.start('uvloop', 'idle'))
        self.assertGreater(self.samples('<event loop>'), 0.9 * sum(self.stacks.values()), self.stacks)

    def test_recordings_carry_them(self):
        puppet = self.start('parents')
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
            path = os.path.join(folder, 'chains.spyhop')
            spyhop.run('attach', '-p', puppet.pid, '-d', 1, '-r', RATE, '--async', '-o', path).expect(spyhop.DONE)
            lines = spyhop.run('report', path, '-f', 'collapsed', '-o', '-').expect(spyhop.DONE).out.splitlines()
        self.assertTrue([line for line in lines if in_order(['[task A]', '[task query]'],
                         [part.partition(' (')[0] for part in line.split(';')])], lines[:5])


if __name__ == '__main__':
    unittest.main()
