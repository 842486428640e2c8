"""speedscope, in a real browser, reads collapsed stacks, and its figures are those of JSON, sample for sample."""
import context  # noqa: F401  isort:skip
import collections
import unittest

import sandwich
import taken
import viewers


def label(frame):
    """A frame as a collapsed stack names it."""
    name, file = (taken.escaped(text, also=';') for text in (frame['function'], frame.get('module') or frame['file']))
    if not file:
        return name
    return f'{name} ({file}:{frame["line"]})' if frame['line'] else f'{name} ({file})'


def expected_lines(stacks):
    lines = collections.Counter()
    for stack in stacks:
        if stack['frames']:
            lines[';'.join(map(label, stack['frames']))] += stack['samples']
    return +lines


class Collapsed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken('.collapsed'))
        cls.lines = expected_lines(cls.profile.stacks())

    def test_a_line_is_a_stack_with_its_samples(self):
        with open(self.profile.path('.collapsed'), encoding='utf-8', newline='\n') as file:
            found = dict(line.rstrip('\n').rsplit(' ', 1) for line in file)
        self.assertEqual({stack: int(count) for stack, count in found.items()}, self.lines)

    def test_speedscope_shows_each_frame_with_its_samples(self):
        selves, totals = collections.Counter(), collections.Counter()
        for stack, count in self.lines.items():
            frames = stack.split(';')
            selves[frames[-1]] += count
            for frame in set(frames):
                totals[frame] += count
        shown, = viewers.speedscope(self.profile.path('.collapsed'))
        count = {row['function']: (sandwich.count(row['self']), sandwich.count(row['total'])) for row in shown['rows']}
        self.assertEqual(count, {frame: (selves[frame], total) for frame, total in totals.items()})

    def test_what_is_no_profile_is_refused(self):
        path = self.profile.path('.txt')
        with open(path, 'w', encoding='ascii') as file:
            file.write('neither stacks nor counts\n')
        with self.assertRaisesRegex(viewers.Refused, viewers.SPEEDSCOPE_REFUSES):
            viewers.speedscope(path)


if __name__ == '__main__':
    unittest.main()
