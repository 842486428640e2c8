"""The systemd unit: what systemd itself thinks of it."""
import context  # noqa: F401  isort:skip
import os
import shutil
import subprocess
import tempfile
import unittest

import spyhop

UNIT = os.path.join(spyhop.TREE, 'packaging', 'systemd', 'spyhop.service')
# Of 10.0, in tenths: to read other processes' memory, and the network for metrics and push, is what is left.
MOST_EXPOSURE = 25


class Unit(unittest.TestCase):
    def setUp(self):
        self.assertTrue(shutil.which('systemd-analyze'), 'apt-get install systemd')
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.unit = os.path.join(folder, 'spyhop.service')
        with open(UNIT, encoding='utf-8') as original, open(self.unit, 'w', encoding='utf-8') as copy:
            copy.write(original.read().replace('/usr/bin/spyhop', spyhop.BINARY))

    def analyze(self, *arguments):
        return subprocess.run(['systemd-analyze', *arguments, self.unit], capture_output=True, encoding='utf-8', check=False)

    def test_it_is_right(self):
        done = self.analyze('verify', '--man=no')
        self.assertEqual((done.returncode, done.stderr), (0, ''), done)

    def test_it_is_hardened(self):
        done = self.analyze('security', '--offline=true', f'--threshold={MOST_EXPOSURE}')
        self.assertEqual(done.returncode, 0, done)


if __name__ == '__main__':
    unittest.main()
