"""The Debian package: lintian has no complaint; it installs, works, leaves the admin's files alone, and goes without a trace."""
import context  # noqa: F401  isort:skip
import os
import re
import shutil
import tempfile
import unittest

import harness
import interpreters
import packages
import spyhop

ADMINS = '# the admin wrote this\n'


def setUpModule():
    harness.can_trace()


def paths_with(root, word):
    """What a root has of Spyhop, but for dpkg's and apt's own books."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if os.path.join(folder, name) != root + '/proc']
        found += [os.path.join(folder, name)[len(root):] for name in folders + names if word in name]
    return [path for path in found if not path.startswith(('/var/lib/dpkg', '/var/lib/apt', '/var/cache/apt', '/tmp'))]


class Contents(unittest.TestCase):
    def test_lintian_has_no_complaint(self):
        done = packages.run('lintian', '--fail-on', 'error,warning', packages.deb())
        self.assertEqual((done.status, done.out), (0, ''), done)

    def test_every_command_has_a_manual_page(self):
        listed = packages.run('dpkg-deb', '-c', packages.deb()).expect(0).out
        commands = re.findall(r'(?m)^  (\w+)', spyhop.run('--help').out.split('Commands:\n')[1])
        for page in ['spyhop', *(f'spyhop-{command}' for command in commands)]:
            self.assertIn(f'./usr/share/man/man1/{page}.1.gz\n', listed)

    def test_the_only_file_in_etc_is_a_configuration_file(self):
        listed = packages.run('dpkg-deb', '-c', packages.deb()).expect(0).out
        self.assertEqual(re.findall(r'\./(etc/.*[^/])\n', listed), ['etc/spyhop/spyhop.conf'])
        self.assertEqual(packages.run('dpkg-deb', '-I', packages.deb(), 'conffiles').expect(0).out, '/etc/spyhop/spyhop.conf\n')

    def test_the_same_sources_give_the_same_bytes(self):
        with open(packages.deb(), 'rb') as file:
            before = file.read()
        packages.run('tools/package', 'deb', cwd=spyhop.TREE).expect(0)
        with open(packages.deb(), 'rb') as file:
            self.assertTrue(file.read() == before)


class Life(unittest.TestCase):
    """In a fresh Debian 12, in the order of the methods' steps: one story, for an installation takes ten seconds."""

    def setUp(self):
        self.root = self.enterContext(packages.fresh_bookworm())
        self.config = self.root + '/etc/spyhop/spyhop.conf'
        self.inside('apt-get', 'update', '-q').expect(0)

    def inside(self, *command):
        return packages.run('chroot', self.root, *command)

    def install(self, path):
        shutil.copy(path, self.root + '/tmp/spyhop.deb')
        self.inside('apt-get', 'install', '-y', '-q', '--reinstall', '--allow-downgrades', '/tmp/spyhop.deb').expect(0)

    def newer(self, folder):
        """The same package as a later version."""
        packages.run('dpkg-deb', '-R', packages.deb(), folder + '/new').expect(0)
        control = folder + '/new/DEBIAN/control'
        with open(control, encoding='utf-8') as file:
            text = file.read()
        with open(control, 'w', encoding='utf-8') as file:
            file.write(re.sub(r'(?m)^Version: .*', 'Version: 9.0-1', text))
        packages.run('dpkg-deb', '-b', '--root-owner-group', folder + '/new', folder + '/new.deb').expect(0)
        return folder + '/new.deb'

    def the_admins_file_is_as_it_was(self):
        with open(self.config, encoding='ascii') as file:
            self.assertEqual(file.read(), ADMINS)

    def it_works(self):
        python = interpreters.Interpreter('/usr/bin/python3.11', 'bookworm', self.root)
        with harness.Puppet(python, 'worker.py', 1, 20, 2) as puppet:
            result = self.inside('spyhop', 'attach', '-p', puppet.pid, '-d', 1).expect(0)
            self.assertIn(' count ', result.out)
            self.inside('spyhop', 'attach', '-p', puppet.pid, '-d', 1, '--native').expect(0)
            self.assertIn('descend', self.inside('spyhop', 'snapshot', '-p', puppet.pid).expect(0).out)
        self.assertEqual(self.inside('bash', '-c', 'source /usr/share/bash-completion/completions/spyhop && complete -p spyhop')
                         .expect(0).out, 'complete -F _spyhop spyhop\n')

    def test_from_installation_to_purge(self):
        self.install(packages.deb())
        self.assertEqual(self.inside('dpkg', '--verify', 'spyhop').expect(0).out, '')
        with open(self.config, 'w', encoding='ascii') as file:
            file.write(ADMINS)
        self.assertEqual(self.inside('ldd', '/usr/bin/spyhop').expect(0).out.count('not found'), 0)
        self.it_works()
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
            self.install(self.newer(folder))
        self.assertIn('9.0-1', self.inside('dpkg-query', '-W', 'spyhop').expect(0).out)
        self.it_works()
        self.the_admins_file_is_as_it_was()
        self.inside('apt-get', 'remove', '-y', '-q', 'spyhop').expect(0)
        self.the_admins_file_is_as_it_was()
        self.install(packages.deb())
        self.inside('apt-get', 'purge', '-y', '-q', 'spyhop').expect(0)
        self.assertEqual(paths_with(self.root, 'spyhop'), [])
        self.assertNotIn('spyhop', self.inside('dpkg-query', '-W').expect(0).out)


if __name__ == '__main__':
    unittest.main()
