"""Targets that cannot be watched: each its own words (what, why, what to do), its exit status, and in good time."""
import context  # noqa: F401  isort:skip
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import elf
import harness
import matrix
import proc
import spyhop

PROMPT_S = 5
REMEDY = re.compile(r'(?i)spyhop (list|doctor|attach|snapshot)|sudo|sys_ptrace|\b(use|try|run|give|continue|newer|'
                    r'supported|supports|reads|can read)\b')
NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']
WITHOUT_CAPABILITY = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-all']


def setUpModule():
    harness.can_trace()


class BadTarget(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        os.chmod(self.folder, 0o755)

    def start(self, *command, **options):
        process = self.enterContext(harness.Process(command, **options))
        proc.until(lambda: os.readlink(f'/proc/{process.pid}/exe').endswith(os.path.basename(os.path.realpath(command[0]))),
                   5, f'{command[0]} runs')
        return process

    def refuse(self, pid, statuses, *patterns, **options):
        """Both commands refuse, at once, in words that fit."""
        for command in (['attach', '-d', '1'], ['snapshot'], ['snapshot', '--json']):
            with self.subTest(command=command):
                start = time.monotonic()
                result = spyhop.run(*command, '-p', pid, **options).expect(*statuses)
                self.assertLess(time.monotonic() - start, PROMPT_S, 'a refusal is prompt')
                self.assertEqual(result.out, '', 'stdout is for data')
                self.assertTrue(result.err.startswith('spyhop: '), result)
                self.assertIn(str(pid), result.err, 'which process')
                for pattern in patterns:
                    self.assertRegex(result.err, pattern)
                self.assertRegex(result.err, REMEDY, 'what to do about it')

    def test_no_such_process(self):
        with open('/proc/sys/kernel/pid_max', encoding='ascii') as file:
            self.refuse(int(file.read()) + 1, [spyhop.NO_PROCESS], r'(?i)no (such )?process')

    def test_a_process_that_has_just_ended(self):
        child = subprocess.Popen(['true'])
        child.wait()
        self.refuse(child.pid, [spyhop.NO_PROCESS], r'(?i)no (such )?process')

    def test_a_thread_is_not_a_process(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0) as puppet:
            tid = puppet.ask('tids')['busy'][0]
            self.refuse(tid, [spyhop.NO_PROCESS], r'(?i)thread', str(puppet.pid))

    def test_a_kernel_thread(self):
        threads = [int(pid) for pid in os.listdir('/proc') if pid.isdigit() and self.is_kernel_thread(pid)]
        if not threads:
            self.skipTest('no kernel thread is visible in this pid namespace')
        self.refuse(threads[0], [spyhop.NOT_PYTHON], r'(?i)kernel thread')

    @staticmethod
    def is_kernel_thread(pid):
        try:
            with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
                flags = int(file.read().rpartition(')')[2].split()[6])
            return bool(flags & 0x00200000)  # PF_KTHREAD
        except OSError:
            return False

    def test_a_zombie(self):
        child = subprocess.Popen(['true'])
        self.addCleanup(child.wait)
        proc.until(lambda: proc.state(child.pid) == 'Z', 5, 'a zombie')
        self.refuse(child.pid, [spyhop.NO_PROCESS, spyhop.NOT_PYTHON], r'(?i)zombie|has ended|has exited')

    def test_another_users_process(self):
        program = shutil.copy(spyhop.BINARY, self.folder)
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0) as puppet, self.binary(program):
            self.refuse(puppet.pid, [spyhop.NOT_PERMITTED], r'(?i)permi', r'(?i)user|root|uid', '(?i)sys_ptrace|sudo',
                        prefix=NOBODY)

    def test_root_without_the_capability(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0, prefix=NOBODY) as puppet:
            self.refuse(puppet.pid, [spyhop.NOT_PERMITTED], r'(?i)permi', '(?i)sys_ptrace',
                        r'\A(?!(?si:.*run as root))', prefix=WITHOUT_CAPABILITY)

    def binary(self, path):
        return mock.patch.object(spyhop, 'BINARY', path)

    def test_not_python(self):
        process = self.start('/bin/sleep', '60')
        self.refuse(process.pid, [spyhop.NOT_PYTHON], r'sleep', r'(?i)not a (C?Python|python)')

    def test_pypy_is_named(self):
        program, library = os.path.join(self.folder, 'pypy3'), os.path.join(self.folder, 'libpypy3-c.so')
        build = ['gcc', '-x', 'c', '-', '-o']
        subprocess.run([*build, library, '-shared', '-fPIC'], input=b'int pypy_main_startup(void){return 0;}', check=True)
        subprocess.run([*build, program, '-L', self.folder, '-l:libpypy3-c.so', '-Wl,-rpath,' + self.folder], check=True,
                       input=b'int pypy_main_startup(void); int pause(void);'
                             b'int main(){return pypy_main_startup() + pause();}')
        process = self.start(program)
        self.refuse(process.pid, [spyhop.NOT_PYTHON], 'PyPy')

    def test_a_version_that_is_not_known(self):
        python = matrix.debian()
        copy = elf.CopiedPython(python, self.folder)
        elf.give_version(copy.executable, python.text_version, '3.99.' + str(python.version[2]))
        with harness.Puppet(python, 'worker.py', 1, 5, 0, command=[copy.executable], **copy.environment) as puppet:
            self.refuse(puppet.pid, [spyhop.NOT_PYTHON], r'3\.99', r'2\.7', r'3\.15')

    def test_a_32_bit_program(self):
        program = os.path.join(self.folder, 'program')
        elf.write_i386_program(program)
        try:
            process = self.start(program)
        except OSError as error:
            self.skipTest(f'this kernel runs no 32-bit programs: {error}')
        self.refuse(process.pid, [spyhop.NOT_PYTHON], r'32.bit')

    def test_a_hostile_process_name_does_not_reach_the_terminal(self):
        program = os.path.join(self.folder, 'a\x1b[31mb\nc')
        shutil.copy('/bin/sleep', program)
        process = self.start(program, '60')
        for command in (['snapshot', '-p', process.pid], ['attach', '-p', process.pid], ['doctor', '-p', process.pid],
                        ['run', '-o', program + '.json/', '--', 'true'], ['run', '--', program + 'x'], ['list'],
                        ['snapshot', '-p', process.pid, '-o', program + '/x'], [program]):
            result = spyhop.run(*command)
            self.assertNotIn('\x1b', result.err + result.out, command)
            self.assertNotRegex(result.err, r'(?m)^c', f'a name began a line of its own: {command}')

    def test_doctor_ends_with_the_status_that_attach_has(self):
        child = subprocess.Popen(['true'])
        child.wait()
        process = self.start('/bin/sleep', '60')
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0) as puppet:
            tid = puppet.ask('tids')['busy'][0]
            for pid, status, says in ((child.pid, spyhop.NO_PROCESS, 'no process'), (tid, spyhop.NO_PROCESS, 'thread'),
                                      (process.pid, spyhop.NOT_PYTHON, 'not a Python process'),
                                      (puppet.pid, spyhop.DONE, r'3\.11')):
                with self.subTest(says=says):
                    result = spyhop.run('doctor', '-p', pid).expect(status)
                    self.assertRegex(result.out, says)
                    self.assertEqual('problem' in result.out, status != spyhop.DONE)
                    self.assertEqual(re.findall(r'(?m)^problem.*\n(?! +-> )', result.out), [], 'each with a remedy')

    def test_doctor_says_what_the_capability_lacks(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0, prefix=NOBODY) as puppet:
            result = spyhop.run('doctor', '-p', puppet.pid, prefix=WITHOUT_CAPABILITY).expect(spyhop.NOT_PERMITTED)
        self.assertRegex(result.out, '-> .*SYS_PTRACE')
        self.assertNotRegex(result.out, '(?i)run as root')


class StoppedTarget(unittest.TestCase):
    """Stopped by job control: it is read as it is, or its state is named; it is never set going."""

    def test_stopped_by_a_signal(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 2) as puppet:
            os.kill(puppet.pid, signal.SIGSTOP)
            proc.until(lambda: proc.state(puppet.pid) == 'T', 5, 'stopped')
            shown = spyhop.snapshot(puppet.pid)
            functions = {frame['function'] for thread in shown['threads'] for frame in thread['frames']}
            self.assertLessEqual({'descend', 'park', 'serve'}, functions)
            result = spyhop.run('attach', '-p', puppet.pid, '-d', 0.5).expect(spyhop.DONE, spyhop.NO_SAMPLES)
            self.assertRegex(result.err + result.out, '(?i)stopped')
            self.assertEqual({letter for _, letter, _ in proc.held(puppet.pid)}, {'T'}, 'stopped before, stopped after')
            os.kill(puppet.pid, signal.SIGCONT)
            before = puppet.ask('count')
            proc.until(lambda: puppet.ask('count') > before, 10, 'it goes on')


if __name__ == '__main__':
    unittest.main()
