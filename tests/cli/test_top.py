"""`spyhop top`: its screens in a real terminal, its keys, its ends, and its tables where there is no terminal."""
import context  # noqa: F401  isort:skip
import os
import re
import signal
import subprocess
import unittest

import harness
import matrix
import proc
import spyhop
import tmux


def setUpModule():
    harness.can_trace()


class Top(unittest.TestCase):
    def setUp(self):
        # A busy thread, a sleeper, one with a name of wide characters, and the main thread.
        self.puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 1, 3, 1))
        self.puppet.ask('grow 工人-x')

    def top(self, *options, **terminal):
        command = [spyhop.BINARY, 'top', '-p', self.puppet.pid, '--delay', 1, *options]
        return self.enterContext(tmux.Terminal(command, **terminal))


class Screens(Top):
    def test_each_view(self):
        terminal = self.top(width=160)
        lines = terminal.await_text(r'worker\.py:\d+ +count ')
        self.assertRegex(lines, rf'Process {self.puppet.pid}, Python 3\.11\.\d+ \(release\): .*worker\.py')
        self.assertRegex(lines, r'\n\d+ s at \d+\.\d Hz \(asked: 100\), 4 threads, \d+ samples, \d+ lost, own CPU \d+\.\d %, '
                         r'(never )?stopped')
        self.assertRegex(lines, r'█ python \d+\.\d  ▓ native')
        self.assertIn('[1 Lines]', lines)
        self.assertRegex(lines, r'\n█.* \d+\.\d .*count .*counter\[0\] \+= 1')
        terminal.type('2')
        functions = terminal.await_text(r'\[2 Functions\]')
        self.assertRegex(functions, r'worker\.py +count\b')
        terminal.type('Tab')
        threads = terminal.await_text(r'\[3 Threads\]')
        self.assertRegex(threads, r'\d+ +busy +')
        self.assertRegex(threads, r'工人-x +\S')
        self.assertRegex(threads, r'MainThread')
        terminal.type('4')
        stacks = terminal.await_text(r'\[4 Stacks\]')
        self.assertRegex(stacks, r'thread \d+ busy\n(.*\n)*.*  descend  .*worker\.py:\d+\n.*    count  ')
        terminal.type('5')
        processes = terminal.await_text(r'\[5 Processes\]')
        self.assertRegex(processes, rf'{self.puppet.pid}  3\.11\.\d+')
        terminal.type('?')
        self.assertIn('begin anew', terminal.await_text('Keys'))
        terminal.type('?', 'BTab')
        terminal.await_text(r'\[4 Stacks\]', absent='begin anew')

    def test_sort_and_filter(self):
        terminal = self.top()
        terminal.await_text(r'\*cpu .*\n█.*count')
        terminal.type('>')
        terminal.await_text(r'\*python .*\n█.*count')
        terminal.type('s', 's', 's')
        terminal.await_text(r'\*wait .*\n░.*')
        terminal.type('r')
        terminal.await_text(r'\^wait ')
        terminal.type('<', '<', '<', 'r')
        terminal.await_text(r'by python,')
        terminal.type('/', 'N', 'e', 'W')
        self.assertRegex(terminal.await_text(r'Filter: NeW_', absent=' count'), 'newcomer')
        terminal.type('Enter', '3')
        self.assertNotIn('busy', terminal.await_text(r"filter 'NeW'", absent='Filter:'))
        terminal.type('/', 'BSpace', 'BSpace', 'BSpace', '工', 'Enter')
        self.assertRegex(terminal.await_text(r"filter '工'"), '工人-x')
        terminal.type('1')
        terminal.await_text(r'newcomer', absent=' count')
        terminal.type('Escape')
        terminal.await_text(r' count', absent="filter '")

    def test_pause_reset_window_idle_and_threads(self):
        terminal = self.top(width=160)
        terminal.await_text(r' count')
        terminal.type('p')
        paused = terminal.await_text('PAUSED')
        first = re.search(r'(\d+) samples', paused).group(1)
        terminal.type('w')
        self.assertIn('PAUSED', terminal.await_text('last 60 s'))
        terminal.type('Space')
        terminal.await_text(r'\d+ samples', absent=rf'PAUSED| {first} samples')
        terminal.type('w')
        terminal.await_text(r'since the start.*')
        # More than the first second has been sampled; then it begins anew.
        terminal.await_text(r'\n([5-9]|\d\d+) s at ')
        terminal.type('c')
        terminal.await_text(r'\n[0-2] s(:| at) ')
        terminal.await_text(r' count')
        terminal.type('t')
        terminal.await_text(r' busy .* count')
        terminal.type('i')
        terminal.await_text(r'runq +idle .*\n')

    def test_one_thread_is_chosen(self):
        terminal = self.top()
        terminal.await_text(r' count')
        terminal.type('3')
        self.assertRegex(terminal.await_text(r'\[3 Threads\]'), r'\*cpu.*\n.* busy\b')
        terminal.type('Enter')
        stacks = terminal.await_text(r'\[4 Stacks\].*, thread \d+')
        self.assertRegex(stacks, r'thread \d+ busy')
        self.assertNotIn('MainThread', stacks)
        terminal.type('1')
        terminal.await_text(r' count\b', absent='newcomer')
        terminal.type('Escape')
        terminal.await_text('newcomer')

    BUSY = r'\d  busy\b'  # the row, not who waits for it

    def test_scrolling(self):
        for i in range(12):
            self.puppet.ask(f'grow thread-{i}')
        terminal = self.top('--view', 'threads', height=14)
        terminal.await_text('thread-0', absent='Nothing')
        terminal.type('End')
        last = terminal.await_text(r'\[3 Threads\]', absent=self.BUSY)
        terminal.type('Home')
        terminal.await_text(self.BUSY)
        terminal.type('NPage', 'Down')
        terminal.await_text(r'\[3 Threads\]', absent=self.BUSY)
        terminal.type('PPage', 'Up')
        self.assertNotEqual(terminal.await_text(self.BUSY), last)

    def test_any_size(self):
        terminal = self.top()
        terminal.await_text(r'own CPU')
        for width, height, pattern in ((20, 5, r'\[1 Lines\].*\n\*cpu  line *\n *\d+\.\d  \.\.\S*\.py:\d+'), (3, 2, r'^\*?\.\.'),
                                       (1, 1, '.'), (40, 6, r'\[1 Lines\]'), (200, 60, 'counter'), (100, 24, 'own CPU')):
            terminal.resize(width, height)
            screen = terminal.await_text(pattern)
            self.assertLessEqual(len(screen.splitlines()), height)
        terminal.type('q')
        self.assertTrue(terminal.is_as_before())

    def test_colors_and_characters(self):
        terminal = self.top(TERM='tmux-256color')
        terminal.await_text(r'\n█.*\n(.*\n)*█')
        self.assertRegex(terminal.screen(colors=True), r'\x1b\[[0-9;]*38;5;75m█')
        for options, env in (((), {'NO_COLOR': '1'}), (('--color', 'never'), {})):
            terminal = self.top(*options, **env)
            terminal.await_text(r'\n█')
            self.assertNotRegex(terminal.screen(colors=True), r'\x1b\[[0-9;]*3[0-8]')
        terminal = self.top('--view', 'threads', LC_ALL='C')
        screen = terminal.await_text(r'\n[PNKWGR]+ .* \?{4}-x')
        self.assertTrue(screen.isascii(), screen)

    def test_several_processes(self):
        with harness.Puppet(matrix.debian(), 'worker.py', 0, 1, 2) as other:
            terminal = self.top('-p', other.pid, '--view', 'processes', width=150)
            screen = terminal.await_text(rf' {other.pid}  3\.11')
            self.assertIn('2 processes: ', screen)
            self.assertRegex(screen, rf' {self.puppet.pid}  3\.11')
            terminal.type('Enter')
            terminal.await_text(rf'process {self.puppet.pid}')
            other.close()
            terminal.type('5')
            terminal.await_text('ended')
            terminal.type('q')
            self.assertTrue(terminal.is_as_before())


