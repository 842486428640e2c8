"""Where the time goes is what the program itself measures: threads that wait, come and go, and hand over."""
import unittest

import harness
import matrix
import truth_run


def setUpModule():
    harness.can_trace()


@matrix.on_each_interpreter
class TruthOfWaits(unittest.TestCase):
    python = None

    def test_sleeps_descriptors_locks_joins_queues_children(self):
        truth_run.assert_true(self, self.python, 'waits')

    def test_lines_of_four_classes_in_turn(self):
        truth_run.assert_true(self, self.python, 'mixed')

    def test_main_thread_in_join_while_others_work(self):
        truth_run.assert_true(self, self.python, 'joined')

    def test_c_calls_that_hand_the_gil_over(self):
        if self.python.minor == (2, 7) and self.python.root:
            self.skipTest('stripped: the lock of the GIL has no name, and here nobody waits for it but at calls')
        truth_run.assert_true(self, self.python, 'handover')

    def test_threads_that_live_5_ms(self):
        # "Known limits" in docs/time-classes.md.
        limit = 0.05 if self.python.minor == (2, 7) else 0.03
        truth_run.assert_true(self, self.python, 'brief', known_limit=limit)

    def test_an_event_loop(self):
        if self.python.minor < (3, 6):
            self.skipTest('no asyncio')
        truth_run.assert_true(self, self.python, 'loop')


if __name__ == '__main__':
    unittest.main()
