"""The checkers themselves: each must fail on fabricated bad input, or what it guards is not guarded."""
import copy
import os
import signal
import subprocess
import tempfile
import unittest
from unittest import mock

import churn_model
import harness
import interpreters
import matrix
import proc
import schema
import spyhop
import stacks
import syscalls

FIRST, SECOND = churn_model.FIRST_CALL, churn_model.SECOND_CALL


def frame(function, line, file='churn.py', kind='python', **more):
    return {'file': file, 'function': function, 'line': line, 'kind': kind, **more}


class StackComparison(unittest.TestCase):
    TOLD = {'frames': [{'file': 'f', 'function': 'g', 'line': 3, 'span': [3, 4, 1, 9]},
                       {'file': 'f', 'function': '<module>', 'line': 9, 'span': None}]}

    def shown(self, **changes):
        leaf = frame('g', 3, 'f', column=1 + stacks.COLUMN_BASE, end_column=9 + stacks.COLUMN_BASE, end_line=4)
        return {'frames': [frame('gc', 0, '', 'gc'), {**leaf, **changes}, frame('<module>', 9, 'f')]}

    def test_equal_stacks_pass_and_collector_frames_do_not_count(self):
        self.assertIsNone(stacks.stack_complaint(self.TOLD, self.shown()))
        self.assertIsNone(stacks.span_complaint(self.TOLD, self.shown()))

    def test_each_difference_is_seen(self):
        for change in ({'line': 4}, {'file': 'other'}, {'function': 'h'}, {'kind': 'native'}):
            self.assertIn('the target tells', stacks.stack_complaint(self.TOLD, self.shown(**change)), change)
        for change in ({'column': 7}, {'end_column': None}, {'end_line': 3}):
            self.assertIn('column', stacks.span_complaint(self.TOLD, self.shown(**change)), change)

    def test_missing_more_and_truncated_frames_are_seen(self):
        shown = self.shown()
        self.assertIn('ends', stacks.stack_complaint(self.TOLD, {'frames': shown['frames'][:2]}))
        self.assertIn('ends', stacks.stack_complaint({'frames': self.TOLD['frames'][:1]}, shown))
        self.assertIn('torn', stacks.stack_complaint(self.TOLD, {**shown, 'truncated': 'torn'}))

    def test_interpreters_of_one_thread_may_be_apart_or_joined_but_not_lost(self):
        outer, inner = {'frames': self.TOLD['frames'][1:]}, {'frames': self.TOLD['frames'][:1]}
        joined = self.shown()
        apart = [{'frames': joined['frames'][:2]}, {'frames': joined['frames'][2:]}]
        self.assertIsNone(stacks.segments_complaint([outer, inner], [joined]))
        self.assertIsNone(stacks.segments_complaint([outer, inner], apart))
        self.assertIsNotNone(stacks.segments_complaint([outer, inner], apart[:1]))
        self.assertIsNotNone(stacks.segments_complaint([outer, inner], []))


class ChurnClassifier(unittest.TestCase):
    def setUp(self):
        self.model = churn_model.ChurnModel(os.path.join(harness.PUPPETS, 'churn.py'), 'functions')
        bodies = self.model.source.bodies
        self.alpha = [frame(f'alpha_{depth}', bodies[f'alpha_{depth}'][-1]) for depth in range(1, 6)]
        self.beta = [frame(f'beta_{depth}', bodies[f'beta_{depth}'][-1]) for depth in range(1, 6)]
        self.root = [frame('<module>', 178), frame('main', 174)]

    def judge(self, loop_line, chain):
        return self.model.judge(self.root + [frame('<module>', loop_line, churn_model.LOOP_FILE)] + chain)

    def test_true_stacks_of_any_depth_pass(self):
        for depth in range(6):
            self.assertEqual(self.judge(FIRST, self.alpha[:depth]), '')
            self.assertEqual(self.judge(SECOND, self.beta[:depth]), '')

    def test_every_exchange_of_a_frame_is_impossible(self):
        for depth in range(5):
            torn = self.alpha[:depth] + self.beta[depth:depth + 1] + self.alpha[depth + 1:]
            self.assertNotEqual(self.judge(FIRST, torn), '', f'depth {depth}')
        for depth in range(4):
            self.assertNotEqual(self.judge(FIRST, self.alpha[:depth] + self.alpha[depth + 1:]), '', f'without {depth}')

    def test_wrong_lines_and_roots_are_impossible(self):
        first, second = self.alpha[:2]
        self.assertIn('does not call', self.judge(FIRST, [{**first, 'line': first['line'] - 1}, second]))
        self.assertIn('is not in', self.judge(FIRST, [{**first, 'line': 1}]))
        self.assertIn('calls nothing', self.judge(1, self.alpha))
        self.assertIn('does not begin', self.model.judge(self.alpha))
        self.assertIn('does not begin', self.model.judge([]))

    def test_counts_are_weighted_by_samples(self):
        loop = frame('<module>', FIRST, churn_model.LOOP_FILE)
        good = {'samples': 90, 'frames': [*self.root, loop, *self.alpha]}
        bad = {'samples': 10, 'frames': self.beta}
        kept, wrong, chains, _ = churn_model.classify(self.model, [good, bad])
        self.assertEqual((kept, sum(wrong.values()), chains), (100, 10, {'alpha_': 90}))

    def test_the_bound_grows_with_the_samples(self):
        self.assertEqual(churn_model.most_expected(2000, 0.001), 9)
        self.assertLess(churn_model.most_expected(20000, 0.001), 45)


