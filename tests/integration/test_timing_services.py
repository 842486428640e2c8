"""Services under load, as they run in production: what the profile names is what their threads really wait for.

Two truths: the services' own books, line by line (truth_model.py), and strace over the same load (services.py).
"""
import re
import unittest

import harness
import services
import spyhop
import truth_model
import truth_run

RATE = 200
MARKS = truth_model.read_marks(harness.PUPPETS, 'service_*.py')
# Pieces here are shorter than a period, and CPU time is charged to the line that the next sample finds: the first line after a
# wait is told too little, those after it too much. To be 0 once it is not so.
SHORT_PIECES = 0.04
GUNICORN = ['-m', 'gunicorn', '-k', 'gthread', '--threads', '4', '-w', '1', '-b', 'fd://LISTEN_FD', 'service_wsgi:application']
CELERY = ['-m', 'celery', '-A', 'service_tasks', 'worker', '--pool=threads', '-c', '4', '--without-gossip',
          '--without-mingle', '--without-heartbeat']


def setUpModule():
    harness.can_trace()


class ServiceCase(unittest.TestCase):
    def look(self, service):
        """One window of spyhop, then one of strace; the books are compared at once."""
        self.service = service
        self.profile = spyhop.attach(service.pid, RATE, services.SECONDS)
        start, end = truth_run.moments(self.profile)
        self.entries = service.books(start, end)['entries']
        self.verdicts = truth_model.judge(self.profile, MARKS, self.entries, end - start, services.MINOR)
        service.ask('close')
        self.seen = services.strace(service.pid)
        self.told = services.told_waits(self.profile)
        threads = self.profile['threads']
        self.threads = {row['tid']: row for row in threads}
        self.teams = services.teams(threads)
        print(f'\n{self.id()}\n{truth_model.table(self.verdicts)}\n{services.table(self.told, self.seen, threads)}', flush=True)

    def assert_books(self):
        """Not run queue time, nor sums with it: within a period, too, it is charged to the line before, often the wait."""
        judged = [each for each in self.verdicts if each.what not in ('runq', 'all')]
        wrong = [each for each in judged if abs(each.measured - each.truth) > each.bound + SHORT_PIECES]
        self.assertFalse(wrong, truth_model.table(wrong))
        self.assertFalse(truth_model.sum_complaints(self.profile, self.entries))

    def assert_as_strace(self):
        wrong = [complaint for name, tids in self.teams.items()
                 for complaint in services.compare(self.told, self.seen, name, tids)]
        self.assertFalse(wrong, '\n'.join(wrong))

    def assert_idle(self, name, call):
        """A thread, or the threads of a pool: idle as long as strace sees them in that call."""
        tids = self.teams[name]
        rows = [self.threads[tid] for tid in tids]
        told = sum(row['idle_s'] for row in rows) / sum(row['observed_s'] - row['runq_s'] for row in rows)
        seen = self.seen.share_of_own_time(tids, call)
        self.assertGreater(told, 0.05, f'{name} is never idle')
        self.assertAlmostEqual(told, seen, delta=services.TOLERANCE, msg=f'{name}: idle against {call} by strace')

    def names(self):
        return sorted(re.sub(r'-\d+_', '_', row['name']) for row in self.threads.values())

    def reasons(self, file, function):
        return {re.sub(r'\d+$', 'N', each['reason']) for row in self.profile['lines'] for each in row['waits']
                if row['file'].endswith(file) and row['function'].endswith(function)}

    def view(self, name, *more):
        result = spyhop.run('attach', '-p', self.service.pid, '-r', RATE, '-d', 2, '--view', name, '--idle', '--limit', 0,
                            *more).expect(spyhop.DONE)
        print(result.out, flush=True)
        return result.out

    def assert_rows(self, table, *patterns):
        for pattern in patterns:
            self.assertRegex(table, re.compile(pattern, re.M))


class Services(ServiceCase):
    def test_gunicorn_with_threads(self):
        with services.Service(GUNICORN) as service:
            service.load(4)
            service.until_at_work(4)
            service.load(2)             # Four threads, two requests at a time: each is idle half of its time.
            self.look(service)
            self.assertEqual(self.names(), ['MainThread', *(f'ThreadPoolExecutor_{n}' for n in range(4)), 'books'])
            self.assert_books()
            self.assert_as_strace()
            self.assert_idle('MainThread', 'epoll_wait')
            self.assert_idle('ThreadPoolExecutor', 'futex')
            self.assertIn('queue.get', self.reasons('concurrent/futures/thread.py', '_worker'))
            backend = rf'recv socket 127\.0\.0\.1:{service.backend_port}'
            self.assert_rows(self.view('waits'), rf' wait +{backend} +\S*service_wsgi\.py:\d+ +application',
                             r' idle +queue\.get +\S*thread\.py:\d+ ', r' idle +epoll_wait epoll .*selectors\.py:\d+ ')
            self.assert_rows(self.view('lines'), r'service_wsgi\.py:\d+ +application .*for i in TO_COUNT',
                             r'service_wsgi\.py:\d+ +application .*sorted\(each\)', r'^ *[\d.]+.* MainThread$')

    def test_aiohttp(self):
        with services.Service([f'{harness.PUPPETS}/service_aiohttp.py']) as service:
            service.load(2)
            service.until_at_work(1)
            self.look(service)
            self.assertEqual(self.names(), ['MainThread', 'books'])
            self.assert_books()
            self.assert_as_strace()
            self.assert_idle('MainThread', 'epoll_wait')
            self.assert_rows(self.view('waits'), r' idle +epoll_wait epoll \(\d+ descriptors\) +\S*selectors\.py:\d+ ')

    def test_numpy_job(self):
        # Each fresh array is fresh memory.
        with services.Service([f'{harness.PUPPETS}/service_numpy.py'], MALLOC_MMAP_THRESHOLD_=65536) as service:
            service.until_at_work(2)
            self.look(service)
            self.assertEqual(self.names(), ['MainThread', 'books', 'loader'])
            self.assert_books()
            self.assert_as_strace()
            self.assert_rows(self.view('lines'), r'service_numpy\.py:\d+ +compute +a @ b',
                             r'service_numpy\.py:\d+ +load +np\.fromfile')

    def test_celery_with_a_pool_of_threads(self):
        with services.Service(CELERY) as service:
            service.until_at_work(3)
            self.look(service)
            self.assert_books()
            self.assert_as_strace()
            self.assert_idle('MainThread', 'clock_nanosleep')
            self.assert_idle('ThreadPoolExecutor', 'futex')
            self.assertIn('child N', self.reasons('subprocess.py', '_try_wait'))
            self.assert_rows(self.view('waits'), r' wait +flock file .*/lock +\S*service_tasks\.py:\d+ +work',
                             r' wait +sleep', r' idle +queue\.get +\S*thread\.py:\d+ ')


if __name__ == '__main__':
    unittest.main()
