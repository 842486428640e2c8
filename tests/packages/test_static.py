"""The static file runs anywhere: in and on Debian 11, 12 and 13, in a root with nothing but musl, on old kernels."""
import context  # noqa: F401  isort:skip
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import harness
import interpreters
import matrix
import packages
import proc
import schema

MUSL = os.path.join(interpreters.cache_folder(), 'musl311')
HERE = os.path.dirname(os.path.abspath(__file__))


def setUpModule():
    harness.can_trace()


class File(unittest.TestCase):
    def test_it_is_small_and_needs_nothing(self):
        path = packages.static_file()
        print(f'{os.path.getsize(path)} bytes', file=sys.stderr)
        self.assertLess(os.path.getsize(path), 10_000_000)
        headers = packages.run('readelf', '-lWd', path).expect(0).out
        self.assertNotIn('INTERP', headers)
        self.assertNotIn('NEEDED', headers)
        self.assertIn('BIND_NOW', headers)

    def test_it_has_no_name_of_a_debug_server_client(self):
        """libdw would load libdebuginfod of the machine it runs on."""
        with open(packages.static_file(), 'rb') as file:
            self.assertNotIn(b'libdebuginfod', file.read())

    def test_the_daemon_looks_up_names_without_the_machines_libraries(self):
        """glibc's resolver would load those that nsswitch.conf names."""
        puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 1, 3, 0))
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        config, opened = (os.path.join(folder, name) for name in ('conf', 'opened'))
        with open(config, 'w', encoding='ascii') as file:
            file.write(f'[daemon]\nhistory =\ncontrol =\nsegment = 10s\nsnapshot-folder = {folder}\n'
                       f'[watch one]\npid = {puppet.pid}\n'
                       '[push none]\ntype = otlp\nurl = http://spyhop.invalid:9\ninterval = 1s\n')
        command = ['strace', '-f', '-qq', '-e', 'trace=open,openat', '-o', opened, packages.static_file(), 'daemon', '--config', config]
        with subprocess.Popen(command, stderr=subprocess.PIPE, encoding='utf-8', start_new_session=True) as daemon:
            said = next(line for line in daemon.stderr if 'push none' in line)
            os.killpg(daemon.pid, signal.SIGKILL)
        with open(opened, encoding='utf-8') as file:
            files = file.read()
        self.assertIn('/etc/resolv.conf', files, said)
        self.assertNotIn('libnss', files)


class InARoot:
    """On one interpreter: from outside its root, and inside of it."""

    libc_has_tables = True

    def setUp(self):
        self.puppet = self.enterContext(harness.Puppet(self.python, 'worker.py', 1, 20, 2, needs_proc=True))
        self.pid, self.tids = self.puppet.pid, self.puppet.ask('tids')
        self.outside = [packages.static_file()]
        inside = os.path.join(self.puppet.workspace.folder, 'spyhop')
        shutil.copy(packages.static_file(), inside)
        self.inside = ['chroot', self.python.root, self.puppet.workspace.inside('spyhop')]
        self.ways = {'outside': self.outside, 'inside': self.inside} if self.python.root else {'outside': self.outside}

    def test_attach(self):
        for way, command in self.ways.items():
            with self.subTest(way):
                profile = packages.run(*command, 'attach', '-p', self.pid, '-d', 2, '-f', 'json', '-o', '-').expect(0).json()
                self.assertEqual(schema.profile_complaints(profile), [])
                threads = {thread['tid']: thread for thread in profile['threads']}
                self.assertEqual(sorted(threads), proc.tasks(self.pid))
                busy = threads[self.tids['busy'][0]]
                self.assertGreater(busy['python_s'] + busy['runq_s'], 0.8 * busy['observed_s'])
                counting = [line for line in profile['lines'] if line['function'] == 'count' and line['self']['samples']]
                self.assertEqual({line['tid'] for line in counting}, set(self.tids['busy']))
                self.assertEqual(profile['targets'][0]['python']['version'], self.python.text_version)

    def test_native(self):
        for way, command in self.ways.items():
            with self.subTest(way):
                profile = packages.run(*command, 'attach', '-p', self.pid, '-d', 2, '--native', '--stacks', '-f', 'json',
                                       '-o', '-').expect(0).json()
                sampling = profile['sampling']
                print(f'{self.python.name} {way}: {sampling["samples"]} samples, truncated {sampling["truncated"]}',
                      file=sys.stderr)
                kinds = {frame['kind'] for stack in profile['stacks'] for frame in stack['frames']}
                self.assertLessEqual({'python', 'native'}, kinds)
                cut = sum(count for cause, count in sampling['truncated'].items() if cause != 'native-not-read')
                if self.libc_has_tables:
                    self.assertLess(cut, 0.05 * sampling['samples'])

    def test_snapshot(self):
        for way, command in self.ways.items():
            for more in ([], ['--native']):
                with self.subTest(way, more=more):
                    shown = packages.run(*command, 'snapshot', '-p', self.pid, '--json', *more).expect(0).json()
                    self.assertEqual(schema.snapshot_complaints(shown), [])
                    self.assertEqual(sorted(thread['tid'] for thread in shown['threads']), proc.tasks(self.pid))
                    for thread in shown['threads']:
                        self.assertIn('python', [frame['kind'] for frame in thread['frames']], thread)

    def test_it_is_listed_and_doctor_has_no_problem(self):
        for way, command in self.ways.items():
            with self.subTest(way):
                self.assertRegex(packages.run(*command, 'list').expect(0).out, rf'(?m)^ *{self.pid} +{self.python.text_version}')
                self.assertIn(self.python.text_version, packages.run(*command, 'doctor', '-p', self.pid).expect(0).out)


