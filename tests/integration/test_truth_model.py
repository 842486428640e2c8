"""The judge of the truth tests itself: it must find what is out of bounds, or nothing is proved."""
import sys
import unittest

import harness
import truth_model

sys.path.insert(0, harness.PUPPETS)
import truth_meter  # noqa: E402

TIMES = dict.fromkeys((name + '_s' for name in truth_model.CLASSES), 0.0)
MARKS = truth_model.read_marks(harness.PUPPETS)


def row(mark, samples=1000, waits=(), **seconds):
    """A row of the first place of a mark."""
    file, line, function = sorted(mark.places)[0]
    cost = {**TIMES, 'cpu_s': 0.0, **seconds, 'samples': samples}
    return {'tid': 7, 'file': '/x/' + file, 'line': line, 'function': 'outer.' + function, 'self': cost, 'total': cost,
            'waits': [{'reason': reason, 's': s} for reason, s in waits]}


def profile(*rows, observed=1.0):
    classes = {name: sum(each['self'][name] for each in rows) for name in TIMES}
    thread = {'tid': 7, 'name': 'main', 'observed_s': observed, 'cpu_s': sum(each['self']['cpu_s'] for each in rows),
              **classes}
    sampling = {'rounds': 1000, 'late_rounds': 0, 'rate_hz': 1000.0, 'stops': {'total_s': 0.0}}
    return {'threads': [thread], 'lines': list(rows), 'sampling': sampling}


def out_of_bounds(shown, **labels):
    """(label, what) of each violation when the puppet says `labels`: [wall, CPU, run queue, system, pieces], no edges."""
    entries = [{'tid': 7, 'pool': None, 'labels': {label: [*sums, 0, 0] for label, sums in labels.items()}}]
    return {(each.label, each.what) for each in truth_model.violations(truth_model.judge(shown, MARKS, entries, 1.0, (3, 11)))}


class Worth(unittest.TestCase):
    def test_samples_that_are_all_in_time_count_in_full(self):
        self.assertEqual(truth_model.worth({'rounds': 999, 'late_rounds': 0, 'rate_hz': 1000.0}, 1.0), 1.0)

    def test_late_ones_that_stand_for_more_count_less(self):
        # 900 of weight 1, 20 of weight 6: (1020 ** 2) / (920 * (900 + 20 * 36)).
        sampling = {'rounds': 920, 'late_rounds': 20, 'rate_hz': 1020.0}
        self.assertAlmostEqual(truth_model.worth(sampling, 1.0), 1020 ** 2 / (920 * 1620), places=9)


class Judge(unittest.TestCase):
    def test_the_truth_passes(self):
        shown = profile(row(MARKS['one'], python_s=0.4, runq_s=0.1, samples=500),
                        row(MARKS['sorted'], native_s=0.5, samples=500))
        self.assertEqual(out_of_bounds(shown, one=[0.5, 0.4, 0.1, 0, 9], sorted=[0.5, 0.5, 0, 0, 9]), set())

    def test_a_wrong_class_is_found(self):
        shown = profile(row(MARKS['sorted'], python_s=1.0))
        self.assertEqual(out_of_bounds(shown, sorted=[1.0, 1.0, 0, 0, 9]), {('sorted', 'native')})

    def test_a_wrong_line_is_found(self):
        shown = profile(row(MARKS['one'], python_s=0.4), row(MARKS['two'], python_s=0.6))
        wrong = out_of_bounds(shown, one=[0.6, 0.6, 0, 0, 9], two=[0.4, 0.4, 0, 0, 9])
        self.assertEqual(wrong, {(label, what) for label in ('one', 'two') for what in ('python', 'all')})

    def test_time_on_a_line_without_a_label_is_found(self):
        elsewhere = {**row(MARKS['one'], python_s=0.2), 'line': 1}
        shown = profile(row(MARKS['one'], python_s=0.8), elsewhere)
        self.assertIn(('rest', 'all'), out_of_bounds(shown, one=[1.0, 1.0, 0, 0, 9]))

    def test_a_wait_for_another_reason_is_found(self):
        for reason, wrong in (('read pipe', set()), ('read', {('pipe', 'for pipe')})):
            shown = profile(row(MARKS['pipe'], wait_s=1.0, waits=[(reason, 1.0)]))
            self.assertEqual(out_of_bounds(shown, pipe=[1.0, 0, 0, 0, 9]), wrong)

    def test_a_gil_wait_must_name_a_labelled_line(self):
        file, line, _ = sorted(MARKS['second'].places)[0]
        for named, wrong in ((line, set()), (line + 1, {('first', 'held by a line')})):
            shown = profile(row(MARKS['first'], gil_s=1.0, waits=[(f'held by second at {file}:{named}', 1.0)]))
            self.assertEqual(out_of_bounds(shown, first=[1.0, 0, 0, 0, 9]), wrong)

    def test_a_piece_across_an_end_is_known_within_bounds(self):
        shown = profile(row(MARKS['one'], python_s=0.1, samples=100), row(MARKS['two'], python_s=0.8, runq_s=0.1, samples=900))
        labels = {'one': [0.1, 0.1, 0.0, 0, 9, 0, 0], 'two': [0.9, 0.74, 0.16, 0, 9, 0, 0]}
        entries = [{'tid': 7, 'pool': None, 'labels': labels}]

        def wrong():
            return {each.what for each in truth_model.violations(truth_model.judge(shown, MARKS, entries, 1.0, (3, 11)))}
        self.assertEqual(wrong(), {'runq', 'python'})
        labels['two'][6] = 0.05
        self.assertEqual(wrong(), set())

    def test_a_label_without_a_line_is_an_error(self):
        with self.assertRaisesRegex(AssertionError, 'no line is marked'):
            del (marks := dict(MARKS))['*']
            truth_model.marks_of(marks, 'nowhere')


