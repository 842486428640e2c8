"""The contract of the commands: exit statuses, options, formats and the keys of each JSON."""
import context  # noqa: F401  isort:skip
import os
import re
import signal
import tempfile
import time
import unittest

import harness
import interpreters
import matrix
import proc
import schema
import spyhop


def setUpModule():
    harness.can_trace()


class Help(unittest.TestCase):
    def test_help_shows_every_command_on_one_screen(self):
        for arguments in (['--help'], ['-h']):
            result = spyhop.run(*arguments).expect(spyhop.DONE)
            for word in ('attach', 'run', 'snapshot', 'top', 'list', 'doctor'):
                self.assertRegex(result.out, rf'\b{word}\b')
            self.assertLess(result.out.count('\n'), 40)
            self.assertEqual(result.err, '')

    def test_every_command_has_help(self):
        for command in ('attach', 'run', 'snapshot', 'top', 'list', 'doctor'):
            out = spyhop.run(command, '--help').expect(spyhop.DONE).out
            self.assertIn(f'spyhop {command}', out)
            self.assertLess(max(map(len, out.splitlines())), 100)

    def test_version_is_one_plain_line(self):
        self.assertRegex(spyhop.run('--version').expect(spyhop.DONE).out, r'^spyhop \d+\.\d+\.\d+\S*\n$')


class UsageErrors(unittest.TestCase):
    def refuse(self, *arguments, says=''):
        result = spyhop.run(*arguments, seconds=10).expect(spyhop.USAGE)
        self.assertEqual(result.out, '')
        self.assertRegex(result.err, says, result)

    def test_each_is_named(self):
        for arguments, says in (
                ([], 'spyhop'),
                (['atach', '-p', '1'], 'attach'),
                (['attach'], '(?i)pid'),
                (['attach', '-p'], '(?i)pid'),
                (['attach', '-p', 'abc'], 'abc'),
                (['attach', '-p', '-5'], '-5'),
                (['attach', '-p', '1', '--rat', '5'], '--rat'),
                (['attach', '-p', '1', '-r', '0'], '(?i)rate'),
                (['attach', '-p', '1', '-r', 'fast'], 'fast'),
                (['attach', '-p', '1', '-d', '-1'], '(?i)duration'),
                (['attach', '-p', '1', '-f', 'xml'], 'xml'),
                (['attach', '-p', '1', '--pause', 'often'], 'often'),
                (['attach', '-p', '1', '--sort', 'colour'], 'colour'),
                (['attach', '-p', '1', '--view', 'colour'], 'lines functions threads waits'),
                (['attach', '-p', '1', '--view', 'waits', '-f', 'json'], 'format table'),
                (['run', '--view', 'threads', '-o', 'p.folded', '--', 'true'], 'format table'),
                (['attach', '-p', '1', '--function', '('], r'\('),
                (['attach', '-p', '1', 'stray'], 'stray'),
                (['snapshot'], '(?i)pid'),
                (['snapshot', '-p', '1', '--every', '2'], '--repeat'),
                (['snapshot', '-p', '1', '--repeat', 'often'], '1 or more'),
                (['snapshot', '-p', '1', '--repeat', '2', '--every', '0'], 'above 0'),
                (['run'], '(?i)program'),
        ):
            with self.subTest(arguments=arguments):
                self.refuse(*arguments, says=says)


