"""`snapshot --locals`: values equal the target's own `repr`, secrets are hidden, objects that lie do no harm."""
import json
import time
import unittest

import harness
import matrix
import schema
import spyhop

GROUPS = ('numbers', 'texts', 'containers', 'objects')
MUCH = ('--locals=10', '--value-length', '1000000', '--no-mask')


def setUpModule():
    harness.can_trace()


def locals_of(snapshot, function):
    """{name: local} of the innermost frame of that function."""
    for thread in snapshot['threads']:
        for frame in thread['frames']:
            if frame['function'].split('.')[-1] == function:
                return {each['name']: each for each in frame['locals']}
    raise AssertionError(f'no frame of {function} in {json.dumps(snapshot)[:2000]}')


class Held:
    """A puppet that holds the locals of one function after the other."""

    def __init__(self, python, *groups):
        self.puppet = harness.Puppet(python, 'local_values.py', *groups)
        self.told = self.puppet.ready

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.puppet.close()

    def next(self):
        self.puppet.write_line('')
        word, _, rest = self.puppet.read_line().partition(' ')
        assert word == 'next', word
        self.told = json.loads(rest)

    def shown(self, function, *options):
        return locals_of(spyhop.snapshot(self.puppet.pid, *options), function)


@matrix.on_each_interpreter
class Values(unittest.TestCase):
    def compare(self, told, shown):
        wrong = {name: (text, shown.get(name, {}).get('value')) for name, text in told
                 if shown.get(name, {}).get('value') != text}
        self.assertEqual(wrong, {}, '(repr, shown) of those that differ')

    def test_are_equal_to_their_own_repr(self):
        count = 0
        with Held(self.python, *GROUPS) as held:
            for group in GROUPS:
                if group != GROUPS[0]:
                    held.next()
                shown = held.shown(group, *MUCH)
                with self.subTest(group):
                    self.compare(held.told, shown)
                    self.assertEqual(set(shown), {name for name, _ in held.told})
                count += len(held.told)
        self.assertGreaterEqual(count, 120)

    def test_of_cells_and_arguments(self):
        with Held(self.python, 'arguments') as held:
            told = dict(held.told)
            shown = held.shown('inner', *MUCH)
            for name in ('own', 'other', 'positional', 'inside'):
                self.assertEqual(shown[name]['value'], told[name], name)
            held.next()
            shown = held.shown('arguments', *MUCH)
            self.compare(held.told, shown)
            self.assertNotIn('never', shown)

    def test_of_a_class_body_are_its_dict(self):
        with Held(self.python, 'class_body') as held:
            shown = held.shown('Body', *MUCH)
            for name, text in held.told.items():
                self.assertEqual(shown[name]['value'], text, name)
            self.assertEqual(locals_of(spyhop.snapshot(held.puppet.pid, '--locals'), '<module>'), {})

    def test_that_lie_do_no_harm(self):
        with Held(self.python, 'hostile') as held:
            began = time.monotonic()
            snapshot = spyhop.snapshot(held.puppet.pid, '--locals')
            took = time.monotonic() - began
            self.assertEqual(schema.snapshot_complaints(snapshot), [])
            shown = locals_of(snapshot, 'hostile')
            value = {name: local['value'] for name, local in shown.items()}
            self.assertEqual(value['holes'], '[1, <NULL>, 3]')
            self.assertTrue(value['endless'].startswith('[1, 2'), value['endless'])
            self.assertEqual(value['negative'], '[<unreadable>]')
            self.assertEqual(value['wild'], '[<unreadable>]')
            for name in ('no_type', 'odd_type', 'self_type'):
                self.assertEqual(value[name], '<unreadable>', name)
            self.assertTrue(value['gigabyte'].startswith(r"bytearray(b'\x00\x00"), value['gigabyte'])
            self.assertEqual(value['cyclic'], '[' + ', '.join(['[...]'] * 50) + ']')
            self.assertEqual(value['deep'], '[[[[\u2026]]]]')
            self.assertLess(max(map(len, value.values())), 1000)
            self.assertLess(took, 5)


@matrix.on_representatives
class Locals(unittest.TestCase):
    def test_secrets_are_masked(self):
        with Held(self.python, 'secrets') as held:
            text = json.dumps(spyhop.snapshot(held.puppet.pid, '--locals=5', '--mask', 'DEFAULT*'))
            self.assertEqual(text.count('hunter2'), 0, text)
            shown = held.shown('secrets', '--locals=5')
            self.assertEqual(shown['password']['value'], '<masked>')
            self.assertEqual(shown['plain']['value'], "'shown'")
            self.assertIn("'Authorization': <masked>", shown['request']['value'])
            self.assertIn("'x_token': <masked>", shown['request']['value'])
            self.assertIn('db_password=<masked>', shown['holder']['value'])
            self.assertIn("'me'", shown['request']['value'])
            self.assertEqual(held.shown('secrets', '--locals', '--mask', 'PLAIN')['plain']['value'], '<masked>')
            self.assertIn('hunter2', held.shown('secrets', '--locals', '--no-mask')['password']['value'])

    def test_text_has_a_line_for_each_below_its_frame(self):
        with Held(self.python, 'secrets') as held:
            out = spyhop.run('snapshot', '-p', held.puppet.pid, '--locals').expect(spyhop.DONE).out.splitlines()
            at = next(i for i, line in enumerate(out) if line.startswith('    secrets ('))
            self.assertIn('        password = <masked>', out[at + 1:at + 9])
            self.assertIn("        plain = 'shown'", out[at + 1:at + 9])

    def test_depth_and_length_cut_what_is_shown(self):
        with Held(self.python, 'containers') as held:
            flat = held.shown('containers', '--locals=0')
            self.assertEqual((flat['ints']['value'], flat['empty_list']['value']), ('[\u2026]', '[]'))
            cut = held.shown('containers', '--locals', '--value-length', '20')
            self.assertTrue(cut['thousand']['value'].startswith('[0, 1, 2, 3'), cut['thousand']['value'])
            self.assertTrue(cut['thousand']['value'].endswith('\u2026]'), cut['thousand']['value'])
            self.assertLess(len(cut['large']['value']), 80)

    def test_of_a_thread_that_runs_are_told_or_said_to_have_changed(self):
        with harness.Puppet(self.python, 'local_values.py', 'churn') as puppet:
            steady = 0
            for _ in range(20):
                snapshot = spyhop.snapshot(puppet.pid, '--locals')
                self.assertEqual(schema.snapshot_complaints(snapshot), [])
                frames = [frame for thread in snapshot['threads'] for frame in thread['frames']]
                frame = next(each for each in frames if each['function'] == 'churn')
                shown = {each['name']: each for each in frame['locals']}
                self.assertTrue(shown or frame.get('locals_changed'), frame)
                if 'value' in shown.get('steady', {}):
                    self.assertEqual(shown['steady']['value'], "{'kept': [1, 2, 3]}")
                    steady += 1
                self.hold_to_the_program(shown)
            # Up to 3.10 a frame that runs has moved on before its slots are read.
            if self.python.version >= (3, 11):
                self.assertGreater(steady, 10)

    def hold_to_the_program(self, shown):
        """What is told of the moving ones must be what the program can hold."""
        if 'value' in shown.get('moving', {}):
            self.assertEqual(int(shown['moving']['value'].rstrip('L')) % 1000003, 0)
        if 'value' in shown.get('text', {}):
            text = shown['text']['value'].strip("'")
            third = text[:len(text) // 3]
            self.assertEqual((text, int(third.rstrip('L')) % 1000003), (third * 3, 0))


if __name__ == '__main__':
    unittest.main()
