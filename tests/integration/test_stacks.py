"""At quiet points the whole stack of every thread is what the target itself says: the core of `tell the truth`."""
import unittest

import harness
import matrix
import proc
import spyhop
import stacks


def setUpModule():
    harness.can_trace()


class Quiet(unittest.TestCase):
    """A parked puppet, seen before and after it has told its truth (telling makes frame objects in the target)."""
    script = None
    arguments = ()
    python = None

    @classmethod
    def setUpClass(cls):
        puppet = cls.enterClassContext(harness.Puppet(cls.python, cls.script, *cls.arguments))
        assert puppet.ask('settle'), f'{cls.script} never came to rest'
        proc.wait_all_blocked(puppet.pid)
        cls.puppet = puppet
        cls.before = spyhop.snapshot(puppet.pid)
        cls.truth = puppet.ask('truth')
        proc.wait_all_blocked(puppet.pid)
        cls.after = spyhop.snapshot(puppet.pid)
        again = puppet.ask('truth')
        assert cls.truth == again, 'the puppet moved between two looks: the test proves nothing'

    def both(self):
        """Each snapshot, as {tid: its only entry}."""
        for moment, shown in (('before', self.before), ('after', self.after)):
            yield moment, {tid: entries[0] for tid, entries in stacks.by_tid(shown['threads']).items()}

    def compare(self, complaint):
        """Fails with every thread that `complaint(told, entry)` has words for."""
        wrong = []
        for moment, shown in self.both():
            for told in self.truth['threads']:
                entry = shown.get(told['tid'])
                words = complaint(told, entry) if entry else 'not shown at all'
                if words:
                    wrong.append(f'thread {told["name"]!r} (tid {told["tid"]}), {moment} the truth was told: {words}')
        if wrong:
            self.fail(f'{len(wrong)} of {2 * len(self.truth["threads"])} threads are wrong; the first:\n'
                      + '\n'.join(wrong[:3]))


@matrix.on_each_interpreter
class Stacks(Quiet):
    script = 'shapes.py'

    def test_every_thread_has_the_stack_that_the_target_tells(self):
        self.compare(stacks.stack_complaint)

    def test_columns_are_those_of_the_current_instruction(self):
        if self.python.minor < (3, 11):
            self.skipTest('columns exist from 3.11')
        self.compare(stacks.span_complaint)

    def test_threads_are_named_as_threading_names_them_else_as_the_kernel_does(self):
        def complaint(told, entry):
            name = told['name'] or proc.comm(self.puppet.pid, told['tid'])
            return None if entry['name'] == name else f'told {name!r}, shown {entry["name"]!r}'
        self.compare(complaint)

    def test_every_kernel_thread_is_shown_once(self):
        for _, shown in self.both():
            self.assertEqual(sorted(shown), proc.tasks(self.puppet.pid))
        self.assertEqual(len(self.after['threads']), len(proc.tasks(self.puppet.pid)))

    def test_every_thread_is_seen_blocked_without_the_gil(self):
        for thread in self.after['threads']:
            self.assertIn(thread['class'], ('wait', 'idle'), thread['name'])
            self.assertFalse(thread['holds_gil'], thread['name'])
            self.assertTrue(thread['python'], thread['name'])

    def test_the_version_is_the_targets_own(self):
        python = self.after['target']['python']
        self.assertEqual(python['version'], self.truth['version'])
        self.assertEqual(python['flavour'], self.python.flavour)

    def test_sampling_shows_the_same_stacks_as_the_snapshot(self):
        profile = spyhop.attach(self.puppet.pid, 20, 0.5)
        told = {thread['tid']: [stacks.row(frame) for frame in thread['frames']] for thread in self.truth['threads']}
        self.assertEqual(set(told), {stack['tid'] for stack in profile['stacks']})
        for stack in profile['stacks']:
            words = stacks.differing(told[stack['tid']], stacks.reversed_profile_stack(stack))
            self.assertIsNone(words, words)


@matrix.on_each_interpreter
class SignalHandler(Quiet):
    script = 'handler.py'

    def test_the_handler_stands_on_what_it_interrupted(self):
        self.compare(stacks.stack_complaint)


@matrix.on_each_interpreter
class Interpreters(Quiet):
    script = 'interps.py'

    def test_all_interpreters_are_seen(self):
        if self.puppet.ask('kind') is None:
            self.skipTest('this build has no way to make a second interpreter from a script')
        told = stacks.by_tid(self.truth['extra'])
        for shown in (self.before, self.after):
            entries = stacks.by_tid(shown['threads'])
            for tid, segments in told.items():
                words = stacks.segments_complaint(segments, entries.get(tid, []))
                self.assertIsNone(words, f'tid {tid} with {len(segments)} interpreters: {words}')


@matrix.on_each_interpreter
class VeryDeep(Quiet):
    """100,000 frames: whole, or the leaf part with the cause of what is left out; never a lost thread."""
    script = 'shapes.py'
    arguments = ('deep', 100000)

    @classmethod
    def setUpClass(cls):
        if cls.python.minor < (3, 11):
            raise unittest.SkipTest('before 3.11 a Python call takes C stack: 5,000 deep is tested')
        super().setUpClass()

    def test_the_sample_is_kept(self):
        def complaint(told, entry):
            shown = [stacks.row(frame) for frame in stacks.python_frames(entry['frames'])]
            expected = [stacks.row(frame) for frame in told['frames']]
            if entry.get('truncated'):
                expected = expected[:len(shown)]
                if len(shown) < 1000:
                    return f'only {len(shown)} frames kept, truncated: {entry["truncated"]}'
            return stacks.differing(expected, shown)
        self.compare(complaint)


if __name__ == '__main__':
    unittest.main()
