"""`go tool pprof` reads what Spyhop writes, and its figures are those of JSON, to the nanosecond."""
import context  # noqa: F401  isort:skip
import collections
import re
import unittest

import taken
import viewers

TYPES = ['samples/count', 'wall/nanoseconds', 'cpu/nanoseconds'] + [f'{name}/nanoseconds' for name in taken.CLASSES]
LOCATION = re.compile(r' *(\d+): 0x0 (?:M=\d+ )?(.*) s=0\(\)$')
SAMPLE = re.compile(r'((?: +\d+){10}): ([\d ]*)$')
LABELS = re.compile(r' {16}(?:thread:\[(.*?)\])? ?(?:wait_reason:\[(.*)\])?$')
NUMBERS = re.compile(r' {16}pid:\[(\d+)\] thread_id:\[(\d+)\]$')


def sections(raw):
    """{heading: lines} of `pprof -raw`."""
    found, lines = {}, []
    for line in raw.splitlines():
        if line in ('Samples:', 'Locations', 'Mappings'):
            lines = found[line.rstrip(':')] = []
        else:
            lines.append(line)
    return found


def samples(raw):
    """{(tid, wait reason, frames root first): values}."""
    parts = sections(raw)
    locations = dict(LOCATION.match(line).groups() for line in parts['Locations'])
    found, values = {}, None
    for line in parts['Samples'][1:]:
        if SAMPLE.match(line):
            numbers, ids = SAMPLE.match(line).groups()
            values, reason = [int(number) for number in numbers.split()], None
            frames = tuple(locations[each] for each in reversed(ids.split()))
        elif NUMBERS.match(line):
            key = int(NUMBERS.match(line).group(2)), reason, frames
            found[key] = add(found.get(key), values)
        else:
            reason = LABELS.match(line).group(2)
    return found


def add(sums, values):
    return [a + b for a, b in zip(sums, values)] if sums else values


def expected(profile):
    """The same, by JSON; without `cpu`, which its stacks do not tell."""
    found = {}
    for stack in profile.stacks():
        cost = taken.cost(stack)
        values = [cost.samples, cost.ns] + [cost.ns if name == stack['class'] else 0 for name in taken.CLASSES]
        frames = tuple(f'{taken.escaped(frame["function"])} {taken.place(frame)}:{frame["line"]}'
                       for frame in stack['frames']) or ('(no stack) :0',)
        key = stack['tid'], taken.escaped(stack.get('wait_reason', '')) or None, frames
        found[key] = add(found.get(key), values)
    return {key: values for key, values in found.items() if any(values)}


class Pprof(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken('.pb.gz', more=['--native']))
        cls.path = cls.profile.path('.pb.gz')
        cls.raw = viewers.pprof(cls.path, '-raw')

    def test_each_stack_has_the_time_that_json_gives_it(self):
        found = {key: values[:2] + values[3:] for key, values in samples(self.raw).items()}
        wanted = expected(self.profile)
        self.assertGreater(len(wanted), 20)
        self.assertEqual(found, wanted)

    def test_cpu_is_that_of_the_lines(self):
        found, wanted = collections.Counter(), collections.Counter()
        for (tid, _, frames), values in samples(self.raw).items():
            found[tid] += values[2] if frames else 0
        for line in self.profile.truth['lines']:
            wanted[line['tid']] += taken.nanoseconds(line['self']['cpu_s'])
        self.assertGreater(wanted.total(), 1e8)
        self.assertEqual(+found, +wanted)

    def test_types_period_and_mappings(self):
        types = sections(self.raw)['Samples'][0].split()
        self.assertEqual([name.replace('[dflt]', '') for name in types], TYPES)
        self.assertEqual([name for name in types if name.endswith('[dflt]')], ['wall/nanoseconds[dflt]'])
        self.assertIn('PeriodType: wall nanoseconds\nPeriod: 5000000\n', self.raw)
        mappings = [re.fullmatch(r'\d+: 0x0/0x0/0x0 (\S+)  \[FN\]\[FL\]\[LN\]', line).group(1)
                    for line in sections(self.raw)['Mappings']]
        self.assertEqual(mappings[0], self.profile.truth['targets'][0]['executable'])
        self.assertTrue([path for path in mappings if '/libz.so' in path], mappings)

    def test_the_table_shows_all_time_and_every_name(self):
        top = viewers.pprof(self.path, '-top', '-unit=ns', '-nodefraction=0', '-nodecount=0')
        self.assertIn('Type: wall', top)
        total = self.profile.total().ns
        self.assertIn(f'accounting for {total}ns, 100% of {total}ns total', top)
        wanted = taken.by_function(self.profile.stacks())
        rows = re.findall(r'(?m)^ *(\d+)(?:ns)? +[\d.]+% +[\d.]+% +(\d+)(?:ns)? +[\d.]+%  (.*)$', top)
        shown = {name: (int(flat), int(cumulative)) for flat, cumulative, name in rows}
        for function in ('<module>', 'fib', 'work', 'evil'):
            flat, cumulative = next(costs for (_, name), costs in wanted.items() if name == function)
            self.assertEqual(shown.get(function), (flat.ns, cumulative.ns), top)

    def test_a_class_can_be_chosen(self):
        top = viewers.pprof(self.path, '-top', '-unit=ns', '-sample_index=gil')
        gil = sum(taken.cost(stack).ns for stack in self.profile.stacks() if stack['class'] == 'gil')
        self.assertGreater(gil, 0, 'two threads fight for the GIL')
        self.assertIn(f'of {gil}ns total', top)

    def test_tags_are_threads(self):
        tags = viewers.pprof(self.path, '-tags')
        for thread in self.profile.truth['threads']:
            name = taken.escaped(thread['name'])
            self.assertRegex(tags, rf'(?m)^ thread: Total .*\n(?: .*\n)*? +[\d.]+m?s \([ \d.]+%\): {re.escape(name)}\n')
            self.assertRegex(tags, rf'(?m)^ thread_id: Total .*\n(?: .*\n)*? +[\d.]+m?s \([ \d.]+%\): {thread["tid"]}\n')

    def test_comments_state_how_it_was_sampled(self):
        comments = viewers.pprof(self.path, '-comments')
        self.assertRegex(comments, r'(?m)^spyhop \d')
        self.assertRegex(comments, r'(?m)^Sampled 2 s at [\d.]+ Hz \(asked: 200 Hz\)')
        self.assertRegex(comments, r'(?m)^Late rounds: \d+; truncated: .*; lost: ')

    def test_names_reach_the_terminal_harmless(self):
        self.assertIn('evil', self.raw)
        for text in (self.raw, viewers.pprof(self.path, '-top'), viewers.pprof(self.path, '-tags')):
            self.assertNotRegex(text, '[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]')

    def test_a_damaged_file_is_refused(self):
        with self.assertRaisesRegex(viewers.Refused, 'unexpected EOF'):
            viewers.pprof(self.profile.damaged('.pb.gz'), '-top')


if __name__ == '__main__':
    unittest.main()