class Sums(unittest.TestCase):
    def complaints(self, shown, own, edge=0.0):
        labels = {'one': [1.0, own, 0, 0, 9, edge, edge]}
        return truth_model.sum_complaints(shown, [{'tid': 7, 'pool': None, 'labels': labels}])

    def test_equal_sums_pass(self):
        self.assertEqual(self.complaints(profile(row(MARKS['one'], python_s=1.0, cpu_s=1.0)), 1.015), [])

    def test_pieces_across_the_ends_are_known_within_bounds(self):
        shown = profile(row(MARKS['one'], python_s=1.0, cpu_s=1.0))
        self.assertEqual(self.complaints(shown, 1.05, edge=0.03), [])
        self.assertIn('itself knows', self.complaints(shown, 1.05, edge=0.02)[0])

    def test_each_difference_is_found(self):
        self.assertIn('itself knows', self.complaints(profile(row(MARKS['one'], python_s=1.0, cpu_s=1.0)), 1.05)[0])
        self.assertIn('classes add up', self.complaints(profile(row(MARKS['one'], python_s=0.9)), 0.0)[0])
        shown = profile(row(MARKS['one'], python_s=1.0, cpu_s=1.0))
        shown['lines'][0]['self']['cpu_s'] = 0.9
        self.assertIn('lines add up', self.complaints(shown, 1.0)[0])


class Books(unittest.TestCase):
    def test_a_piece_does_not_queue_while_it_has_a_cpu(self):
        self.assertEqual(truth_meter.possible_queue(1.0, 0.25, 0.5), 0.5)
        self.assertEqual(truth_meter.possible_queue(1.0, 0.25, 0.9), 0.75)
        self.assertEqual(truth_meter.possible_queue(1.0, 1.001, 0.2), 0.0)

    def test_cpu_of_a_piece_across_the_end_is_known_within_bounds(self):
        for cpu, inside, length, expected in ((0.01, 0.01, 2.0, 0.01 - 0.01 * 0.005),   # all of it may be inside
                                              (0.01, 1.9, 2.0, 0.01 * 0.95),            # or none
                                              (2.0, 1.5, 2.0, 0.0),                     # on a CPU throughout
                                              (1.9, 1.0, 2.0, 0.05),
                                              (1.0, 2.0, 2.0, 0.0)):                    # not across
            self.assertAlmostEqual(truth_meter.edge(cpu, inside, length), expected, places=9)


class Bounds(unittest.TestCase):
    def test_three_deviations_and_a_point_and_three_more_for_the_split(self):
        spread = truth_model.deviation(0.5, 900)
        self.assertAlmostEqual(truth_model.bound(spread, False), 0.06)
        self.assertAlmostEqual(truth_model.bound(spread, True), 0.09)

    def test_of_a_wait_on_a_cpu_depend_on_how_long_it_queued_there(self):
        for queued, wrong in ((0.0, {'python|native|kernel', 'wait'}), (0.2, set())):
            shown = profile(row(MARKS['lock'], kernel_s=0.03, runq_s=queued, wait_s=0.97 - queued,
                                waits=[('lock', 1.0 - queued)]))
            self.assertEqual({what for _, what in out_of_bounds(shown, lock=[1.0, 0.0, queued, 0, 9])}, wrong)


class Marks(unittest.TestCase):
    def test_each_is_read_with_its_words(self):
        self.assertEqual(MARKS['lock'].reason, '[Ll]ock')
        self.assertEqual((MARKS['in_helper'].account, MARKS['in_helper'].column), ('helper', 'self'))
        self.assertEqual((MARKS['calls'].kind, MARKS['calls'].column), ('python', 'total'))
        self.assertEqual({function for _, _, function in MARKS['inlined'].places}, {'one_round'})
        self.assertEqual(set(), {mark.kind for mark in MARKS.values()} - set(truth_model.KINDS))


if __name__ == '__main__':
    unittest.main()
