"""What the daemon serves is what those who fetch it take: promtool its metrics, `go tool pprof` its profiles, a browser its pages."""
import context  # noqa: F401  isort:skip
import gzip
import os
import tempfile
import unittest

import made_fleet
import viewers

# From FullProfile(), of which each made-up process has the same.
LEAVES = {'work', 'recv', 'fib'}


class Metrics(unittest.TestCase):
    def test_promtool_finds_nothing_wrong(self):
        for targets in (0, 3, 600):
            with self.subTest(targets), made_fleet.Server(targets=targets) as server:
                status, _, metrics = server.get('/metrics')
                self.assertEqual(status, 200)
                self.assertEqual(viewers.promtool_check(metrics), '')
                series = [line for line in metrics.decode().splitlines() if line.startswith('spyhop_target_threads')]
                self.assertEqual(len(series), min(targets, 501))

    def test_promtool_would_find_it(self):
        self.assertIn('counter', viewers.promtool_check(b'# HELP spyhop_x A.\n# TYPE spyhop_x counter\nspyhop_x 1\n'))


class Profiles(unittest.TestCase):
    def test_go_tool_pprof_fetches_one(self):
        with made_fleet.Server() as server, tempfile.TemporaryDirectory() as folder:
            top = fetch(server.url('/debug/pprof/profile?pid=1'), folder, '-top')
        for name in LEAVES:
            self.assertIn(name, top)

    def test_go_tool_pprof_fetches_one_with_the_token_as_a_password(self):
        with made_fleet.Server(http='0.0.0.0:0', token=made_fleet.TOKEN) as server, \
                tempfile.TemporaryDirectory() as folder:
            port = server.address.rsplit(':', 1)[1]
            url = f'http://any:{made_fleet.TOKEN}@127.0.0.1:{port}/debug/pprof/profile?pid=1'
            self.assertIn('work', fetch(url, folder, '-top'))
            with self.assertRaises(viewers.Refused):
                fetch(url.replace(made_fleet.TOKEN, 'x' * 16), folder, '-top')

    def test_the_bytes_are_a_gzip_file_whatever_a_scraper_accepts(self):
        with made_fleet.Server() as server:
            for accepted in ('gzip', 'identity'):
                status, headers, body = server.get('/debug/pprof/profile?pid=2&seconds=1', Accept_Encoding=accepted)
                self.assertEqual((status, headers['Content-Encoding']), (200, None))
                self.assertIn(b'/srv/app.py', gzip.decompress(body))


def fetch(url, folder, *options):
    """pprof keeps what it has fetched in PPROF_TMPDIR."""
    viewers.require('go')
    return viewers.ask('go', 'tool', 'pprof', '-seconds', '1', *options, url, PPROF_TMPDIR=folder, HOME=folder,
                       GOCACHE=os.path.join(folder, 'cache'))


class Pages(unittest.TestCase):
    """In Chromium: nothing is refused by the pages' own policies, and no other place is asked."""

    def test_the_live_page_and_a_flame_graph(self):
        with made_fleet.Server() as server:
            seen = viewers.served_page(server.url('/'))
            self.assertEqual(seen['problems'], [])
            self.assertEqual(seen['rows'], 4)
            self.assertIn('checkout', seen['text'])
            self.assertIn('work (/srv/app.py:10)', seen['text'])
            self.assertNotEqual(seen['padding'], '0px')  # the style sheet is applied
            report = viewers.served_page(server.url('/profile?pid=1'))
            self.assertEqual(report['problems'], [])
            self.assertIn('python3 app.py · pid 42', report['text'])


if __name__ == '__main__':
    unittest.main()
