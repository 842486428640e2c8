"""System calls a round: no more than 14 with one busy thread, whatever the depth, and one for each thread that slept on.

Two runs of different lengths are subtracted, so that what is done once (finding, writing) does not count.
"""
import unittest

import harness
import matrix
import proc
import syscalls

A_ROUND = 14
RATE = 200
SHORT, LONG = 1.0, 3.0
# Work done once a second or so (new threads, changed maps) is spread over its rounds.
NOW_AND_THEN = 0.5


def setUpModule():
    harness.can_trace()


@matrix.on_representatives
class CallsARound(unittest.TestCase):
    python = None

    def setUp(self):
        if self.python.minor < (3, 11):
            self.skipTest('before 3.11 frames are objects: the depth costs calls')

    def calls_a_round(self, depth, sleepers):
        with harness.Puppet(self.python, 'worker.py', 1, depth, sleepers) as puppet:
            proc.wait_all_blocked(puppet.pid, but=puppet.ask('tids')['busy'])
            (short, few), (long, many) = (syscalls.attach(puppet.pid, RATE, length) for length in (SHORT, LONG))
        rounds = many['sampling']['rounds'] - few['sampling']['rounds']
        self.assertGreater(rounds, 100, f'{few["sampling"]} {many["sampling"]}')
        more = long.counts()
        more.subtract(short.counts())
        table = {name: round(count / rounds, 2) for name, count in more.most_common() if abs(count) > rounds / 100}
        return sum(more.values()) / rounds, table

    def assert_within(self, depth, sleepers):
        # The main thread waits for a command: one thread that slept on.
        bound = A_ROUND + sleepers + 1 + NOW_AND_THEN
        calls, table = self.calls_a_round(depth, sleepers)
        self.assertLessEqual(calls, bound, f'{calls:.2f} calls a round; by name: {table}')

    def test_one_busy_thread_at_depth_20(self):
        self.assert_within(20, 0)

    def test_one_busy_thread_at_depth_500(self):
        self.assert_within(500, 0)

    def test_one_call_for_each_sleeper(self):
        self.assert_within(20, 50)


if __name__ == '__main__':
    unittest.main()
