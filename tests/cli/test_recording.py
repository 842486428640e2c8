"""What was recorded is read back: the same figures, also when the profiler was killed; and what is no recording."""
import context  # noqa: F401  isort:skip
import os
import signal
import tempfile
import time
import unittest

import harness
import matrix
import spyhop


def setUpModule():
    harness.can_trace()


class Recordings(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 2, 20, 6))

    def path(self, name):
        return os.path.join(self.folder, name)

    def record(self, *more):
        path = self.path('p.spyhop')
        spyhop.run('attach', '-p', self.puppet.pid, '-o', path, *more).expect(spyhop.DONE)
        return path

    def report(self, *arguments):
        out = self.path('report.json')
        result = spyhop.run('report', *arguments, '-o', out, '--stacks').expect(spyhop.DONE)
        return spyhop.load(out, result), result

    def test_a_report_is_what_attach_would_have_written(self):
        for native in ((), ('-n',)):
            with self.subTest(native=native):
                out = self.path('p.json')
                path = self.record('-d', 2, '-r', 200, '-o', out, '--stacks', *native)
                written = spyhop.load(out)
                reported, _ = self.report(path)
                self.assertGreater(len(written['stacks']), 3)
                for part in ('targets', 'start', 'duration_s', 'sampling', 'threads', 'lines', 'stacks'):
                    self.assertEqual(reported[part], written[part], part)

    def test_a_killed_profiler_loses_a_second_at_most(self):
        path = self.path('p.spyhop')
        with spyhop.Running('attach', '-p', self.puppet.pid, '-o', path) as running:
            running.await_rounds(20)
            start = time.monotonic()
            running.await_rounds(300)
            running.interrupt(signal.SIGKILL)
            seconds = time.monotonic() - start
        self.assertEqual(os.listdir(self.folder), ['p.spyhop'])
        profile, result = self.report(path)
        self.assertIn('what comes before is used', result.err)
        self.assertGreater(profile['duration_s'], seconds - 1)
        self.assertGreater(profile['sampling']['samples'], 0)

    def test_any_beginning_is_a_shorter_profile_or_an_error(self):
        path = self.record('-d', 2)
        with open(path, 'rb') as file:
            whole = file.read()
        cut = self.path('cut.spyhop')
        last = 0
        for size in range(0, len(whole), max(1, len(whole) // 40)):
            with open(cut, 'wb') as file:
                file.write(whole[:size])
            result = spyhop.run('report', cut, '-f', 'json').expect(
                spyhop.DONE, spyhop.FAILED, spyhop.NO_SAMPLES)
            self.assertIn('recording' if size < 9 else 'ends', result.err)
            samples = result.json()['sampling']['samples'] if result.status == spyhop.DONE else 0
            self.assertGreaterEqual(samples, last)
            last = samples
        self.assertGreater(last, 0)

    def test_parts_by_time_add_up(self):
        path = self.record('-d', 2)
        whole, _ = self.report(path)
        parts = [self.report(path, *part)[0] for part in (('--to', 1), ('--from', '1s'))]
        self.assertEqual(sum(part['sampling']['samples'] for part in parts), whole['sampling']['samples'])
        self.assertAlmostEqual(parts[0]['duration_s'], 1)
        self.assertAlmostEqual(sum(part['duration_s'] for part in parts), whole['duration_s'])
        late = spyhop.run('report', path, '--from', 100).expect(spyhop.NO_SAMPLES)
        self.assertIn('at that time, so nothing was written', late.err)

    def test_several_become_one(self):
        first = self.record('-d', 1)
        second = self.path('q.spyhop')
        os.rename(first, second)
        self.record('-d', 1)
        both, _ = self.report(first, second)
        each = [self.report(path)[0] for path in (first, second)]
        self.assertEqual(both['sampling']['samples'], sum(one['sampling']['samples'] for one in each))
        self.assertEqual(len(both['targets']), 2)

    def test_two_targets_in_one_recording(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 20, 6) as other:
            path = self.record('-p', other.pid, '-d', 1)
            profile, _ = self.report(path)
            self.assertEqual({target['pid'] for target in profile['targets']}, {self.puppet.pid, other.pid})

    def test_a_table_and_other_formats(self):
        path = self.record('-d', 1)
        table = spyhop.run('report', path, '--view', 'functions').expect(spyhop.DONE)
        self.assertIn('count', table.out)
        folded = spyhop.run('report', path, '-f', 'collapsed').expect(spyhop.DONE)
        self.assertRegex(folded.out, r'count.* \d+\n')

    def test_what_is_no_recording(self):
        text = self.path('notes.txt')
        with open(text, 'w', encoding='utf-8') as file:
            file.write('not a recording, but long enough to be one')
        for path, words in ((text, 'is not a recording'), (self.path('none'), 'No such file'),
                            (self.folder, 'Is a directory')):
            result = spyhop.run('report', path).expect(spyhop.FAILED)
            self.assertIn(path, result.err)
            self.assertIn(words, result.err)
            self.assertEqual(result.out, '')

    def test_usage(self):
        for arguments, words in (((), 'which recording'), (('a', '-o', 'b.spyhop'), 'made by attach and run only'),
                                 (('a', '--from', '-1'), '--from'), (('a', '--from', 5, '--to', 4), 'before --to')):
            result = spyhop.run('report', *arguments).expect(spyhop.USAGE)
            self.assertIn(words, result.err)

    def test_a_full_disk_is_told(self):
        result = spyhop.run('attach', '-p', self.puppet.pid, '-d', 2, '-f', 'recording', '-o', '/dev/full')
        result.expect(spyhop.FAILED)
        self.assertIn('No space left on device', result.err)

    def test_bytes_are_not_for_a_terminal(self):
        ours, its = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, its)
        for name in ('recording', 'pprof', 'pstats'):
            result = spyhop.run('attach', '-p', self.puppet.pid, '-d', 1, '-f', name, stdout=its).expect(spyhop.USAGE)
            self.assertIn('-o FILE', result.err)

    def test_a_program_that_is_run(self):
        path = self.path('run.spyhop')
        spyhop.run('run', '-o', path, '--', '/usr/bin/python3', '-c', 'sum(i * i for i in range(10**7))').expect(0)
        profile, _ = self.report(path)
        self.assertIn('<genexpr>', [line['function'].split('.')[-1] for line in profile['lines']])


if __name__ == '__main__':
    unittest.main()
