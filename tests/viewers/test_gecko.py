"""The Firefox Profiler's command line program reads what Spyhop writes, and its figures are those of JSON."""
import context  # noqa: F401  isort:skip
import unittest

import taken
import viewers

SUFFIX = '.gecko.json'
# Of adding up milliseconds as floats; the file has them to the nanosecond.
ROUNDING_MS = 1e-5


class Gecko(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken(SUFFIX, more=['--native']))
        cls.firefox = cls.enterClassContext(viewers.Firefox(cls.profile.path(SUFFIX)))
        cls.threads = {thread['tid']: thread for thread in cls.firefox.ask('thread', 'list')['threads']}

    def test_threads_have_their_names(self):
        names = {thread['tid']: taken.escaped(thread['name']) for thread in self.profile.truth['threads']}
        self.assertEqual({tid: thread['name'] for tid, thread in self.threads.items()}, names)

    def test_each_function_of_a_thread_has_the_time_that_json_gives_it(self):
        for tid, thread in self.threads.items():
            functions = self.firefox.ask('thread', 'functions', '--thread', thread['threadHandle'], '--limit', '0',
                                         '--include-idle')['functions']
            wanted = sorted((name, own.ns / 1e6, total.ns / 1e6) for (_, name), (own, total) in
                            taken.by_function(self.profile.stacks(tid)).items() if total.ns)
            shown = sorted((row['name'], row['selfSamples'], row['totalSamples']) for row in functions)
            self.assertEqual([name for name, *_ in shown], [name for name, *_ in wanted])
            for (name, own, total), (_, wanted_own, wanted_total) in zip(shown, wanted):
                with self.subTest(thread=thread['name'], function=name):
                    self.assertAlmostEqual(own, wanted_own, delta=ROUNDING_MS)
                    self.assertAlmostEqual(total, wanted_total, delta=ROUNDING_MS)

    def test_a_damaged_file_is_refused(self):
        with self.assertRaisesRegex(viewers.Refused, 'Failed to load profile'):
            with viewers.Firefox(self.profile.damaged(SUFFIX)):
                pass


if __name__ == '__main__':
    unittest.main()
