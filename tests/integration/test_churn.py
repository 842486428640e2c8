"""No stack that could not exist: two alternating chains, sampled at 1 kHz, judged frame by frame.

SPYHOP_CHURN_SAMPLES sets how many samples each run asks for (2,000; 20,000 with SPYHOP_FULL=1, the figure promised).
"""
import os
import unittest

import churn_model
import harness
import matrix
import spyhop

SAMPLES = matrix.amount('SPYHOP_CHURN_SAMPLES', 2000, 20000)
RATE = 1000
PROMISED = 20000


def setUpModule():
    harness.can_trace()


@matrix.on_each_interpreter
class Churn(unittest.TestCase):
    python = None

    def sample(self, variant, threads, *options):
        """The profile of one run and what the model makes of it."""
        with harness.Puppet(self.python, 'churn.py', variant, threads) as puppet:
            profile = spyhop.attach(puppet.pid, RATE, 1.1 * SAMPLES / RATE / threads, *options)
            self.assertIsNone(puppet.popen.poll(), 'the target died')
        model = churn_model.ChurnModel(os.path.join(harness.PUPPETS, 'churn.py'), variant)
        kept, wrong, chains, example = churn_model.classify(model, profile['stacks'])
        self.assertGreater(kept, 0.3 * SAMPLES, f'too few samples to judge by; sampling: {profile["sampling"]}')
        for chain in model.chains:
            self.assertGreater(chains.get(chain, 0), 0.15 * kept, f'half of the time is in {chain}: {chains}')
        return profile['sampling'], kept, wrong, example

    def assert_none_impossible(self, variant, threads):
        sampling, kept, wrong, example = self.sample(variant, threads)
        self.assertEqual(sum(wrong.values()), 0, self.describe(kept, wrong, example))
        left_out = sum(sampling['truncated'].values()) + sum(sampling['lost'].values())
        self.assertLess(left_out, 0.02 * kept + 5, f'truth by omission: {sampling}')

    def describe(self, kept, wrong, example):
        shown = '\n'.join(f'  {frame["file"]}:{frame["line"]} {frame["function"]}' for frame in example or [])
        return f'impossible stacks of {kept}: {wrong}; one of them, root first:\n{shown}'

    def test_functions_in_one_thread(self):
        self.assert_none_impossible('functions', 1)

    def test_functions_in_four_threads(self):
        self.assert_none_impossible('functions', 4)

    def test_methods_in_one_thread(self):
        self.assert_none_impossible('methods', 1)

    def test_generators_in_four_threads(self):
        self.assert_none_impossible('generators', 4)

    def test_without_stops_less_than_one_in_a_thousand_and_what_was_rejected_is_counted(self):
        for threads in (1, 4):
            with self.subTest(threads=threads):
                sampling, kept, wrong, example = self.sample('functions', threads, '--pause=never')
                self.assertEqual(sampling['stops']['count'], 0)
                allowed = kept / 1000 if kept >= 0.9 * PROMISED else churn_model.most_expected(kept, 0.001)
                self.assertLessEqual(sum(wrong.values()), allowed, self.describe(kept, wrong, example))
                rejected = sum(sampling['lost'].values()) + sum(sampling['truncated'].values())
                self.assertGreater(rejected, 0, f'a churning stack must be refused sometimes: {sampling}')


if __name__ == '__main__':
    unittest.main()
