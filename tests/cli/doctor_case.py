"""What the tests of spyhop doctor share: a worker, its findings, and doing what a remedy says."""
import context  # noqa: F401  isort:skip
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import harness
import matrix
import schema
import spyhop


class Doctor(unittest.TestCase):
    """`doctor` asks and `attach` proves. The binary is a copy that anybody may run, and that may get capabilities."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        os.chmod(self.folder, 0o755)
        program = shutil.copy(spyhop.BINARY, self.folder)
        self.enterContext(mock.patch.object(spyhop, 'BINARY', program))

    def worker(self, *shape, **options):
        return self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', *(shape or (1, 5, 0)), **options))

    def examine(self, pid, status, prefix=(), **options):
        """The findings by subject, of JSON that keeps to its schema and says what the text says."""
        result = spyhop.run('doctor', '-p', pid, '--json', prefix=prefix, **options).expect(status)
        found = result.json()
        self.assertEqual(schema.doctor_complaints(found), [])
        self.assertEqual((found['pid'], found['exit_status']), (pid, status))
        for each in found['findings']:
            if each['verdict'] == 'problem':
                self.assertTrue(each['remedy']['text'] or each['remedy']['lines'], each)
        return {each['subject']: each for each in found['findings']}

    def line(self, finding, pattern):
        """The line to copy that fits."""
        fitting = [line for line in finding['remedy']['lines'] if re.search(pattern, line)]
        self.assertEqual(len(fitting), 1, finding)
        return fitting[0]

    def do(self, line):
        """As a person would, who is root already."""
        subprocess.run(['/bin/sh', '-c', line.replace('sudo ', '')], check=True, stdout=subprocess.DEVNULL)

    def attaches(self, pid, prefix=(), *more):
        profile = spyhop.run('attach', '-p', pid, '-d', 0.3, '-f', 'json', '-o', '-', *more, prefix=prefix)
        functions = {line['function'] for line in profile.expect(spyhop.DONE).json()['lines']}
        self.assertIn('descend', functions)

    def attaches_by(self, line):
        """The line is `[sudo] PROGRAM attach --pid N`."""
        command = shlex.split(line.replace('sudo ', ''))
        self.assertEqual(command[:3], [spyhop.BINARY, 'attach', '--pid'], line)
        self.attaches(int(command[3]))
