"""Completion offers all that the command line takes, and real bash, zsh and fish complete it."""
import context  # noqa: F401  isort:skip
import os
import re
import tempfile
import unittest

import harness
import matrix
import shells
import spyhop

# What makes a command line whole but for the option under test.
OPERANDS = {'attach': ['-p', 1], 'snapshot': ['-p', 1], 'report': ['none.spyhop'], 'diff': ['a.spyhop', 'b.spyhop'],
            'ctl': ['record', 1, '--seconds', 1]}


def candidates(*typed):
    """The words offered, and what the shell is to add to them."""
    *rows, names = spyhop.run('completion', 'candidates', '--', *typed).expect(spyhop.DONE).out.splitlines()
    return [row.split('\t')[0] for row in rows], names


def commands():
    return [word for word in candidates('')[0] if not word.startswith('-')]


def helped_options(command):
    """(name, its line) of each option in the command's help."""
    out = spyhop.run(command, '--help').expect(spyhop.DONE).out
    return re.findall(r'(?m)^  (?:-\w \[ )?--([a-z-]+)(?: \])?(.*)$', out)


class Candidates(unittest.TestCase):
    def test_commands_are_those_of_the_help(self):
        out = spyhop.run('--help').expect(spyhop.DONE).out.split('Commands:\n')[1]
        self.assertEqual(commands(), re.findall(r'(?m)^  (\w+)', out))
        self.assertEqual(candidates('att'), (['attach'], ':none'))

    def test_options_are_those_of_each_commands_help(self):
        for command in commands():
            with self.subTest(command=command):
                options = [f'--{name}' for name, _ in helped_options(command)]
                self.assertIn('--help', options)
                self.assertEqual(candidates(command, '--')[0], options)

    def test_values_are_those_which_the_option_accepts(self):
        known = 0
        for command in commands():
            for name, line in helped_options(command):
                err = spyhop.run(command, *OPERANDS.get(command, []), f'--{name}=no-such-value').err
                accepted = re.search(r'use one of: ([\w ]+)', err)
                if not accepted:
                    continue
                with self.subTest(command=command, option=name):
                    words, _ = candidates(command, f'--{name}=')
                    words = [word.split('=')[1] for word in words]
                    self.assertTrue(words, f'no word is offered, and these are accepted: {accepted[1]}')
                    if command == 'diff':  # which takes a part of what attach does
                        self.assertLessEqual(set(words), set(accepted[1].split()))
                    else:
                        self.assertEqual(words, accepted[1].split(), err)
                    known += 1
        self.assertGreater(known, 10)

    def test_where_a_value_is_expected(self):
        for typed, words in ((('attach', '--view', 'li'), ['lines']),
                             (('attach', '--view=li',), ['--view=lines']),
                             (('attach', '--view', '=', 'li'), ['lines']),  # bash's words
                             (('attach', '--color', '='), ['auto', 'always', 'never']),
                             (('attach', '-f', 'pp'), ['pprof']),
                             (('attach', '--native', ''), []),  # only "=" gives it one
                             (('attach', '--native=a',), ['--native=all']),
                             (('attach', '--idle=',), []),
                             (('completion', ''), ['bash', 'zsh', 'fish']),
                             (('man', 'sn'), ['snapshot']),
                             (('no-such-command', ''), [])):
            with self.subTest(typed=typed):
                self.assertEqual(candidates(*typed), (words, ':none'))

    def test_what_the_shell_completes(self):
        for typed, names in ((('attach', '-o', ''), ':files'), (('attach', '--output=',), ':files'),
                             (('report', ''), ':recordings'), (('diff', 'a.spyhop', ''), ':recordings'),
                             (('run', '--', 'py'), ':programs'), (('run', '--', 'python3', '--view'), ':files'),
                             (('attach', '-d', ''), ':none')):
            with self.subTest(typed=typed):
                self.assertEqual(candidates(*typed), ([], names))
        self.assertEqual(candidates('run', ''), (['--'], ':none'))

    def test_pids_are_those_of_python_processes(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 0, 1, 0) as puppet, harness.Process(['sleep', '60']) as other:
            for option in ('-p', '--pid'):
                words, _ = candidates('attach', option, '')
                self.assertIn(str(puppet.pid), words)
                self.assertNotIn(str(other.pid), words)
            self.assertEqual(candidates('attach', '-p', str(puppet.pid))[0], [str(puppet.pid)])

    def test_another_shell_is_refused(self):
        for arguments in ([], ['tcsh'], ['bash', 'zsh']):
            self.assertIn('bash zsh fish', spyhop.run('completion', *arguments).expect(spyhop.USAGE).err)


class RealShells(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        for name in ('monday.spyhop', 'notes.text'):
            open(os.path.join(self.folder, name), 'w', encoding='ascii').close()

    def complete_at_a_terminal(self, shell):
        shells.need(shell)
        terminal = shells.Terminal(shell, self.folder)
        self.addCleanup(terminal.close)
        terminal.complete('spyhop att', 'attach ')
        terminal.complete('spyhop attach --vie', '--view ')
        terminal.complete('spyhop attach --view fun', '--view functions ')
        terminal.complete('spyhop attach --view=fun', '--view=functions ')
        terminal.complete('spyhop attach --view ', 'functions', 'waits')
        terminal.complete('spyhop report ', 'monday.spyhop ')
        terminal.complete('spyhop attach -o no', 'notes.text ')
        terminal.complete('spyhop attach --output=no', 'notes.text ')
        terminal.complete('spyhop run -- whoam', 'whoami ')
        with harness.Puppet(matrix.debian(), 'worker.py', 0, 1, 0) as puppet:
            terminal.complete(f'spyhop snapshot -p {str(puppet.pid)[:-1]}', str(puppet.pid))

    def test_bash(self):
        self.complete_at_a_terminal('bash')

    def test_zsh(self):
        self.complete_at_a_terminal('zsh')

    def test_fish(self):
        shells.need('fish')
        for line, words in (('spyhop att', ['attach']), ('spyhop attach --vie', ['--view']),
                            ('spyhop attach --view fun', ['functions']),
                            ('spyhop attach --view=fun', ['--view=functions']),
                            ('spyhop report mon', ['monday.spyhop']), ('spyhop attach -o no', ['notes.text']),
                            ('spyhop attach --output=no', ['--output=notes.text']),
                            ('spyhop run -- whoam', ['whoami'])):
            with self.subTest(line=line):
                self.assertEqual(shells.fish_words(line, self.folder), words)
        with harness.Puppet(matrix.debian(), 'worker.py', 0, 1, 0) as puppet:
            self.assertIn(str(puppet.pid), shells.fish_words('spyhop snapshot -p ', self.folder))


if __name__ == '__main__':
    unittest.main()
