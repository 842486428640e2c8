"""`snapshot` says who waits for whom: each kind of lock, its owner as far as the interpreter tells, and the deadlocks."""
import collections
import os
import unittest

import harness
import matrix
import proc
import schema
import spyhop

RLOCK, LOCK, IMPORT, JOIN = 'threading.RLock', 'threading.Lock', 'import lock', 'thread join'
CONDITION, EVENT = 'threading.Condition', 'threading.Event'
# The thread: what it waits for, the lock's name in the puppet's table, how the holder is known, the holder.
CROSSED = {'rlocks': (RLOCK, 'owner'), 'rlocks-bare': (RLOCK, 'owner'), 'locks': (LOCK, 'with'),
           'locks-bare': (LOCK, 'unknown'), 'conditions': (LOCK, 'with')}
EXPECTED = {
    'itself': (LOCK, 'itself', 'with', 'itself'),
    'wanter': (LOCK, 'held', 'with', 'holder'),
    'bare': (LOCK, 'bare', 'unknown', None),
    'joiner': (JOIN, None, 'end', 'joined'),
    'join-1': (JOIN, None, 'end', 'join-2'),
    'join-2': (JOIN, None, 'end', 'join-1'),
    'condition': (CONDITION, 'condition', 'nobody', None),
    'plain-1': (CONDITION, 'plain', 'nobody', None),
    'plain-2': (CONDITION, 'plain', 'nobody', None),
    'event': (EVENT, None, 'nobody', None),
    'ended': (RLOCK, 'ended', 'ended', None),
    'deadly-1': (RLOCK, 'deadly', 'owner', 'deadly-2'),
    'deadly-2': (IMPORT, None, 'owner', 'deadly-1'),
}
SINCE_3 = {
    'timeouts-1': (RLOCK, 'timeouts-b', 'owner', 'timeouts-2'),
    'timeouts-2': (RLOCK, 'timeouts-a', 'owner', 'timeouts-1'),
    'import-2': (IMPORT, None, 'owner', 'import-1'),
}
DEADLOCKS = {('rlocks-1', 'rlocks-2'), ('rlocks-bare-1', 'rlocks-bare-2'), ('locks-1', 'locks-2'),
             ('conditions-1', 'conditions-2'), ('itself',), ('join-1', 'join-2'), ('deadly-1', 'deadly-2')}
# Comments of the puppet's lines that these threads wait at.
LINES = {'rlocks-1': 'with-with', 'locks-2': 'with-with', 'rlocks-bare-1': 'acquire-acquire', 'itself': 'twice',
         'join-1': 'join-other', 'deadly-2': 'owner'}


def setUpModule():
    harness.can_trace()


def source(name):
    with open(os.path.join(harness.PUPPETS, name)) as file:
        return file.read().splitlines()


@matrix.on_each_interpreter
class Locks(unittest.TestCase):
    python = None

    @classmethod
    def setUpClass(cls):
        puppet = cls.enterClassContext(harness.Puppet(cls.python, 'lock_waits.py'))
        proc.wait_all_blocked(puppet.pid)
        puppet.ask('go')
        proc.wait_all_blocked(puppet.pid)
        cls.table = puppet.ask('table')
        proc.wait_all_blocked(puppet.pid)
        cls.shown = spyhop.snapshot(puppet.pid)
        cls.text = spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out
        cls.threads = {thread['name']: thread for thread in cls.shown['threads']}
        cls.names = {thread['tid']: name for name, thread in cls.threads.items()}
        # The one import lock of 2.7 is known by a symbol that Debian strips.
        cls.no_import_lock = cls.python.version < (3,) and bool(cls.python.root)

    def expected(self):
        wanted = dict(EXPECTED)
        for name, (kind, how) in CROSSED.items():
            for mine, its, letter in (('1', '2', 'b'), ('2', '1', 'a')):
                holder = f'{name}-{its}' if how != 'unknown' else None
                wanted[f'{name}-{mine}'] = (kind, f'{name}-{letter}', how, holder)
        if self.python.version >= (3,):
            wanted.update(SINCE_3)
        if self.no_import_lock:
            del wanted['deadly-2']
        return wanted

    def test_each_thread_waits_for_its_lock_and_the_holder_is_named(self):
        for name, (kind, lock, how, holder) in self.expected().items():
            with self.subTest(name):
                wait = self.threads[name].get('waits_for')
                self.assertIsNotNone(wait, self.threads[name])
                self.assertEqual((wait['kind'], wait['how'], self.names.get(wait.get('held_by'))), (kind, how, holder))
                if lock:
                    self.assertEqual(int(wait['object'], 16), self.table[lock])
                self.assertEqual('timeout' in wait, name.startswith('timeouts'))

    def test_threads_that_wait_for_no_lock_are_said_to_wait_for_none(self):
        for name in ('MainThread', 'holder', 'joined'):
            self.assertNotIn('waits_for', self.threads[name])

    def test_deadlocks_are_these_and_no_others(self):
        self.assertEqual(schema.snapshot_complaints(self.shown), [])
        found = [tuple(thread['name'] for thread in cycle['threads']) for cycle in self.shown['deadlocks']]
        wanted = DEADLOCKS - ({('deadly-1', 'deadly-2')} if self.no_import_lock else set())
        self.assertEqual(sorted(tuple(sorted(cycle)) for cycle in found), sorted(wanted))

    def test_each_thread_of_a_deadlock_is_shown_with_the_line_it_waits_at(self):
        lines = source('lock_waits.py')
        seen = {thread['name']: thread for cycle in self.shown['deadlocks'] for thread in cycle['threads']}
        for name, comment in LINES.items():
            if name in seen:
                self.assertIn('# ', lines[seen[name]['line'] - 1], seen[name])
                self.assertTrue(lines[seen[name]['line'] - 1].endswith(comment), (name, seen[name]))
                self.assertEqual(seen[name]['waits_for'], self.threads[name]['waits_for'])

    def test_of_two_modules_that_import_each_other_one_waits_for_the_other(self):
        if self.python.version < (3,):
            self.skipTest('2.7 has one import lock')
        waits = {name: self.threads[name].get('waits_for') for name in ('mutual-1', 'mutual-2')}
        waiting = [name for name in waits if waits[name]]
        self.assertEqual(len(waiting), 1, waits)
        other = 'mutual-2' if waiting == ['mutual-1'] else 'mutual-1'
        wait = waits[waiting[0]]
        self.assertEqual((wait['kind'], self.names[wait['held_by']]), (IMPORT, other))
        self.assertEqual(wait['name'], 'mutual_b' if other == 'mutual-2' else 'mutual_a')

    def test_text_says_it_below_the_thread_and_at_the_end(self):
        tids = {name: thread['tid'] for name, thread in self.threads.items()}
        self.assertRegex(self.text, rf'\n  waits for threading.RLock 0x[0-9a-f]+, held by {tids["rlocks-2"]} '
                                    r'"rlocks-2" at lock_waits.py:\d+\n')
        self.assertRegex(self.text, r'held by \d+ "holder" at lock_waits.py:\d+ \(seen in its `with`\)\n')
        self.assertRegex(self.text, r'\n  waits for threading.Lock 0x[0-9a-f]+, owner not recorded by this Python\n')
        self.assertRegex(self.text, r'\n  waits for threading.Condition 0x[0-9a-f]+, until it is notified\n')
        self.assertRegex(self.text, r'\nDeadlock: 2 threads wait for each other\n    \d+ "rlocks-1" at lock_waits.py:\d+ '
                                    r'waits for threading.RLock 0x[0-9a-f]+, held by')
        self.assertIn('\nDeadlock: a thread waits for itself\n', self.text)


