"""What got slower is named, first of all, and the exit status says so; two equal recordings are no change."""
import context  # noqa: F401  isort:skip
import json
import os
import re
import subprocess
import tempfile
import unittest

import harness
import matrix
import spyhop

SLOWER = 7
# A function whose work is given, beside others whose work is not. Those are more, and have more of the time: else
# nobody could tell which of the two got slower, or faster.
PROGRAM = '''
import sys
rounds = int(sys.argv[1])
def tuned():
    return sum(i * i for i in range(rounds))
def sort():
    return sorted(range(3000), key=str)
def split():
    return ' '.join('%d' % i for i in range(3000)).split()
def count():
    found = {}
    for i in range(6000):
        found[i % 100] = found.get(i % 100, 0) + 1
    return found
print('ready', flush=True)
while True:
    tuned()
    sort()
    split()
    count()
'''


def setUpModule():
    harness.can_trace()


class Diff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        cls.script = os.path.join(cls.folder, 'program.py')
        with open(cls.script, 'w', encoding='utf-8') as file:
            file.write(PROGRAM)
        cls.before = cls.record('before.spyhop', 5_000)
        # Four times the work: no chance to miss it.
        cls.after = cls.record('after.spyhop', 20_000)

    @classmethod
    def record(cls, name, rounds):
        path = os.path.join(cls.folder, name)
        program = [matrix.debian().path, cls.script, str(rounds)]
        with subprocess.Popen([*harness.LEASH, *program], stdout=subprocess.PIPE, text=True) as running:
            try:
                running.stdout.readline()
                spyhop.run('attach', '-p', running.pid, '-r', 500, '-d', 5, '-o', path).expect(spyhop.DONE)
            finally:
                running.kill()
        return path

    def test_what_got_slower_comes_first(self):
        result = spyhop.run('diff', self.before, self.after, '--view', 'functions').expect(spyhop.DONE)
        rows = [line for line in result.out.splitlines() if 'program.py' in line and '%' in line]
        self.assertRegex(rows[0], r'^ *\+\d+%.*\btuned\.<locals>\.<genexpr>')

    def test_fail_above(self):
        for percent, status in ((10, SLOWER), (100_000, spyhop.DONE)):
            spyhop.run('diff', self.before, self.after, '--fail-above', percent).expect(status)
        spyhop.run('diff', self.after, self.before, '--fail-above', 10).expect(spyhop.DONE)

    def test_a_recording_does_not_differ_from_itself(self):
        result = spyhop.run('diff', self.before, self.before, '--fail-above', 0).expect(spyhop.DONE)
        self.assertIn('no change', result.out)

    def test_json(self):
        diff = spyhop.run('diff', self.before, self.after, '-f', 'json').expect(spyhop.DONE).json()
        self.assertEqual(diff['schema'], 'spyhop.diff/1')

    def test_a_flame_graph_of_what_changed(self):
        page = os.path.join(self.folder, 'diff.html')
        spyhop.run('diff', self.before, self.after, '-o', page).expect(spyhop.DONE)
        with open(page, encoding='utf-8') as file:
            data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', file.read(), re.DOTALL).group(1))
        self.assertEqual(len(data['before']['node']), len(data['before']['ns']))
        self.assertAlmostEqual(sum(data['before']['ns']) / 1e9, 5, delta=1)

    def test_usage(self):
        for arguments, words in (((self.before,), 'which two recordings'), ((self.before,) * 3, 'which two recordings'),
                                 ((self.before, self.after, '-f', 'pprof'), 'use one of: table json html'),
                                 ((self.before, self.after, '-f', 'bogus'), "'bogus': use one of: table json html\n"),
                                 ((self.before, self.after, '--view', 'waits'), 'use one of: lines functions\n'),
                                 ((self.before, self.after, '--view', 'bogus'), 'use one of: lines functions\n'),
                                 ((self.before, self.after, '--fail-above', 'x'), '--fail-above')):
            result = spyhop.run('diff', *arguments).expect(spyhop.USAGE)
            self.assertIn(words, result.err)

    def test_a_file_that_is_not_there(self):
        result = spyhop.run('diff', self.before, os.path.join(self.folder, 'none')).expect(spyhop.FAILED)
        self.assertIn('No such file', result.err)


if __name__ == '__main__':
    unittest.main()