class Ends(Top):
    def leaves(self, end, status='status 0'):
        terminal = self.top()
        terminal.await_text(r' count')
        end(terminal)
        screen = terminal.await_text(status)
        self.assertTrue(terminal.is_as_before())
        return screen, terminal.errors()

    def test_q_and_signals(self):
        for end in (lambda terminal: terminal.type('q'), lambda terminal: terminal.type('C-c'),
                    lambda terminal: os.kill(terminal.program(), signal.SIGTERM),
                    lambda terminal: os.kill(terminal.program(), signal.SIGHUP)):
            screen, errors = self.leaves(end)
            self.assertEqual((screen.strip(), errors), ('status 0', ''))

    def test_the_targets_end_leaves_the_last_table(self):
        def end(_):
            self.puppet.popen.kill()
            self.puppet.popen.wait()
        screen, errors = self.leaves(end)
        self.assertRegex(screen, r'\d\.py:\d+ +count|worker\.py:\d+')
        self.assertIn(f'process {self.puppet.pid} has ended', errors)

    def test_after_some_time(self):
        terminal = self.top('-d', 3)
        self.assertRegex(terminal.await_text('status 0'), 'Percent of one thread')
        self.assertTrue(terminal.is_as_before())

    def test_the_terminals_end(self):
        terminal = self.top()
        terminal.await_text(r' count')
        pid = terminal.program()
        terminal.__exit__()
        proc.until(lambda: not os.path.exists(f'/proc/{pid}'), 20, 'it ends with its terminal')

    def test_the_shell_and_back(self):
        shell = self.enterContext(tmux.Shell())
        shell.type(f'{spyhop.BINARY} top --delay 1 -p {self.puppet.pid}', 'Enter')
        shell.await_text(r' count')
        pid = shell.program()
        shell.type('C-z')
        shell.await_text('Stopped')
        self.assertEqual(proc.state(pid), 'T')
        for tid in proc.tasks(self.puppet.pid):
            self.assertNotIn(proc.state(self.puppet.pid, tid), 'tT')
        shell.type('fg', 'Enter')
        shell.await_text(r'own CPU(.*\n)* *█.* count')
        shell.type('q')
        shell.await_text(r'ready>\s*$', absent='own CPU')

    def test_started_in_the_background(self):
        shell = self.enterContext(tmux.Shell())
        shell.type(f'{spyhop.BINARY} top --delay 1 -p {self.puppet.pid} &', 'Enter')
        shell.await_text(r'\[1\] \d+')
        pid = shell.program()
        proc.until(lambda: proc.state(pid) == 'T', 20, 'it is stopped')
        self.assertEqual(proc.held(self.puppet.pid), [])
        shell.type('fg', 'Enter')
        shell.await_text(r'own CPU(.*\n)* *█.* count')
        shell.type('q')
        shell.await_text(r'ready>\s*$', absent='own CPU')


