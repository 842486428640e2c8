"""The formats that show time say what JSON says: each thread's time, but its idle time, in each of them."""
import context  # noqa: F401  isort:skip
import collections
import json
import os
import tempfile
import unittest

import harness
import matrix
import spyhop

NAMES = ('p.speedscope.json', 'p.gecko.json', 'p.trace.json', 'p.json')


def setUpModule():
    harness.can_trace()


def in_stacks(profile):
    times = collections.Counter()
    for stack in profile['stacks']:
        if stack['class'] != 'idle':
            times[stack['tid']] += stack['s']
    return times


def in_speedscope(profile):
    times = {}
    for thread in profile['profiles']:
        tid = int(thread['name'].rsplit('(tid ', 1)[1].rstrip(')'))
        times[tid] = sum(thread['weights']) / 1e9
    return times


def in_gecko(profile):
    return {thread['tid']: sum(thread['samples']['weight']) / 1e3 for thread in profile['threads']}


def in_trace(profile):
    """Time in which some slice is open."""
    times, depths, began = collections.Counter(), collections.Counter(), {}
    for event in profile['traceEvents']:
        tid = event['tid']
        if event['ph'] == 'B':
            if depths[tid] == 0:
                began[tid] = event['ts']
            depths[tid] += 1
        elif event['ph'] == 'E':
            depths[tid] -= 1
            if depths[tid] == 0:
                times[tid] += (event['ts'] - began[tid]) / 1e6
    return times


class TimeFormats(unittest.TestCase):
    def test_each_thread_has_the_time_that_json_gives_it(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        puppet = self.enterContext(harness.Puppet(matrix.debian(), 'worker.py', 2, 20, 2))
        paths = [os.path.join(folder, name) for name in NAMES]
        result = spyhop.run('attach', '-p', puppet.pid, '-d', 1, '--stacks',
                            *[word for path in paths for word in ('-o', path)]).expect(spyhop.DONE)
        speedscope, gecko, trace, plain = (spyhop.load(path, result) for path in paths)
        expected = {tid: seconds for tid, seconds in in_stacks(plain).items() if seconds}
        self.assertGreaterEqual(len(expected), 2, json.dumps(plain['threads']))
        for times in (in_speedscope(speedscope), in_gecko(gecko), in_trace(trace)):
            self.assertEqual(set(times), set(expected))
            for tid, seconds in expected.items():
                self.assertAlmostEqual(times[tid], seconds, delta=1e-6)


if __name__ == '__main__':
    unittest.main()