class Run(unittest.TestCase):
    def setUp(self):
        self.python = matrix.debian().path
        self.path = os.path.join(self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-')), 'profile.json')

    def run_code(self, code, *options):
        return spyhop.run('run', *options, '--', self.python, '-c', code)

    def test_the_exit_status_is_the_programs_own(self):
        for status in (0, 1, 3, 42, 255):
            self.run_code(f'import time, sys; time.sleep(0.3); sys.exit({status})', '-q').expect(status)

    def test_a_program_killed_by_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.run_code(f'import os, time; time.sleep(0.3); os.kill(os.getpid(), {int(number)})').expect(128 + number)

    def test_not_found_not_executable_and_not_started(self):
        self.assertIn('no-such-program', spyhop.run('run', '--', 'no-such-program').expect(127).err)
        self.assertIn('/etc/passwd', spyhop.run('run', '--', '/etc/passwd').expect(126).err)
        self.assertIn('/nowhere', spyhop.run('run', '-o', '/nowhere/x.json', '--', self.python, '-c', '0').expect(125).err)

    def test_the_first_line_is_sampled_and_stdout_is_the_programs(self):
        code = 'import time\nprint("mine", flush=True)\nend = time.time() + 2\nwhile time.time() < end: pass\n'
        result = self.run_code(code, '-r', 200, '-o', self.path).expect(0)
        self.assertEqual(result.out, 'mine\n')
        profile = spyhop.load(self.path, result)
        self.assertEqual(schema.profile_complaints(profile), [])
        met = {(line['file'], line['line']) for line in profile['lines']}
        self.assertIn(('<string>', 4), met, f'{profile["sampling"]} {profile["duration_s"]} s; {result.err}')

    def test_the_program_has_our_stdin_and_arguments(self):
        reader, writer = os.pipe()
        os.write(writer, b'hello\n')
        os.close(writer)
        result = spyhop.run('run', '-q', '-o', self.path, '--', self.python, '-c',
                            'import sys, time; time.sleep(0.3); print(input(), sys.argv[1:])', '-p', '--help', stdin=reader)
        os.close(reader)
        self.assertEqual(result.expect(0).out, "hello ['-p', '--help']\n")

    def test_an_interrupt_reaches_the_program_and_the_profile_is_kept(self):
        # With a handler: in 3.11 a KeyboardInterrupt at a loop's jump back to the first line of a `try`
        # is raised outside of it, once in 20 times (Python/ceval.c, exception_unwind, takes the offset before).
        code = ('import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(9))\nprint("up", flush=True)\n'
                'while True: time.time()\n')
        with harness.Process([spyhop.BINARY, 'run', '-o', self.path, '--', self.python, '-c', code]) as process:
            self.assertEqual(process.read_line(), 'up')
            proc.until(lambda: any(proc.cpu_seconds(pid) > 0.3 for pid in proc.descendants(process.pid)), 10, 'it works')
            os.kill(process.pid, signal.SIGINT)
            self.assertEqual(process.wait(10), 9)
        spyhop.load(self.path)

    def test_a_program_may_take_many_interrupts(self):
        # Not print(): the next one may interrupt it behind its write, and print again.
        code = ('import os, signal, sys\ntaken = []\ndef handle(*_):\n    taken.append(1)\n    os.write(1, b"%d\\n" % len(taken))\n'
                '    if len(taken) == 3: sys.exit(7)\n'
                'signal.signal(signal.SIGINT, handle)\nprint("up", flush=True)\nwhile True: len(taken)\n')
        with harness.Process([spyhop.BINARY, 'run', '-o', self.path, '--', self.python, '-c', code]) as process:
            self.assertEqual(process.read_line(), 'up')
            proc.until(lambda: any(proc.cpu_seconds(pid) > 0.3 for pid in proc.descendants(process.pid)), 10, 'it works')
            for count in ('1', '2', '3'):
                os.kill(process.pid, signal.SIGINT)
                self.assertEqual(process.read_line(), count)
            self.assertEqual(process.wait(10), 7)
        spyhop.load(self.path)


class OnAWorker(unittest.TestCase):
    """attach, snapshot, list and doctor on one worker: a busy thread, two sleepers, and the main thread."""

    @classmethod
    def setUpClass(cls):
        cls.python = matrix.debian()
        cls.puppet = cls.enterClassContext(harness.Puppet(cls.python, 'worker.py', 1, 20, 2))
        cls.tids = cls.puppet.ask('tids')
        cls.pid = cls.puppet.pid


class Attach(OnAWorker):
    def attach(self, *more):
        return spyhop.run('attach', '-p', self.pid, '-d', 1, '-r', 200, *more).expect(spyhop.DONE)

    def test_json_holds_what_the_contract_says(self):
        profile = self.attach('-f', 'json', '--stacks', '-o', '-').json()
        self.assertEqual(schema.profile_complaints(profile, with_stacks=True), [])
        target, = profile['targets']
        self.assertEqual((target['pid'], target['executable']), (self.pid, os.readlink(f'/proc/{self.pid}/exe')))
        self.assertEqual(target['command'], [*self.python.command, self.puppet.script, '1', '20', '2'])
        self.assertEqual(target['python'], {**target['python'], 'version': self.python.text_version, 'flavour': 'release'})

    def test_times_add_up_and_fit_what_each_thread_did(self):
        busy_tid, = self.tids['busy']
        cpu_before, before = proc.thread_cpu_seconds(self.pid, busy_tid), time.monotonic()
        profile = self.attach('-f', 'json', '--stacks', '-o', '-').json()
        cpu, wall = proc.thread_cpu_seconds(self.pid, busy_tid) - cpu_before, time.monotonic() - before
        threads = {thread['tid']: thread for thread in profile['threads']}
        self.assertEqual(sorted(threads), proc.tasks(self.pid), 'idle threads are in the JSON whatever the options')
        busy = threads[busy_tid]
        self.assertGreater(busy['python_s'] + busy['runq_s'], 0.8 * busy['observed_s'], busy)
        # What it got before and after the profile is not in there.
        self.assertLess(busy['cpu_s'], cpu + 0.01)
        self.assertGreater(busy['cpu_s'], cpu - (wall - busy['observed_s']) - 0.01)
        for tid in self.tids['asleep']:
            asleep = threads[tid]
            self.assertGreater(asleep['wait_s'] + asleep['idle_s'], 0.95 * asleep['observed_s'], asleep)
            self.assertLess(asleep['cpu_s'], 0.01)
        for thread in threads.values():
            self.assertAlmostEqual(thread['observed_s'], profile['duration_s'], delta=0.3)
        for tid, thread in threads.items():
            own = [line['self'] for line in profile['lines'] if line['tid'] == tid]
            self.assertAlmostEqual(sum(sum(each[name] for name in schema.TIMES) for each in own), thread['observed_s'],
                                   delta=0.05, msg='self times of a thread add up to what was observed')
            stacks = sum(stack['s'] for stack in profile['stacks'] if stack['tid'] == tid)
            self.assertAlmostEqual(stacks, thread['observed_s'], delta=0.05, msg='and so do its stacks')

    def test_recursion_is_counted_once(self):
        profile = self.attach('-f', 'json', '-o', '-').json()
        for line in profile['lines']:
            observed = next(thread['observed_s'] for thread in profile['threads'] if thread['tid'] == line['tid'])
            total = sum(line['total'][name] for name in schema.TIMES)
            self.assertLessEqual(total, observed + 0.02, f'more than its thread: {line}')

    def test_the_table_names_the_lines(self):
        result = self.attach()
        for pattern in (rf'\b{self.pid}\b', re.escape(self.python.text_version), r'worker\.py', r'\bcount\b',
                        r'counter\[0\] \+= 1'):
            self.assertRegex(result.out, pattern)
        self.assertNotIn('\x1b', result.out, 'no colour where there is no terminal')

    def test_the_view_of_functions_has_one_row_each(self):
        out = self.attach('--view', 'functions').out
        self.assertRegex(out, r'(?m)^python +native +system +gil .*self s +total s +cpu s +file +function$')
        self.assertEqual(len(re.findall(r'(?m)worker\.py +count$', out)), 1, out)
        self.assertRegex(out, r'(?m)^wall s .* thread$')

    THREAD = re.compile(r'(?m)^Thread (.+) \((\d+) samples, (\d+\.\d+) seconds\)$')
    ROW = re.compile(r'(?m)^ *([\d.]+) \(([\d.]+)\) +(\d+) \((\d+)\) +(\d+) \((\d+)\) +(\S+):(\d+) +(\S.*)$')

    def test_the_view_of_threads_adds_up_to_each_thread(self):
        out = self.attach('--view', 'threads', '--idle', '--limit', '0').out
        self.assertEqual(out.count('cpu_time (cum)'), len(self.THREAD.findall(out)))
        texts = {text.split(' (', 1)[0]: 'Thread ' + text for text in re.split(r'(?m)^Thread ', out)[1:]}
        self.assertIn('MainThread', texts)
        (_, count, seconds), = self.THREAD.findall(texts['busy'])
        rows = self.ROW.findall(texts['busy'])
        self.assertEqual(sum(int(row[4]) for row in rows), int(count), 'each sample has one leaf')
        self.assertAlmostEqual(sum(int(row[2]) for row in rows), float(seconds) * 200, delta=10)
        self.assertAlmostEqual(sum(float(row[0]) for row in rows), max(float(row[1]) for row in rows), delta=0.01)
        descend = [row for row in rows if row[8] == 'descend']
        self.assertTrue(descend, out)
        for row in descend:
            self.assertLessEqual(int(row[5]), int(count), 'recursion is counted once')
        self.assertIn(f'Totals of tid {self.tids["busy"][0]}: wall ', texts['busy'])

    def test_the_view_of_waits_names_what_the_sleepers_wait_for(self):
        out = self.attach('--view', 'waits', '--idle').out
        self.assertRegex(out, r'(?m)^seconds +share +samples +threads +class +reason +line +function$')
        self.assertRegex(out, r'(?m)^ +[\d.]+ +[\d.]+% +\d+ +\d+ +(wait|idle) +\w+')
        self.assertRegex(out, r'\.py:\d+ +\w*park')

    def test_a_view_goes_into_the_table_besides_a_file(self):
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
            result = self.attach('--view', 'threads', '-o', os.path.join(folder, 'p.json'))
            self.assertRegex(result.out, self.THREAD)
            self.assertEqual(schema.profile_complaints(spyhop.load(os.path.join(folder, 'p.json'), result)), [])

    def test_collapsed_is_one_stack_a_line(self):
        out = self.attach('-f', 'collapsed', '-o', '-').out
        for line in out.splitlines():
            self.assertRegex(line, r'^\S.* \d+$')
        self.assertRegex(out, r'(?m)descend.*;descend.*;count\S* .*\d+$|descend.*;count.* \d+$')

    def test_thread_and_function_filters(self):
        kept = self.attach('-f', 'json', '-o', '-', '--thread', 'busy').json()
        self.assertEqual({line['tid'] for line in kept['lines']}, set(self.tids['busy']))
        kept = self.attach('-f', 'json', '-o', '-', '--function', '^count$').json()
        self.assertEqual({line['function'] for line in kept['lines']}, {'count'})

    def test_verbose_says_what_was_found(self):
        err = self.attach('-v').err
        self.assertRegex(err, rf'process {self.pid}: CPython {re.escape(self.python.text_version)} \(release\), '
                              r'interpreter at 0x[0-9a-f]+, found by \w+')
        self.assertRegex(err, rf'process {self.pid}: layout: \S+')
        threads = len(proc.tasks(self.pid))
        self.assertRegex(err, rf'process {self.pid}: interpreters: 1, threads in them: {threads}\n')
        self.assertNotIn('interpreter at', self.attach().err)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.attach('-q', '-f', 'json', '-o', '-').err, '')