class Plain(Top):
    def test_tables_where_there_is_no_terminal(self):
        result = spyhop.run('top', '-p', self.puppet.pid, '--delay', '0.5', '--iterations', 3).expect(spyhop.DONE)
        self.assertEqual(result.err, '')
        self.assertEqual(len(re.findall(r'^Process \d+', result.out, re.M)), 3)
        self.assertGreaterEqual(len(re.findall(r'worker\.py:\d+ +count ', result.out)), 3)
        self.assertNotIn('\x1b', result.out)
        for view in ('functions', 'threads', 'stacks', 'processes'):
            result = spyhop.run('top', '-p', self.puppet.pid, '--delay', '0.5', '--iterations', 1, '--view', view)
            self.assertRegex(result.expect(spyhop.DONE).out, rf'\n{view}, by cpu')

    def test_a_dumb_terminal(self):
        for env in ({'TERM': 'dumb'}, {'TERM': ''}, {'TERM': 'no-such-terminal'}):
            terminal = self.top('-d', 2, **env)
            screen = terminal.await_text('status 0')
            self.assertIn('Percent of one thread', screen)
            self.assertEqual(terminal.errors(), '')

    def test_a_pipe_that_breaks(self):
        command = [spyhop.BINARY, 'top', '-p', str(self.puppet.pid), '--delay', '0.5']
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as top:
            self.assertIn(b'Process', top.stdout.readline())
            top.stdout.close()
            self.assertEqual((top.wait(20), top.stderr.read()), (0, b''))

    def test_interrupt_and_the_targets_end(self):
        with spyhop.Running('top', '-p', self.puppet.pid, '--delay', 1) as top:
            top.await_rounds(50)
            top.interrupt(signal.SIGINT)
            top.finish(20).expect(spyhop.DONE)
        with spyhop.Running('top', '-p', self.puppet.pid, '--delay', 60, '-q') as top:
            top.await_rounds(50)
            self.puppet.popen.kill()
            self.puppet.popen.wait()
            self.assertRegex(top.finish(20).expect(spyhop.DONE).out, r'\(ended\) Process \d+(.*\n)*.* count ')

    def test_filters_and_thread_rows(self):
        result = spyhop.run('top', '-p', self.puppet.pid, '--delay', '0.5', '--iterations', 1, '--threads', '--function',
                            '^count$', '--thread', 'b*')
        rows = result.expect(spyhop.DONE).out.splitlines()[5:]
        self.assertGreater(len(rows), 0)
        for row in rows:
            self.assertRegex(row, r' busy +.*worker\.py:\d+ +count ')

    def test_what_cannot_be(self):
        spyhop.run('top', '-p', '999999999').expect(spyhop.NO_PROCESS)
        for arguments, words in (((), 'which process'), (('-p', 1, '--delay', 0), '--delay'),
                                 (('-p', 1, '--window', 61), '--window'), (('-p', 1, '--view', 'waits'), '--view'),
                                 (('-p', 1, '--iterations', 0), '--iterations')):
            self.assertIn(words, spyhop.run('top', *arguments).expect(spyhop.USAGE).err)


if __name__ == '__main__':
    unittest.main()
