"""Native stacks where the target's files are stripped, damaged or gone: what can be known is, the rest is counted, nothing stalls."""
import contextlib
import lzma
import os
import re
import subprocess
import tempfile
import unittest

import harness
import matrix
import spyhop

RATE, SECONDS = 500, 1.0
# RFC 5737: an address that nobody answers at.
NOWHERE = 'http://192.0.2.1/'


def setUpModule():
    harness.can_trace()


def tool(*command):
    return subprocess.run([str(each) for each in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def section(path, name):
    """(offset, size) in the file."""
    found = re.search(r'\] ' + re.escape(name) + r' +\S+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)', tool('readelf', '-SW', path))
    assert found, f'{path}: no {name}'
    return int(found[1], 16), int(found[2], 16)


class Files(unittest.TestCase):
    def setUp(self):
        self.python = matrix.newest()
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.module = os.path.join(self.folder, 'work.so')
        tool('gcc', '-O2', '-g', '-shared', '-fPIC', os.path.join(harness.PUPPETS, 'native_files.c'), '-o', self.module)

    def path(self, name):
        return os.path.join(self.folder, name)

    def overwrite(self, offset, data):
        with open(self.module, 'r+b') as file:
            file.seek(offset)
            file.write(data)

    @contextlib.contextmanager
    def loaded(self, *more):
        with harness.Puppet(self.python, 'native_files.py', self.module, *more) as puppet:
            yield puppet

    def functions_at_rest(self, pid):
        """Of the thread that waits in the library."""
        threads = spyhop.snapshot(pid, '--native')['threads']
        return [frame['function'] for thread in threads for frame in thread['frames']
                if any(each['function'] == 'rests' for each in thread['frames'])]

    def profile(self, pid):
        """With native stacks; fails if it lost its way in the Python part, or a second."""
        profile = spyhop.attach(pid, RATE, SECONDS, '--native')
        sampling = profile['sampling']
        print(f'{self.id().rpartition(".")[2]}: {sampling["samples"]} samples, not whole: {sampling["truncated"]}, '
              f'lost: {sampling["lost"]}', flush=True)
        self.assertGreater(sampling['rounds'], RATE * SECONDS / 2, sampling)
        total = {row['function']: row['total'] for row in profile['lines']}
        for function in ('works', 'is_made', 'rests'):
            times = total[function]
            seconds = sum(value for name, value in times.items() if name.endswith('_s') and name != 'cpu_s')
            self.assertGreater(seconds, 0.9 * profile['duration_s'], (function, times))
        return profile

    def assert_worked_in(self, function, profile):
        seconds = sum(row['self']['native_s'] for row in profile['lines']
                      if row.get('kind') == 'native' and row['function'] == function)
        self.assertGreater(seconds, 0.2, f'{function} worked half of the time')


class Stripped(Files):
    """Names come from wherever they went."""

    def strip(self, *more):
        """Without the names that no other file needs; those are in work.debug now."""
        tool('objcopy', '--only-keep-debug', self.module, self.path('work.debug'))
        tool('strip', '--strip-all', *more, self.module)

    def assert_named(self):
        with self.loaded() as puppet:
            shown = self.functions_at_rest(puppet.pid)
            self.assertIn('rest_inner', shown)
            self.assertIn('rest_outer', shown)

    def test_nowhere(self):
        self.strip()
        with self.loaded() as puppet:
            shown = self.functions_at_rest(puppet.pid)
        self.assertIn('[work.so]', shown)
        self.assertIn('rest_outer', shown)

    def test_in_a_file_that_it_links_to(self):
        self.strip()
        tool('objcopy', '--add-gnu-debuglink', self.path('work.debug'), self.module)
        self.assert_named()

    def test_in_a_folder_beside_it_without_a_build_id(self):
        self.strip('-R', '.note.gnu.build-id')
        tool('objcopy', '-R', '.note.gnu.build-id', self.path('work.debug'))
        tool('objcopy', '--add-gnu-debuglink', self.path('work.debug'), self.module)
        os.mkdir(self.path('.debug'))
        os.rename(self.path('work.debug'), self.path('.debug/work.debug'))
        self.assert_named()

    def test_not_in_a_file_of_that_name_which_is_another(self):
        self.strip('-R', '.note.gnu.build-id')
        tool('objcopy', '--add-gnu-debuglink', self.path('work.debug'), self.module)
        with open(self.path('work.debug'), 'ab') as file:
            file.write(b'another')
        with self.loaded() as puppet:
            self.assertNotIn('rest_inner', self.functions_at_rest(puppet.pid))

    def test_packed_in_itself(self):
        self.strip()
        names = self.path('names')
        tool('strip', '--strip-debug', self.path('work.debug'), '-o', names)
        with open(names, 'rb') as file, open(names + '.xz', 'wb') as packed:
            packed.write(lzma.compress(file.read()))
        tool('objcopy', '--add-section', '.gnu_debugdata=' + names + '.xz', self.module)
        os.remove(self.path('work.debug'))
        self.assert_named()

    def test_packed_garbage_is_nothing(self):
        self.strip()
        with open(self.path('garbage'), 'wb') as file:
            file.write(lzma.compress(b'\0' * 1000)[:-8] + b'garbage')
        tool('objcopy', '--add-section', '.gnu_debugdata=' + self.path('garbage'), self.module)
        with self.loaded() as puppet:
            self.assertIn('[work.so]', self.functions_at_rest(puppet.pid))


class Damaged(Files):
    """A profile all the same; the library's part of it as far as it can be told."""

    def test_nothing_is_wrong(self):
        with self.loaded() as puppet:
            profile = self.profile(puppet.pid)
        self.assert_worked_in('work_inner', profile)

    def test_file_is_cut_behind_what_is_loaded(self):
        end = max(int(offset, 16) + int(size, 16) for offset, size in re.findall(
            r'LOAD +0x([0-9a-f]+) 0x[0-9a-f]+ 0x[0-9a-f]+ 0x([0-9a-f]+)', tool('readelf', '-lW', self.module)))
        os.truncate(self.module, end)
        with self.loaded() as puppet:
            profile = self.profile(puppet.pid)
        self.assert_worked_in('[work.so]', profile)

    def test_call_frame_table_is_garbage(self):
        for name in ('.eh_frame', '.eh_frame_hdr'):
            offset, size = section(self.module, name)
            self.overwrite(offset, os.urandom(size))
        with self.loaded() as puppet:
            profile = self.profile(puppet.pid)
        self.assert_worked_in('work_inner', profile)
        causes = set(profile['sampling']['truncated'])
        self.assertTrue(causes & {'native-no-table', 'native-bad-stack', 'native-no-register', 'native-mismatch'}, causes)

    def test_file_was_replaced_by_garbage(self):
        with self.loaded() as puppet:
            other = self.path('other')
            with open(other, 'wb') as file:
                file.write(b'\x7fELF' + os.urandom(100000))
            os.rename(other, self.module)
            profile = self.profile(puppet.pid)
        self.assert_worked_in('work_inner', profile)

    def test_file_is_cut_while_it_is_in_use(self):
        """The one which is waited in for ever: whoever ran in it would get SIGBUS."""
        second = self.path('second.so')
        tool('cp', self.module, second)
        with self.loaded(second) as puppet:
            os.truncate(second, 1000)
            profile = self.profile(puppet.pid)
        self.assert_worked_in('work_inner', profile)

    def test_map_of_code_made_at_run_time_is_garbage(self):
        with self.loaded() as puppet:
            path = f'/tmp/perf-{puppet.pid}.map'
            self.addCleanup(os.remove, path)
            with open(path, 'wb') as file:
                file.write(b'zzzz 10 f\n-1 -1\n' + os.urandom(300000) + b'\nffffffffffffffff ffffffffffffffff \xff\n')
            profile = self.profile(puppet.pid)
        self.assertGreater(profile['sampling']['truncated']['native-no-table'], 10)
        self.assert_worked_in('[unknown]', profile)

    def test_nobody_answers_where_debug_files_are_to_be_asked_for(self):
        os.environ['DEBUGINFOD_URLS'] = NOWHERE
        self.addCleanup(os.environ.pop, 'DEBUGINFOD_URLS')
        tool('strip', '--strip-all', self.module)
        with self.loaded() as puppet:
            self.profile(puppet.pid)


if __name__ == '__main__':
    unittest.main()