class ProcessQuestions(unittest.TestCase):
    def setUp(self):
        self.child = self.enterContext(harness.Process(['sleep', '60']))
        proc.until(lambda: proc.comm(self.child.pid, self.child.pid) == 'sleep', 5, 'sleep runs')

    def test_a_free_process_is_not_held(self):
        self.assertEqual(proc.held(self.child.pid), [])

    def test_a_stopped_process_is_held(self):
        os.kill(self.child.pid, signal.SIGSTOP)
        held = proc.until(lambda: proc.held(self.child.pid), 5, 'stopped')
        self.assertEqual(held[0][1], 'T')

    def test_a_traced_process_is_held(self):
        with harness.Process(['strace', '-o', '/dev/null', '-p', str(self.child.pid)]):
            proc.until(lambda: proc.held(self.child.pid), 5, 'traced')

    def test_a_deadline_ends_waiting(self):
        with self.assertRaisesRegex(AssertionError, 'not within 0.05 s: never'):
            proc.until(lambda: False, 0.05, 'never')
        with self.assertRaisesRegex(AssertionError, 'said nothing'):
            self.child.read_line(0.05)

    def test_a_dead_process_is_told_with_its_stderr(self):
        with harness.Process(['sh', '-c', 'echo broken >&2; exit 3']) as dead:
            with self.assertRaisesRegex(AssertionError, 'closed its stdout.*broken'):
                dead.read_line(5)


class Eintr(unittest.TestCase):
    def test_the_puppet_counts_an_interrupted_call(self):
        with harness.Puppet(matrix.debian(), 'eintr.py') as puppet:
            proc.wait_all_blocked(puppet.pid, but=proc.tasks(puppet.pid)[2:])
            with harness.Process(['strace', '-f', '-o', '/dev/null', '-p', str(puppet.pid)]):
                proc.until(lambda: sum(cut for _, cut in puppet.ask('counts').values()), 20, 'EINTR counted')


class Runs(unittest.TestCase):
    def fake(self, script):
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), 'spyhop')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('#!/bin/sh\n' + script)
        os.chmod(path, 0o755)
        self.enterContext(mock.patch.object(spyhop, 'BINARY', path))

    def test_a_hang_a_crash_and_bad_json_fail(self):
        self.fake('sleep 30')
        with self.assertRaisesRegex(AssertionError, 'hung'):
            spyhop.run('list', seconds=0.2)
        self.fake('kill -SEGV $$')
        with self.assertRaisesRegex(AssertionError, 'crashed'):
            spyhop.run('list')
        self.fake('echo "terminate called without an active exception" >&2; exit 1')
        with self.assertRaisesRegex(AssertionError, 'crashed'):
            spyhop.run('list')
        self.fake('echo "{"')
        with self.assertRaisesRegex(AssertionError, 'not JSON'):
            spyhop.run('list').json()
        with self.assertRaisesRegex(AssertionError, 'expected exit status 3'):
            spyhop.run('list').expect(3)

    def test_a_missing_binary_says_what_to_build(self):
        with mock.patch.object(spyhop, 'BINARY', '/nowhere/spyhop'):
            with self.assertRaisesRegex(AssertionError, 'build it'):
                spyhop.run('list')


class Straces(unittest.TestCase):
    def trace(self, *lines):
        return syscalls.Trace('\n'.join(lines))

    def test_harmful_calls_are_seen(self):
        for line in ('7 tgkill(100, 101, SIGSTOP) = 0', '7 process_vm_writev(100, [], 1, [], 1, 0) = 8',
                     '7 ptrace(PTRACE_ATTACH, 101) = 0', '7 ptrace(PTRACE_POKEDATA, 101, 0x1, 0x2) = 0',
                     '7 openat(AT_FDCWD, "/proc/100/mem", O_RDWR) = 3'):
            self.assertEqual(len(self.trace(line).harmful(100, [100, 101])), 1, line)

    def test_harmless_calls_are_not(self):
        for line in ('7 kill(100, 0) = 0', '7 tgkill(7, 8, SIGTERM) = 0', '7 ptrace(PTRACE_SEIZE, 101, NULL, 0) = 0',
                     '7 openat(AT_FDCWD, "/proc/100/mem", O_RDONLY|O_CLOEXEC) = 3'):
            self.assertEqual(self.trace(line).harmful(100, [100, 101]), [], line)

    def test_unfinished_calls_count_once_and_stops_are_paired(self):
        trace = self.trace('7 ptrace(PTRACE_SEIZE, 101, NULL, 0 <unfinished ...>', '7 <... ptrace resumed>) = 0',
                           '8 read(3, <unfinished ...>', '7 ptrace(PTRACE_INTERRUPT, 101) = 0',
                           '8 <... read resumed>"", 1) = 0')
        self.assertEqual(trace.counts(), {'ptrace': 2, 'read': 1})
        self.assertEqual(trace.ptrace('PTRACE_INTERRUPT'), [('PTRACE_INTERRUPT', 101)])
        self.assertEqual(trace.unpaired(), {101: 1})