class Snapshot(OnAWorker):
    def test_json_holds_what_the_contract_says(self):
        shown = spyhop.snapshot(self.pid)
        self.assertEqual(schema.snapshot_complaints(shown), [])
        self.assertEqual(shown['deadlocks'], [])
        self.assertEqual(shown['target']['pid'], self.pid)
        self.assertEqual({thread['tid'] for thread in shown['threads']}, set(proc.tasks(self.pid)))

    def test_text_shows_every_thread_and_where_it_is(self):
        out = spyhop.run('snapshot', '-p', self.pid).expect(spyhop.DONE).out
        for word in ('MainThread', 'busy', 'asleep', 'park', 'descend', 'worker.py', str(self.pid),
                     str(self.tids['busy'][0])):
            self.assertIn(word, out)


class RelativeNames(unittest.TestCase):
    """A main script up to 3.8 has the name it was given; here one is compiled with such a name."""

    CODE = ('import os, sys\ntext = open(sys.argv[1]).read()\n{after}\n'
            'exec(compile(text, os.path.basename(sys.argv[1]), "exec"))')

    def table(self, seconds=30, duration=0.5, after=''):
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
            path = os.path.join(folder, 'relative.py')
            with open(path, 'w', encoding='ascii') as file:
                file.write('print("up", flush=True)\nimport time\nend = time.time() + ' + str(seconds)
                           + '\nwhile time.time() < end: pass  # the busy line\n')
            command = [matrix.debian().path, '-c', self.CODE.format(after=after), path]
            with harness.Process(command, cwd=folder) as process:
                self.assertEqual(process.read_line(), 'up')
                result = spyhop.run('attach', '-p', process.pid, '-d', duration).expect(spyhop.DONE)
                self.assertRegex(result.out, r'(?m)relative\.py:4')
                return result.out

    def test_are_found_below_the_targets_folder(self):
        self.assertIn('# the busy line', self.table())

    def test_are_found_when_the_target_has_ended(self):
        self.assertIn('# the busy line', self.table(seconds=1, duration=10))

    def test_are_not_guessed(self):
        self.assertNotIn('# the busy line', self.table(after='os.chdir("/")'))


