"""Each command's help and manual page: examples, exit statuses, every option; and no complaint of their readers."""
import context  # noqa: F401  isort:skip
import os
import re
import subprocess
import tempfile
import unittest

import interpreters
import shells
import spyhop

SECTIONS = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'ENVIRONMENT', 'EXAMPLES', 'SEE ALSO']


def commands():
    out = spyhop.run('--help').expect(spyhop.DONE).out.split('Commands:\n')[1]
    return re.findall(r'(?m)^  (\w+)', out)


def read(command, path):
    """What a tool says of a page; its complaints are in it."""
    done = subprocess.run([*command, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          env=interpreters.environment(MANWIDTH='100', MAN_KEEP_FORMATTING=''))
    return done.returncode, done.stdout


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ('mandoc', 'man'):
            shells.need(program)
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        cls.pages = {'': cls.save('spyhop.1')}
        for command in commands():
            cls.pages[command] = cls.save(f'spyhop-{command}.1', command)

    @classmethod
    def save(cls, name, *command):
        path = os.path.join(cls.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(spyhop.run('man', *command).expect(spyhop.DONE).out)
        return path

    def text(self, command):
        status, text = read(['man', '--warnings', '-l'], self.pages[command])
        self.assertEqual(status, 0, text)
        return text

    def test_readers_have_no_complaint(self):
        for path in self.pages.values():
            self.assertEqual(read(['mandoc', '-Tlint', '-Wall'], path), (0, ''), path)
            status, complaints = read(['sh', '-c', 'man --warnings=w -l "$0" 2>&1 >/dev/null'], path)
            self.assertEqual((status, complaints), (0, ''), path)

    def test_each_has_its_sections(self):
        for command in self.pages:
            found = re.findall(r'(?m)^[A-Z][A-Z ]+$', self.text(command))
            with self.subTest(command=command):
                self.assertEqual([name for name in found if name in SECTIONS], SECTIONS)

    def test_each_option_of_the_help_is_there(self):
        for command in commands():
            out = spyhop.run(command, '--help').expect(spyhop.DONE).out
            text = self.text(command)
            with self.subTest(command=command):
                for option in re.findall(r'(?m)^  (?:-\w \[ )?(--[a-z-]+)', out):
                    self.assertRegex(text, rf'(?m)^ +(-\w, )?{option}\b')

    def test_the_first_page_leads_to_all_others(self):
        text = re.sub(r'\s+', ' ', re.sub(r'‐\n\s*', '', self.text('')))
        for command in commands():
            self.assertIn(f'spyhop-{command}(1)', re.sub(r'‐ ', '', text))

    def test_help_has_examples_and_exit_statuses(self):
        for command in commands():
            out = spyhop.run(command, '--help').expect(spyhop.DONE).out
            examples, statuses = out.split('Usage: ')[0], out.split('Exit status:\n')[1]
            self.assertRegex(examples, rf'(?m)^  .*spyhop {command}')
            self.assertRegex(statuses, r'^  0 +done\n  1 +failed\n  2 +')

    def test_no_page_of_what_is_no_command(self):
        self.assertIn('frob', spyhop.run('man', 'frob').expect(spyhop.USAGE).err)


if __name__ == '__main__':
    unittest.main()
