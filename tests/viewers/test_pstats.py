"""Python's own pstats reads what Spyhop writes, and its figures are those of JSON."""
import context  # noqa: F401  isort:skip
import collections
import io
import pstats
import unittest

import taken


def expected_calls(stacks):
    """{(callee, caller): [frames, samples, self s, total s]} and the same of each function alone, as (function, None)."""
    found = collections.defaultdict(lambda: [0, 0, 0.0, 0.0])
    for stack in stacks:
        cost = taken.cost(stack)
        frames = [frame for frame in stack['frames'] if frame['kind'] == 'python'] or stack['frames']
        names = [(taken.place(frame), taken.escaped(frame['function'])) for frame in frames] or [('', '(no stack)')]
        pairs = [(name, None) for name in names] + list(zip(names[1:], names))
        for pair in pairs:
            found[pair][0] += cost.samples
        for pair in set(pairs):
            found[pair][1] += cost.samples
            found[pair][3] += cost.ns / 1e9
        for leaf in [(names[-1], None)] + list(zip(names[-1:], names[-2:-1])):
            found[leaf][2] += cost.ns / 1e9
    return found


def function(key):
    file, line, name = key
    return ('' if (file, line) == ('~', 0) else file), name


class Pstats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken('.pstats'))
        cls.output = io.StringIO()
        cls.stats = pstats.Stats(cls.profile.path('.pstats'), stream=cls.output)
        cls.expected = expected_calls(cls.profile.stacks())

    def printed(self, what, *arguments):
        self.output.truncate(self.output.seek(0))
        getattr(self.stats, what)(*arguments)
        return self.output.getvalue()

    def assert_costs(self, frames, samples, own, total, wanted):
        self.assertEqual([frames, samples], wanted[:2])
        self.assertAlmostEqual(own, wanted[2], delta=1e-6)
        self.assertAlmostEqual(total, wanted[3], delta=1e-6)

    def test_each_function_and_each_caller_has_the_time_that_json_gives_it(self):
        seen = set()
        for key, (samples, frames, own, total, callers) in self.stats.stats.items():
            seen.add((function(key), None))
            with self.subTest(function=key):
                self.assert_costs(frames, samples, own, total, self.expected[function(key), None])
            for caller, (frames_from, samples_from, own_from, total_from) in callers.items():
                seen.add((function(key), function(caller)))
                with self.subTest(function=key, caller=caller):
                    self.assert_costs(frames_from, samples_from, own_from, total_from,
                                      self.expected[function(key), function(caller)])
        self.assertEqual(seen, set(self.expected))

    def test_the_total_is_all_time(self):
        self.assertAlmostEqual(self.stats.total_tt, self.profile.total().ns / 1e9, delta=1e-6)

    def test_recursion_is_counted_once(self):
        (samples, frames, _, total, callers), = [row for key, row in self.stats.stats.items() if key[2] == 'fib']
        self.assertGreater(frames, 2 * samples)
        self.assertLessEqual(total, self.profile.truth['duration_s'] * 1.01)
        self.assertEqual({function(key)[1] for key in callers}, {'fib', 'work'})

    def test_a_function_has_the_smallest_line_that_was_seen_in_it(self):
        for file, line, name in self.stats.stats:
            lines = [frame['line'] for stack in self.profile.stacks() for frame in stack['frames']
                     if (taken.place(frame), taken.escaped(frame['function'])) == (file, name) and frame['line']]
            self.assertEqual(line, min(lines, default=0), name)

    def test_the_tables_are_printed(self):
        self.stats.sort_stats('cumulative')
        self.assertRegex(self.printed('print_stats'), r'\d+/\d+ .*viewed\.py:\d+\(fib\)')
        self.assertRegex(self.printed('print_callers', 'fib'), r'viewed\.py:\d+\(fib\) +<- .*\n? *\d+')
        self.assertRegex(self.printed('print_callees', 'work'), r'viewed\.py:\d+\(pack\)')

    def test_two_profiles_can_be_added(self):
        twice = pstats.Stats(self.profile.path('.pstats'), self.profile.path('.pstats'), stream=self.output)
        self.assertAlmostEqual(twice.total_tt, 2 * self.stats.total_tt, delta=1e-6)
        self.assertEqual(len(twice.stats), len(self.stats.stats))

    def test_names_reach_the_terminal_harmless(self):
        text = self.printed('print_stats')
        self.assertIn('evil', text)
        self.assertNotRegex(text, '[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]')

    def test_a_damaged_file_is_refused(self):
        with self.assertRaises((EOFError, ValueError, TypeError)):
            pstats.Stats(self.profile.damaged('.pstats'))


if __name__ == '__main__':
    unittest.main()