@matrix.on_representatives
class GilHog(unittest.TestCase):
    python = None

    def hogged(self, how):
        """A snapshot of a process whose GIL is kept by its thread `hog`, by name of the thread."""
        puppet = self.enterContext(harness.Puppet(self.python, 'gil_hog.py', how))
        puppet.ask('hog')
        seen = {}

        def look():
            seen.update(shown=spyhop.snapshot(puppet.pid))
            threads = seen['threads'] = {thread['name']: thread for thread in seen['shown']['threads']}
            return threads['hog']['holds_gil'] and threads['wants'].get('waits_for')
        proc.until(look, 20, f'the hog has the GIL: {seen}')
        self.assertEqual(schema.snapshot_complaints(seen['shown']), [])
        self.text = spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out
        return seen['shown'], seen['threads']

    def named(self, threads):
        wait = threads['wants']['waits_for']
        self.assertEqual((wait['kind'], wait['gil'], wait['held_by'], wait['how']),
                         ('GIL', True, threads['hog']['tid'], 'owner'))
        line = threads['hog']['frames'][0]['line']
        self.assertTrue(source('gil_hog.py')[line - 1].endswith('# hog'), threads['hog'])
        self.assertRegex(self.text, rf'waits for the GIL, held by {threads["hog"]["tid"]} "hog" at gil_hog.py:{line}, ')

    def test_c_code_that_computes_with_the_gil_is_named(self):
        shown, threads = self.hogged('busy')
        self.named(threads)
        self.assertEqual(threads['hog']['class'], 'native')
        self.assertIn(', in native code\n', self.text)
        self.assertEqual(shown['deadlocks'], [])

    def test_c_code_that_sleeps_with_the_gil_is_named(self):
        shown, threads = self.hogged('asleep')
        self.named(threads)
        self.assertIn(', which waits itself: signal\n', self.text)
        self.assertEqual(shown['deadlocks'], [])

    def test_a_thread_that_computes_in_a_with_is_named(self):
        puppet = self.enterContext(harness.Puppet(self.python, 'gil_hog.py', 'lock'))
        puppet.ask('hog')
        seen = {}

        def look():
            seen.update((thread['name'], thread) for thread in spyhop.snapshot(puppet.pid)['threads'])
            return seen['hog'].get('waits_for', {}).get('how') == 'with'
        proc.until(look, 20, f'the holder is seen: {seen}')
        self.assertEqual((seen['hog']['waits_for']['kind'], seen['hog']['waits_for']['held_by']),
                         (LOCK, seen['wants']['tid']))

    def test_a_deadlock_can_go_through_the_gil(self):
        if self.python.version >= (3, 13):
            self.skipTest('PyThread_acquire_lock is for another lock than a Lock has')
        shown, threads = self.hogged('deadlock')
        self.named(threads)
        self.assertEqual([sorted(thread['name'] for thread in cycle['threads']) for cycle in shown['deadlocks']],
                         [['hog', 'wants']])


@matrix.on_representatives
class Churn(unittest.TestCase):
    python = None

    def test_threads_that_go_on_are_in_no_deadlock(self):
        puppet = self.enterContext(harness.Puppet(self.python, 'lock_churn.py'))
        hows = collections.Counter()
        for _ in range(matrix.amount('SPYHOP_LOCK_LOOKS', 20, 300)):
            shown = spyhop.snapshot(puppet.pid)
            self.assertEqual(schema.snapshot_complaints(shown), [])
            self.assertEqual(shown['deadlocks'], [])
            hows.update(thread['waits_for']['how'] for thread in shown['threads'] if 'waits_for' in thread)
        self.assertGreater(hows['owner'] + hows['with'], 0, hows)


if __name__ == '__main__':
    unittest.main()