class Schemas(unittest.TestCase):
    TIMES = dict.fromkeys(schema.TIMES, 0.0)
    TARGET = {'pid': 1, 'command': ['x'], 'executable': '/x', 'python': {'version': '3.11.7', 'flavour': 'release'}}
    COST = {**TIMES, 'python_s': 1.0, 'cpu_s': 1.0, 'samples': 9}
    PROFILE = {
        'schema': 'spyhop.profile/1', 'targets': [TARGET], 'start': '2025-01-01T00:00:00.5Z', 'duration_s': 1.0,
        'sampling': {**{key: 1 for key in schema.SAMPLING}, 'truncated': {}, 'lost': {'torn': 1},
                     'stops': {key: 1 for key in schema.STOPS}},
        'threads': [{'pid': 1, 'tid': 1, 'name': 'n', 'python': True, 'observed_s': 1.0, 'cpu_s': 1.0, **TIMES,
                     'python_s': 1.0}],
        'lines': [{'pid': 1, 'tid': 1, 'file': 'f', 'line': 1, 'function': 'g', 'self': COST, 'total': COST, 'waits': []}],
        'stacks': [{'pid': 1, 'tid': 1, 'frames': [frame('g', 1)], 'class': 'python', 's': 1.0, 'samples': 9}]}
    SNAPSHOT = {
        'schema': 'spyhop.snapshot/1', 'target': TARGET, 'time': '2025-01-01T00:00:00Z', 'stopped_us': 20, 'held': '',
        'threads': [{'tid': 1, 'name': 'n', 'python': True, 'class': 'gil', 'holds_gil': False, 'cpu_s': 0,
                     'frames': [frame('g', 1)], 'waits_for': {'kind': 'k', 'how': 'owner', 'held_by': 1}}],
        'deadlocks': [{'threads': [{'tid': 1, 'name': 'n', 'waits_for': {'kind': 'k', 'how': 'owner', 'held_by': 1}}]}],
        'tasks': [], 'task_cycles': []}

    def test_what_the_contract_shows_passes(self):
        self.assertEqual(schema.profile_complaints(self.PROFILE, with_stacks=True), [])
        self.assertEqual(schema.snapshot_complaints(self.SNAPSHOT), [])

    def paths(self, value, path=()):
        for key, each in (value.items() if isinstance(value, dict) else enumerate(value)):
            yield path + (key,)
            if isinstance(each, (dict, list)):
                yield from self.paths(each, path + (key,))

    def test_every_missing_or_wrong_value_is_seen(self):
        optional = ('torn', 'command')
        for whole, check in ((self.PROFILE, lambda value: schema.profile_complaints(value, True)),
                             (self.SNAPSHOT, schema.snapshot_complaints)):
            for path in self.paths(whole):
                if isinstance(path[-1], int) or path[-1] in optional:
                    continue
                for spoil in (lambda parent, key: parent.pop(key), lambda parent, key: parent.update({key: -1j})):
                    broken = copy.deepcopy(whole)
                    parent = broken
                    for key in path[:-1]:
                        parent = parent[key]
                    spoil(parent, path[-1])
                    self.assertTrue(check(broken), f'not seen: {path}')

    def test_sums_that_disagree_are_seen(self):
        broken = copy.deepcopy(self.PROFILE)
        broken['threads'][0]['observed_s'] = 1.1
        self.assertIn('the sum of its classes', schema.profile_complaints(broken)[0])
        broken = copy.deepcopy(self.PROFILE)
        broken['lines'] *= 2
        self.assertIn('second row', schema.profile_complaints(broken)[0])


class Discovery(unittest.TestCase):
    def test_a_missing_interpreter_is_a_failure_that_names_the_remedy(self):
        with mock.patch.dict(os.environ, {'SPYHOP_TEST_PYTHONS': '9.9'}):
            (_, why), = interpreters.missing()
        self.assertIn(interpreters.INSTALLER, why)
        with mock.patch.dict(os.environ, {'SPYHOP_ALLOW_MISSING': ''}), self.assertRaises(AssertionError):
            matrix._complaint(why)(self)

    def test_list_prints_names_and_commands(self):
        script = os.path.join(harness.HERE, 'interpreters.py')
        listed = subprocess.run(['/usr/bin/python3', script, '--list'], stdout=subprocess.PIPE, text=True, check=False)
        self.assertTrue(listed.stdout)
        for line in listed.stdout.splitlines():
            self.assertRegex(line, r'^\d+\.\d+\.\d+t?-[a-z-]+\t\S')


if __name__ == '__main__':
    unittest.main()
