"""When the output cannot be written: the words, the exit status, and that nothing collected is lost."""
import context  # noqa: F401  isort:skip
import os
import re
import subprocess
import tempfile
import time
import unittest

import harness
import matrix
import schema
import spyhop


# The function that the worker is in, in any format.
WORK = r'\bcount\b'


def setUpModule():
    harness.can_trace()


class Outputs(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 1, 20, 2))

    def attach(self, *more, **options):
        return spyhop.run('attach', '-p', self.puppet.pid, *more, **options)

    def assert_kept(self, result):
        """The profile is somewhere: a file that stderr names, or stdout."""
        for path in re.findall(r'/[^\s\'",;:]+', result.err):
            if os.path.isfile(path) and os.path.getsize(path):
                with open(path, encoding='utf-8') as file:
                    self.assertRegex(file.read(), WORK)
                self.addCleanup(os.remove, path)
                return
        self.assertRegex(result.out, WORK, f'the samples are lost: {result}')

    def test_a_folder_that_is_not_there_is_told_before_sampling(self):
        start = time.monotonic()
        path = os.path.join(self.folder, 'nowhere', 'profile.json')
        result = self.attach('-d', 20, '-o', path).expect(spyhop.FAILED, spyhop.USAGE)
        self.assertLess(time.monotonic() - start, 5, 'told at once, not after 20 s')
        self.assertIn(path, result.err)
        self.assertRegex(result.err, '(?i)no such file or directory|does not exist')

    def test_a_folder_that_goes_away_while_sampling(self):
        folder = os.path.join(self.folder, 'soon-gone')
        os.mkdir(folder)
        path = os.path.join(folder, 'profile.json')
        with spyhop.Running('attach', '-p', self.puppet.pid, '-d', 2, '-o', path) as running:
            running.await_rounds()
            for name in os.listdir(folder):
                os.remove(os.path.join(folder, name))
            os.rmdir(folder)
            result = running.finish().expect(spyhop.FAILED)
        self.assertIn(folder, result.err)
        self.assert_kept(result)

    def small_disk(self):
        folder = os.path.join(self.folder, 'small')
        os.mkdir(folder)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder], check=True)
        self.addCleanup(subprocess.run, ['umount', folder], check=True)
        with open(os.path.join(folder, 'filler'), 'wb') as file:
            file.write(b'x' * 4096)
        return folder

    def test_a_full_disk(self):
        folder = self.small_disk()
        path = os.path.join(folder, 'profile.json')
        result = self.attach('-d', 0.5, '-o', path).expect(spyhop.FAILED)
        self.assertRegex(result.err, '(?i)no space left')
        self.assertIn(folder, result.err)
        self.assertEqual(os.listdir(folder), ['filler'], 'whole or not at all')
        self.assert_kept(result)

    def test_a_full_device_as_the_file(self):
        result = self.attach('-d', 0.3, '-f', 'json', '-o', '/dev/full').expect(spyhop.FAILED)
        self.assertRegex(result.err, '(?i)/dev/full|no space left')
        self.assert_kept(result)

    def test_a_full_device_as_stdout(self):
        with open('/dev/full', 'wb') as full:
            result = self.attach('-d', 0.3, stdout=full).expect(spyhop.FAILED)
        self.assertRegex(result.err, '(?i)no space left')

    def test_a_mounted_file_cannot_be_replaced_and_nothing_is_lost(self):
        outside, path = (os.path.join(self.folder, name) for name in ('outside.json', 'profile.json'))
        for each in (outside, path):
            with open(each, 'wb'):
                pass
        subprocess.run(['mount', '--bind', outside, path], check=True)
        self.addCleanup(subprocess.run, ['umount', path], check=True)
        result = self.attach('-q', '-d', 0.3, '-o', path).expect(spyhop.FAILED)
        self.assertRegex(result.err, '(?i)busy')
        self.assert_kept(result)

    def test_a_pipe_that_is_named_by_a_link(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.attach('-q', '-d', 0.3, '-f', 'collapsed', '-o', '/dev/stdout', stdout=writer).expect(spyhop.DONE)
        os.close(writer)
        self.assertRegex(os.read(reader, 1 << 16).decode(), WORK)

    def test_an_old_file_survives_what_goes_wrong(self):
        path = os.path.join(self.folder, 'profile.json')
        with open(path, 'w', encoding='ascii') as file:
            file.write('old')
        with spyhop.Running('attach', '-p', self.puppet.pid, '-o', path) as running:
            running.await_rounds()
            running.popen.kill()
        with open(path, encoding='ascii') as file:
            self.assertEqual(file.read(), 'old')

    def test_a_closed_stdout(self):
        """Refused before sampling, or the file is whole: never sampled for nothing."""
        path = os.path.join(self.folder, 'profile.json')
        start = time.monotonic()
        result = self.attach('-d', 3, '-o', '-', '-f', 'json', '-o', path, preexec_fn=lambda: os.close(1))
        if time.monotonic() - start < 2:
            self.assertRegex(result.expect(spyhop.FAILED).err, 'stdout')
        else:
            self.assertEqual(schema.profile_complaints(spyhop.load(path, result)), [])

    def test_a_reader_that_leaves(self):
        for command in (['attach', '-p', self.puppet.pid, '-d', 0.3, '-i', '--limit', '0'],
                        ['attach', '-p', self.puppet.pid, '-d', 0.3, '-f', 'json', '--stacks', '-o', '-'],
                        ['snapshot', '-p', self.puppet.pid], ['list']):
            with self.subTest(command=command[0]):
                reader, writer = os.pipe()
                os.close(reader)
                result = spyhop.run(*command, stdout=writer).expect(spyhop.DONE, spyhop.FAILED)
                os.close(writer)
                self.assertEqual(result.err.count('\n') > 12, False, f'EPIPE ends quietly: {result}')

    def test_several_files_at_once(self):
        paths = [os.path.join(self.folder, name) for name in ('a.json', 'b.folded', 'c.txt', 'd.collapsed')]
        result = self.attach('-d', 0.4, *[word for path in paths for word in ('-o', path)]).expect(spyhop.DONE)
        self.assertEqual(schema.profile_complaints(spyhop.load(paths[0], result)), [])
        for path in paths[1:]:
            with open(path, encoding='utf-8') as file:
                self.assertRegex(file.read(), r'(?m)^.*;descend.* \d+$')
        self.assertEqual(sorted(os.listdir(self.folder)), ['a.json', 'b.folded', 'c.txt', 'd.collapsed'], 'no leftovers')


if __name__ == '__main__':
    unittest.main()