def roots():
    """Each interpreter of a root that Debian's suites gave (tools/interpreters), and of Debian 12's own."""
    found = [each for each in interpreters.every() if each.root]
    return found + [interpreters.Interpreter('/usr/bin/python3.11', 'bookworm', packages.bookworm())]


for each in roots():
    name = 'In_' + re.sub(r'\W+', '_', each.name)
    globals()[name] = type(name, (InARoot, unittest.TestCase), {'python': each})


class WithMusl(InARoot, unittest.TestCase):
    """A CPython on musl in a root that has no file of glibc. Debian's musl has no call frame tables."""

    libc_has_tables = False

    def setUp(self):
        self.assertTrue(os.path.isdir(MUSL), f'{MUSL}: no CPython on musl; tools/musl-python builds it')
        self.python = interpreters.Interpreter(interpreters.MUSL, 'musl', MUSL)
        super().setUp()

    def test_its_root_has_no_glibc(self):
        for folder, _, names in os.walk(MUSL):
            for name in names:
                self.assertNotRegex(name, r'^(libc\.so\.6|ld-linux.*)$', folder)


class WithoutRoot(unittest.TestCase):
    """Another user's process, with the two capabilities of docs/install.md."""

    def test_it_reads_another_users_process(self):
        nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps',
                  '-all,+sys_ptrace,+dac_read_search', '--ambient-caps', '-all,+sys_ptrace,+dac_read_search']
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 20, 2) as puppet:
            attach = packages.run(*nobody, packages.static_file(), 'attach', '-p', puppet.pid, '-d', 1)
            self.assertIn(' count ', attach.expect(0).out)


class InAnEmptyRoot(unittest.TestCase):
    """Nothing there but the program and /proc, as in an image FROM scratch (packaging/Dockerfile)."""

    def test_it_reads_a_process_of_another_root(self):
        python = matrix.debian()
        with harness.Puppet(python, 'worker.py', 1, 20, 2) as puppet, \
                tempfile.TemporaryDirectory(prefix='spyhop-') as root:
            os.mkdir(root + '/proc')
            shutil.copy(packages.static_file(), root + '/spyhop')
            with packages.proc_in(root):
                attach = packages.run('chroot', root, '/spyhop', 'attach', '-p', puppet.pid, '-d', 1, '--native')
                self.assertIn(' count ', attach.expect(0).out)
                self.assertIn('counter[0] += 1', attach.out, 'the source is read in the root of the process')
                snapshot = packages.run('chroot', root, '/spyhop', 'snapshot', '-p', puppet.pid, '--native')
                self.assertIn('descend', snapshot.expect(0).out)


class OnAnOldKernel(unittest.TestCase):
    """System calls later than Linux 4.4 fail, as they do there."""

    def test_every_command_works_without_newer_system_calls(self):
        old = [matrix.debian().path, os.path.join(HERE, 'old_kernel.py'), packages.static_file()]
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder, \
                harness.Puppet(matrix.debian(), 'worker.py', 1, 20, 2) as puppet:
            recording = os.path.join(folder, 'p.spyhop')
            packages.run(*old, 'attach', '-p', puppet.pid, '-d', 2, '-o', recording).expect(0)
            packages.run(*old, 'attach', '-p', puppet.pid, '-d', 1, '--pause', 'never').expect(0)
            self.assertIn('count', packages.run(*old, 'report', recording).expect(0).out)
            self.assertIn('native', packages.run(*old, 'snapshot', '-p', puppet.pid, '--native').expect(0).out)
            profile = packages.run(*old, 'attach', '-p', puppet.pid, '-d', 1, '--native', '-f', 'json', '-o', '-').expect(0).json()
            self.assertEqual(schema.profile_complaints(profile), [])
            self.assertIn(str(puppet.pid), packages.run(*old, 'list').expect(0).out)
            packages.run(*old, 'doctor', '-p', puppet.pid).expect(0)
        packages.run(*old, 'run', '--', matrix.debian().path, '-c', 'import time; time.sleep(0.5)').expect(0)

    def test_the_filter_works(self):
        old = [matrix.debian().path, os.path.join(HERE, 'old_kernel.py'), matrix.debian().path]
        code = 'import os; os.copy_file_range(0, 0, 1)'
        self.assertIn(os.strerror(errno.ENOSYS), packages.run(*old, '-c', code).expect(1).err)


if __name__ == '__main__':
    unittest.main()
