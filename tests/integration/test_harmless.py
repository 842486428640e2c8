"""Do no harm, seen from the kernel: what spyhop calls, and that no call of the target is cut short.

SPYHOP_EINTR_SECONDS: how long the EINTR puppets are watched (4; 60 with SPYHOP_FULL=1).
"""
import os
import unittest

import harness
import matrix
import proc
import spyhop
import syscalls

EINTR_SECONDS = matrix.amount('SPYHOP_EINTR_SECONDS', 4, 60)
SLEEPERS = 20


def setUpModule():
    harness.can_trace()


class StopRules:
    """One traced run of a worker with sleepers, looked at from several sides."""
    python = None
    busy_threads = 1

    @classmethod
    def setUpClass(cls):
        if 'free-threaded' in cls.python.flags:
            raise unittest.SkipTest('without a GIL every running thread is stopped')
        puppet = cls.enterClassContext(harness.Puppet(cls.python, 'worker.py', cls.busy_threads, 20, SLEEPERS))
        roles = puppet.ask('tids')
        proc.wait_all_blocked(puppet.pid, but=roles['busy'])
        cls.puppet, cls.busy, cls.tids = puppet, set(roles['busy']), proc.tasks(puppet.pid)
        cls.trace, cls.profile = syscalls.attach(puppet.pid, 200, 1.5)

    def test_only_threads_that_run_are_interrupted(self):
        stopped = {tid for _, tid in self.trace.ptrace(*syscalls.STOPPING)}
        self.assertTrue(stopped, 'no stop at all: the test saw nothing')
        self.assertEqual(stopped - self.busy, set(), f'blocked threads were stopped; busy: {self.busy}')

    def test_there_is_at_most_one_stop_a_round(self):
        interrupts = len(self.trace.ptrace('PTRACE_INTERRUPT'))
        self.assertLessEqual(interrupts, self.profile['sampling']['rounds'])
        self.assertEqual(interrupts, self.profile['sampling']['stops']['count'])

    def test_nothing_stays_attached(self):
        self.assertEqual(self.trace.unpaired(), {})
        self.assertEqual(proc.held(self.puppet.pid), [])

    def test_the_target_is_not_written_to_nor_signalled(self):
        self.assertEqual(self.trace.harmful(self.puppet.pid, self.tids), [])

    def test_with_native_stacks_only_threads_that_run_are_interrupted(self):
        trace, profile = syscalls.attach(self.puppet.pid, 200, 1.0, '--native')
        self.assertEqual({tid for _, tid in trace.ptrace(*syscalls.STOPPING)} - self.busy, set())
        self.assertEqual(trace.unpaired(), {})
        self.assertEqual(trace.harmful(self.puppet.pid, self.tids), [])
        whole = profile['sampling']['samples'] - sum(profile['sampling']['truncated'].values())
        self.assertGreater(whole, 0, profile['sampling'])

    @unittest.skipIf(os.environ.get('SPYHOP_SANITIZE') == 'thread', "tsan's runtime maps its shadow memory when it likes")
    def test_while_the_target_is_stopped_it_is_only_read(self):
        for more in ([], ['--native']):
            trace, _ = syscalls.attach(self.puppet.pid, 200, 0.5, *more)
            self.assertEqual(set(trace.while_stopped()) - {'wait4', 'process_vm_readv', 'rt_sigtimedwait', 'ptrace'}, set())

    def test_pause_never_stops_nothing(self):
        trace, profile = syscalls.attach(self.puppet.pid, 200, 0.5, '--pause=never', calls='ptrace,process_vm_readv')
        self.assertEqual(trace.ptrace(), [])
        self.assertGreater(profile['sampling']['samples'], 0)


@matrix.on_representatives
class OneBusyThread(StopRules, unittest.TestCase):
    """It holds the GIL whenever it runs."""


@matrix.on_representatives
class FightingThreads(StopRules, unittest.TestCase):
    """Four threads want the GIL: still one stop a round, of the holder."""
    busy_threads = 4


@matrix.on_representatives
class SystemCallsOfTheTarget(unittest.TestCase):
    python = None

    def test_no_epoll_wait_returns_eintr(self):
        self.assert_no_eintr()

    def test_nor_with_native_stacks(self):
        self.assert_no_eintr('--native')

    def assert_no_eintr(self, *more):
        with harness.Puppet(self.python, 'eintr.py') as puppet:
            before = puppet.ask('counts')
            profile = spyhop.attach(puppet.pid, 1000, EINTR_SECONDS, *more)
            after = puppet.ask('counts')
        for role in ('blocked', 'alternating'):
            calls, cut = (now - then for now, then in zip(after[role], before[role]))
            self.assertGreater(calls, 5 * EINTR_SECONDS, f'{role}: too few calls to judge by')
            self.assertEqual(cut, 0, f'{role}: {cut} of {calls} calls returned EINTR; {profile["sampling"]}')

    def test_a_snapshot_interrupts_no_call(self):
        with harness.Puppet(self.python, 'eintr.py') as puppet:
            for _ in range(10):
                spyhop.snapshot(puppet.pid)
            counts = puppet.ask('counts')
        self.assertEqual([cut for _, cut in counts.values()], [0, 0], counts)


if __name__ == '__main__':
    unittest.main()
