"""speedscope, in a real browser, opens Chrome's trace events as Spyhop writes them, and its figures are those of JSON."""
import context  # noqa: F401  isort:skip
import collections
import unittest

import sandwich
import taken
import viewers

SUFFIX = '.trace.json'


def slice_name(frame):
    name, file = taken.escaped(frame['function']), taken.place(frame)
    if not file:
        return name
    return f'{name} ({file}:{frame["line"]})' if frame['line'] else f'{name} ({file})'


def frame_totals(stacks):
    """{slice: ns with it on the stack}."""
    totals = collections.Counter()
    for stack in stacks:
        for name in {slice_name(frame) for frame in stack['frames']} or {'(no stack)'}:
            totals[name] += taken.cost(stack).ns
    return +totals


def wait_totals(stacks):
    """{slice: ns} of what a thread waited for."""
    totals = collections.Counter()
    for stack in stacks:
        if 'wait_reason' in stack:
            totals[f'{stack["class"]}: {taken.escaped(stack["wait_reason"])}'] += taken.cost(stack).ns
    return +totals


def shown_totals(rows):
    """{slice: (ns, slack)}; speedscope adds the arguments to a name, where there are any."""
    return {row['function'].partition(' {"class"')[0]: sandwich.nanoseconds(row['total']) for row in rows}


class Chrome(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken(SUFFIX, more=['--native']))
        cls.threads = [shown_totals(table['rows']) for table in viewers.speedscope(cls.profile.path(SUFFIX))]
        cls.tids = {stack['tid'] for stack in cls.profile.stacks()}

    def thread(self, stacks):
        """What is shown of the thread with these frames: speedscope's order is its own."""
        names = set(frame_totals(stacks))
        return next(shown for shown in self.threads if names <= set(shown))

    def assert_shown(self, shown, totals):
        for name, wanted in totals.items():
            found, slack = shown[name]
            self.assertAlmostEqual(found, wanted, delta=slack, msg=name)

    def test_each_thread_has_a_row(self):
        self.assertEqual(len(self.threads), len(self.tids))

    def test_each_frame_has_the_time_that_json_gives_it(self):
        for tid in self.tids:
            stacks = self.profile.stacks(tid)
            self.assert_shown(self.thread(stacks), frame_totals(stacks))

    def test_waits_have_the_time_that_json_gives_them(self):
        for tid in self.tids:
            stacks = self.profile.stacks(tid)
            self.assert_shown(self.thread(stacks), wait_totals(stacks))
        self.assertTrue(wait_totals(self.profile.stacks()))

    def test_a_damaged_file_is_refused(self):
        with self.assertRaisesRegex(viewers.Refused, viewers.SPEEDSCOPE_REFUSES):
            viewers.speedscope(self.profile.damaged(SUFFIX))


if __name__ == '__main__':
    unittest.main()
