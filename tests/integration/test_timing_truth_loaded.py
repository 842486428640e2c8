"""The same truth, within the same bounds, from a sampler whose CPU is taken away: four processes run beside it for ever."""
import unittest

import harness
import matrix
import spyhop
import truth_run

HOGS = 4
SECONDS = 4.0


def setUpModule():
    harness.can_trace()


@matrix.on_representatives
class TruthUnderLoad(unittest.TestCase):
    python = None

    def assert_true(self, scenario, known_limit=0.0):
        truth_run.assert_true(self, self.python, scenario, known_limit, hogs=HOGS, seconds=SECONDS)

    def test_python_lines(self):
        self.assert_true('lines')

    def test_four_classes_in_turn(self):
        self.assert_true('mixed')

    def test_kernel_work(self):
        self.assert_true('kernel')

    def test_it_is_not_stopped(self):
        """A stop costs a thread its place in the queue for a CPU: at this rate two thirds of its time."""
        profile = truth_run.run(self.python, 'lines', hogs=HOGS, seconds=SECONDS).profile
        sampling = profile['sampling']
        self.assertLess(sampling['stops']['count'], sampling['rounds'] / 4, sampling)

    def test_it_is_hardly_stopped_for_native_stacks(self):
        with harness.Puppet(self.python, 'worker.py', 1, 20, 0) as puppet, harness.hogs(HOGS):
            sampling = spyhop.attach(puppet.pid, truth_run.RATE, SECONDS, '--native')['sampling']
        self.assertLess(sampling['stops']['count'], sampling['rounds'] / 4, sampling)
        self.assertGreater(sampling['stops']['count'], 0, sampling)
        self.assertGreater(sampling['truncated']['native-not-read'], sampling['rounds'] / 2, sampling)

    def test_four_threads_fight_for_the_gil(self):
        self.assert_true('fight', known_limit=truth_run.fight_limit(self.python))


if __name__ == '__main__':
    unittest.main()
