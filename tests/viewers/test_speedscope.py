"""speedscope, in a real browser, reads its own format as Spyhop writes it, and its figures are those of JSON."""
import context  # noqa: F401  isort:skip
import collections
import json
import os
import unittest

import sandwich
import taken
import viewers

SUFFIX = '.speedscope.json'


def rows(stacks):
    """(name, self ns, total ns) of each line of code: speedscope keeps lines apart, and shows their names alone."""
    selves, totals = collections.Counter(), collections.Counter()
    for stack in stacks:
        frames = [(taken.place(frame), frame['line'], taken.escaped(frame['function']))
                  for frame in stack['frames']] or [('', 0, '(no stack)')]
        selves[frames[-1]] += taken.cost(stack).ns
        for frame in set(frames):
            totals[frame] += taken.cost(stack).ns
    return [(frame[2], selves[frame], total) for frame, total in totals.items() if total]


class Speedscope(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken(SUFFIX, more=['--native']))
        cls.path = cls.profile.path(SUFFIX)

    def test_each_thread_has_the_times_that_json_gives_it(self):
        shown = viewers.speedscope(self.path)
        with open(self.path, encoding='utf-8') as file:
            names = [profile['name'] for profile in json.load(file)['profiles']]
        self.assertEqual(len(shown), len(names))
        self.assertEqual(len(names), len({stack['tid'] for stack in self.profile.stacks()}))
        for name, table in zip(names, shown):
            tid = int(name.rpartition('(tid ')[2].rstrip(')'))
            with self.subTest(thread=name):
                self.assertEqual(sandwich.complaints(table['rows'], rows(self.profile.stacks(tid))), [])

    def test_it_keeps_to_speedscopes_schema(self):
        viewers.require('/usr/share/doc/python3-jsonschema')
        import jsonschema
        release = os.path.join(viewers.MODULES, 'speedscope', 'dist', 'release')
        viewers.require(release)
        with open(os.path.join(release, 'file-format-schema.json'), encoding='utf-8') as schema, \
                open(self.path, encoding='utf-8') as file:
            validator, profile = jsonschema.Draft7Validator(json.load(schema)), json.load(file)
        self.assertEqual([error.message for error in validator.iter_errors(profile)], [])
        del profile['shared']
        self.assertNotEqual(list(validator.iter_errors(profile)), [])

    def test_a_damaged_file_is_refused(self):
        with self.assertRaisesRegex(viewers.Refused, viewers.SPEEDSCOPE_REFUSES):
            viewers.speedscope(self.profile.damaged(SUFFIX))


if __name__ == '__main__':
    unittest.main()
