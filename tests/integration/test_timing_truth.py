"""Where the time goes is what the program itself measures, line by line and class by class: threads that work."""
import unittest

import harness
import matrix
import truth_run


def setUpModule():
    harness.can_trace()


@matrix.on_each_interpreter
class Truth(unittest.TestCase):
    python = None

    def test_python_lines_in_line_and_through_calls(self):
        truth_run.assert_true(self, self.python, 'lines')

    def test_c_calls_that_keep_the_gil(self):
        truth_run.assert_true(self, self.python, 'held')

    def test_c_calls_that_let_go_of_the_gil(self):
        truth_run.assert_true(self, self.python, 'released')

    def test_kernel_work(self):
        truth_run.assert_true(self, self.python, 'kernel')

    def test_four_threads_fight_for_the_gil(self):
        truth_run.assert_true(self, self.python, 'fight', known_limit=truth_run.fight_limit(self.python))


if __name__ == '__main__':
    unittest.main()