class Chroot(unittest.TestCase):
    """Without the capability for map_files a confined target's files are found by the paths that we see."""

    WITHOUT_MAP_FILES = ['setpriv', '--bounding-set=-sys_admin,-checkpoint_restore', '--inh-caps=-all']

    def test_a_confined_target_is_read_without_map_files(self):
        roots = [each for each in interpreters.discover() if each.root]
        if not roots:
            self.skipTest('no Debian root in the cache folder: ' + interpreters.INSTALLER)
        with harness.Puppet(roots[0], 'worker.py', 1, 5, 0) as puppet:
            shown = spyhop.run('snapshot', '-p', puppet.pid, '--json', prefix=self.WITHOUT_MAP_FILES).expect(spyhop.DONE)
            self.assertEqual(shown.json()['target']['python']['version'], roots[0].text_version)
            result = spyhop.run('doctor', '-p', puppet.pid, prefix=self.WITHOUT_MAP_FILES).expect(spyhop.DONE)
            self.assertIn(roots[0].root, result.out)


class ListAndDoctor(OnAWorker):
    def test_list_shows_the_process_and_its_version(self):
        out = spyhop.run('list').expect(spyhop.DONE).out
        line = next(line for line in out.splitlines() if str(self.pid) in line.split())
        self.assertIn(self.python.text_version, line)
        self.assertIn('worker.py', line)
        self.assertIn(str(len(proc.tasks(self.pid))), line.split())

    def test_list_shows_no_other_programs(self):
        with harness.Process(['sleep', '60']) as other:
            self.assertNotIn(str(other.pid), spyhop.run('list').out.split())

    def strings(self, value):
        """All strings in a JSON value, keys left out."""
        if isinstance(value, str):
            return [value]
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [text for part in parts for text in self.strings(part)]

    def test_hostile_arguments_stay_on_their_line(self):
        code = 'print("up", flush=True); import time; time.sleep(60)'
        hostile = 'a\x1b[31m\nb\r\x9b\u202e'
        with harness.Process([self.python.path, '-c', code, hostile]) as other:
            self.assertEqual(other.read_line(), 'up')
            for command in (['list'], ['list', '--json'], ['snapshot', '-p', other.pid],
                            ['snapshot', '-p', other.pid, '--json'], ['doctor', '-p', other.pid],
                            ['attach', '-p', other.pid, '-d', 0.3, '-i'],
                            ['attach', '-p', other.pid, '-d', 0.3, '-f', 'json', '-o', '-']):
                result = spyhop.run(*command).expect(spyhop.DONE)
                self.assertNotRegex(result.out + result.err, '[\x1b\r\x9b\u202e]|(?m:^b)', command)
                if 'json' in ''.join(map(str, command)):
                    self.assertIn(hostile, self.strings(result.json()), command)

    def test_doctor_says_it_can(self):
        result = spyhop.run('doctor', '-p', self.pid).expect(spyhop.DONE)
        self.assertIn(self.python.text_version, result.out)
        spyhop.run('doctor').expect(spyhop.DONE)

    def test_doctor_says_why_not_with_the_status_of_the_reason(self):
        with harness.Process(['sleep', '60']) as other:
            proc.until(lambda: proc.comm(other.pid, other.pid) == 'sleep', 5, 'sleep runs')
            result = spyhop.run('doctor', '-p', other.pid).expect(spyhop.NOT_PYTHON)
        self.assertRegex(result.out + result.err, '(?i)not a (C?Python|python)')


if __name__ == '__main__':
    unittest.main()
