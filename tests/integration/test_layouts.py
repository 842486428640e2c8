"""Each interpreter's own memory is as the measured layouts say, told from inside: no spyhop runs here."""
import os
import shutil
import subprocess
import tempfile
import unittest

import interpreters
import matrix
import spyhop

LAYOUTS = os.path.join(spyhop.TREE, 'interp_layouts')
SCRIPTS = ('own_memory.py', 'verify_in_process.py', 'verify_objects.py', 'verify_threads.py')


@matrix.on_each_interpreter
class Layouts(unittest.TestCase):
    python = None

    def test_fit(self):
        with tempfile.TemporaryDirectory(prefix='spyhop-', dir=self.python.scratch()) as folder:
            for script in SCRIPTS:
                shutil.copy(os.path.join(LAYOUTS, 'generator', script), folder)
            data = shutil.copytree(os.path.join(LAYOUTS, 'data'), os.path.join(folder, 'data'))
            script, data = (self.python.inside(path) for path in (os.path.join(folder, 'verify_in_process.py'), data))
            done = subprocess.run([*self.python.command, '-B', script, data], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60, text=True, env=interpreters.environment())
        print(done.stdout, end='', flush=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r'\d{3} facts checked, 0 differ')


if __name__ == '__main__':
    unittest.main()
