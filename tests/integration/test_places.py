"""Where an interpreter can hide: embedded, forked by a server, stripped, deleted, replaced."""
import os
import shutil
import subprocess
import tempfile
import unittest

import elf
import harness
import interpreters
import matrix
import proc
import spyhop

WORK = 'work_of_the_application'


def setUpModule():
    harness.can_trace()


def functions(snapshot):
    return {frame['function'] for thread in snapshot['threads'] for frame in thread['frames']}


def shows_work(pid):
    """A snapshot's functions when they hold the application's work; the servers import it in their own time."""
    result = spyhop.run('snapshot', '-p', pid, '--json')
    return result.status == spyhop.DONE and WORK in functions(result.json())


class Servers(unittest.TestCase):
    """The application's thread runs in a server's process that is not /usr/bin/python."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        shutil.copy(os.path.join(harness.PUPPETS, 'application.py'), self.folder)

    def serve(self, *command):
        process = harness.Process(command, cwd=self.folder, stdout=subprocess.DEVNULL, env=interpreters.environment())
        self.addCleanup(process.close)
        return process

    def test_embedded_in_uwsgi(self):
        process = self.serve('/usr/bin/uwsgi-core', '--plugin', 'python3', '--socket', os.path.join(self.folder, 'socket'),
                             '-w', 'application:app', '--enable-threads', '--die-on-term')
        proc.until(lambda: shows_work(process.pid), 20, f'uwsgi {process.pid} shows {WORK}')
        profile = spyhop.attach(process.pid, 100, 0.5)
        self.assertIn(WORK, {line['function'] for line in profile['lines']})
        self.assertEqual(profile['targets'][0]['python']['version'], matrix.debian().text_version)
        self.assertIn('uwsgi', profile['targets'][0]['executable'])

    def test_a_gunicorn_worker_with_threads(self):
        process = self.serve('/usr/bin/python3', '-m', 'gunicorn', '-w', '1', '-k', 'gthread', '--threads', '4', '-b',
                             'unix:' + os.path.join(self.folder, 'socket'), 'application:app')
        worker = proc.until(lambda: proc.children(process.pid), 20, 'gunicorn has a worker')[0]
        proc.until(lambda: shows_work(worker), 20, f'gunicorn worker {worker} shows {WORK}')
        master = spyhop.snapshot(process.pid)
        self.assertTrue(any('arbiter' in frame['file'] for thread in master['threads'] for frame in thread['frames']))


class ChangedFiles(unittest.TestCase):
    """The executable is a copy, so it can be deleted, replaced, stripped."""

    def pythons(self):
        """A static one with its symbols in .dynsym, and one linked to libpython, when they are there."""
        yield matrix.debian()
        for each in interpreters.discover():
            if each.name.endswith('-pyenv') and each.version >= (3, 8):
                yield each

    def on_each(self, change, while_running):
        for python in self.pythons():
            with self.subTest(python=python.name), tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
                copy = elf.CopiedPython(python, folder)
                if not while_running:
                    change(copy)
                with harness.Puppet(python, 'worker.py', 1, 5, 1, command=[copy.executable], **copy.environment) as puppet:
                    if while_running:
                        change(copy)
                    shown = spyhop.snapshot(puppet.pid)
                    self.assertLessEqual({'serve', 'park'}, functions(shown))
                    self.assertEqual(shown['target']['python']['version'], python.text_version)
                    profile = spyhop.attach(puppet.pid, 100, 0.4)
                    self.assertTrue(any(line['function'] == 'descend' for line in profile['lines']))

    def test_deleted_after_the_start(self):
        self.on_each(lambda copy: [os.remove(path) for path in copy.files()], while_running=True)

    def test_replaced_by_another_file(self):
        def replace(copy):
            for path in copy.files():
                os.remove(path)
                shutil.copy('/bin/true', path)
        self.on_each(replace, while_running=True)

    def test_stripped_of_all_symbols(self):
        self.on_each(lambda copy: [elf.strip_all(path) for path in copy.files()], while_running=False)

    def test_renamed(self):
        def rename(copy):
            os.rename(copy.executable, copy.executable + '-of-the-shop')
            copy.executable += '-of-the-shop'
        self.on_each(rename, while_running=False)


class Chroot(unittest.TestCase):
    """An interpreter below another root: its paths are not ours (each Debian root of the matrix is one, too)."""

    def test_files_are_opened_in_the_targets_root(self):
        roots = [each for each in interpreters.discover() if each.root]
        if not roots:
            self.skipTest('no Debian root in the cache folder: ' + interpreters.INSTALLER)
        for python in roots:
            with self.subTest(python=python.name), harness.Puppet(python, 'worker.py', 1, 5, 0) as puppet:
                target = spyhop.snapshot(puppet.pid)['target']
                self.assertEqual(target['python']['version'], python.text_version)


class UserSite(unittest.TestCase):
    def test_a_module_of_the_users_site_is_shown_with_its_path(self):
        python = matrix.debian()
        with tempfile.TemporaryDirectory(prefix='spyhop-') as home:
            site = os.path.join(home, 'lib', 'python3.11', 'site-packages')
            os.makedirs(site)
            shutil.copy(os.path.join(harness.PUPPETS, 'application.py'), os.path.join(site, 'users_module.py'))
            command = [*python.command, '-c', 'import users_module, sys; print("ready {}", flush=True); sys.stdin.read()']
            env = interpreters.environment(PYTHONUSERBASE=home)
            with harness.Process(command, env=env) as process:
                self.assertEqual(process.read_line(), 'ready {}')
                shown = spyhop.snapshot(process.pid)
        files = {frame['file'] for thread in shown['threads'] for frame in thread['frames']}
        self.assertIn(os.path.join(site, 'users_module.py'), files)


if __name__ == '__main__':
    unittest.main()
