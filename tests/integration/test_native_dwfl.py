"""A copied stack is unwound to the same callers as by libdwfl, which has the same registers, copy and tables."""
import json
import os
import subprocess
import unittest

import harness
import matrix
import spyhop

COMPARE = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'unwind_against_dwfl')
SNAPSHOTS = matrix.amount('SPYHOP_SNAPSHOTS', 500, 3000)


def setUpModule():
    harness.can_trace()


@matrix.on_representatives
class AgainstLibdwfl(unittest.TestCase):
    python = None

    def test_every_stack_is_the_same(self):
        with harness.Puppet(self.python, 'native_mix.py') as puppet:
            done = subprocess.run([COMPARE, str(puppet.pid), str(puppet.ask('tid')), str(SNAPSHOTS)],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        print(f'{self.python.name}: {figures}', flush=True)
        self.assertEqual(figures['snapshots'], SNAPSHOTS)
        self.assertEqual(figures['identical'], SNAPSHOTS, done.stderr[:4000])
        self.assertGreaterEqual(figures['whole'], 0.99 * SNAPSHOTS)


if __name__ == '__main__':
    unittest.main()
