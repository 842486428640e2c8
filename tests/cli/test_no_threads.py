"""Where no thread is to be had spyhop says so, and does what needs none; nothing dies of it."""
import context  # noqa: F401  isort:skip
import os
import subprocess
import sys
import tempfile
import unittest

import harness
import matrix
import spyhop

CLONE3 = 435  # <asm/unistd_64.h>
REFUSED = [sys.executable, os.path.join(harness.PUPPETS, 'without_calls.py'), str(CLONE3)]
NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
LIMITED = [*NOBODY, 'prlimit', '--nproc=1']


def setUpModule():
    harness.can_trace()


class NoThreads(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 1, 3, 0))

    def assert_told(self, result, remedy):
        self.assertRegex(result.err, rf'^spyhop: cannot start a thread: .*; .*{remedy}')
        self.assertEqual(result.err.count('\n'), 1, result)
        self.assertEqual(os.listdir(self.folder), [])

    def test_refused_as_by_an_old_docker(self):
        for arguments in (('attach', '-d', 1), ('attach', '-d', 1, '-o', os.path.join(self.folder, 'p.spyhop')),
                          ('snapshot',), ('top', '--iterations', 1)):
            with self.subTest(arguments[0]):
                result = spyhop.run(*arguments, '-p', self.puppet.pid, prefix=REFUSED).expect(spyhop.FAILED)
                self.assert_told(result, "container's runtime")

    def test_the_program_runs_on(self):
        program = [sys.executable, '-c', 'print(3, flush=True); input(); exit(7)']
        with subprocess.Popen([*REFUSED, spyhop.BINARY, 'run', '--', *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding='utf-8') as process:
            told = process.stderr.readline()
            out, _ = process.communicate('\n')
        self.assertEqual((process.returncode, out), (7, '3\n'))
        self.assertRegex(told, 'not sampled: cannot start a thread: ')

    def test_a_recording_is_read_without(self):
        recording = os.path.join(self.folder, 'p.spyhop')
        spyhop.run('attach', '-p', self.puppet.pid, '-d', 0.3, '-q', '-o', recording).expect(spyhop.DONE)
        report = spyhop.run('report', recording, prefix=REFUSED).expect(spyhop.DONE)
        self.assertIn('worker.py', report.out)

    @unittest.skipIf(os.geteuid() != 0, 'only root can become another user')
    def test_the_users_limit(self):
        """The kernel counts a user's threads, but not root's: getrlimit(2), RLIMIT_NPROC."""
        own = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 1, 3, 0, prefix=NOBODY))
        result = spyhop.run('snapshot', '-p', own.pid, prefix=LIMITED).expect(spyhop.FAILED)
        self.assert_told(result, 'ulimit -u')


if __name__ == '__main__':
    unittest.main()
