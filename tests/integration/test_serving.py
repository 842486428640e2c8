"""The daemon's control socket and HTTP: what they answer, whom, and what hostile clients can do to them."""
import grp
import json
import os
import re
import resource
import socket
import stat
import tempfile
import time
import unittest

import made_fleet
import proc
import spyhop

NOBODY = 65534
# By hand: SPYHOP_CONNECTIONS=10000.
CONNECTIONS = int(os.environ.get('SPYHOP_CONNECTIONS', 2000))
HOSTILE = 3  # the pid of the process with bad names


class Control(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(made_fleet.Server())

    def test_status_is_a_table_and_json(self):
        head, table = self.server.ask(op='status')
        self.assertEqual(head, {'v': 1, 'ok': True, 'bytes': len(table)})
        self.assertIn(b'3 targets watched', table)
        self.assertNotIn(b'\x1b', table)
        head, document = self.server.ask(op='status', format='json')
        status = json.loads(document)
        self.assertEqual(status['schema'], 'spyhop.status/1')
        self.assertEqual([target['pid'] for target in status['targets']], [1, 2, 3])

    def test_what_is_wrong_is_told(self):
        for line, code in ((b'garbage\n', 'bad-request'), (b'\n', 'bad-request'), (b'{"v":1}\n', 'bad-request'),
                           (b'{"v":7,"op":"status"}\n', 'bad-request'), (b'\x00\xff\n', 'bad-request'),
                           (b'{"v":1,"op":"snapshot","pid":99}\n', 'not-found'),
                           (b'{"v":1,"op":"record","pid":99,"seconds":1}\n', 'not-found'),
                           (b'x' * 4097, 'bad-request'), (b'x' * 4096 + b'\n', 'bad-request')):
            with self.subTest(line[:40]):
                head, document = self.server.say(line)
                self.assertFalse(head['ok'])
                self.assertEqual(head['code'], code)
                self.assertTrue(head['error'])
                self.assertEqual(document, b'')

    def test_the_socket_is_for_its_owner_and_group(self):
        mode = os.stat(self.server.control)
        self.assertTrue(stat.S_ISSOCK(mode.st_mode))
        self.assertEqual(stat.S_IMODE(mode.st_mode), 0o660)

    def test_a_slow_client_is_cut_off_and_others_are_served(self):
        with self.server.connect_control() as slow:
            slow.sendall(b'{"v":1,')
            began = time.monotonic()
            self.assertTrue(self.server.ask(op='status')[0]['ok'])
            self.assertLess(time.monotonic() - began, 2)
            head, _ = made_fleet.split(made_fleet.read_all(slow))
            self.assertEqual(head['code'], 'too-slow')
            self.assertLess(time.monotonic() - began, 8)

    def test_records_at_a_time_are_bounded(self):
        waiting = [self.server.connect_control() for _ in range(17)]
        for connection in waiting:
            connection.sendall(b'{"v":1,"op":"record","pid":1,"seconds":2,"format":"json"}\n')
        codes = [made_fleet.split(made_fleet.read_all(each))[0].get('code', 'ok') for each in waiting]
        for connection in waiting:
            connection.close()
        self.assertEqual(sorted(codes), ['busy'] + ['ok'] * 16)


class Ctl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = made_fleet.Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_status(self):
        table = self.server.ctl('status').expect(0).out
        self.assertIn('checkout', table)
        self.assertNotIn('\x1b', table)
        self.assertEqual(len(self.server.ctl('status', '--json').expect(0).json()['targets']), 3)

    def test_snapshot(self):
        self.assertIn('MainThread', self.server.ctl('snapshot', '1').expect(0).out)
        self.assertEqual(self.server.ctl('snapshot', '1', '--json').expect(0).json()['schema'], 'spyhop.snapshot/1')

    def test_record_is_shown_and_written_in_any_format(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {name: os.path.join(folder, name) for name in ('p.spyhop', 'p.json', 'p.pb.gz', 'p.html')}
            outputs = [word for path in files.values() for word in ('-o', path)]
            run = self.server.ctl('record', '1', '--seconds', '1', *outputs).expect(0)
            self.assertIn('/srv/app.py:10', run.out)
            self.assertIn('wrote', run.err)
            with open(files['p.json'], encoding='utf-8') as file:
                direct = json.load(file)
            again = spyhop.run('report', files['p.spyhop'], '-f', 'json', '-o', '-').expect(0).json()
            self.assertEqual(again['threads'], direct['threads'])
            self.assertEqual(again['lines'], direct['lines'])
            self.assertTrue(os.path.getsize(files['p.pb.gz']) and os.path.getsize(files['p.html']))

    def test_pause_resume_and_rate(self):
        def targets():
            return {t['pid']: t for t in self.server.ctl('status', '--json').expect(0).json()['targets']}
        self.assertEqual(self.server.ctl('pause', '1').expect(0).out, '')
        self.assertEqual([targets()[pid]['paused'] for pid in (1, 2)], [True, False])
        self.server.ctl('resume').expect(0)
        self.server.ctl('rate', '50', '2').expect(0)
        self.assertEqual([(targets()[pid]['paused'], targets()[pid]['asked_hz']) for pid in (1, 2)],
                         [(False, 20), (False, 50)])

    def test_errors_say_what_to_do(self):
        self.assertIn('99', self.server.ctl('snapshot', '99').expect(spyhop.NO_PROCESS).err)
        for words, text in (((), 'status snapshot record'), (('stats',), "did you mean 'status'"),
                            (('record', '1'), '--seconds'), (('record', '1', '--seconds', '0.1'), '1 s to 1 h'),
                            (('snapshot',), 'which process'), (('rate',), 'which rate'), (('rate', '0'), 'rate'),
                            (('pause', '1', '2'), "unexpected '2'"), (('status', '--seconds', '3'), 'for record')):
            with self.subTest(words):
                self.assertIn(text, self.server.ctl(*words).expect(spyhop.USAGE).err)
        with tempfile.TemporaryDirectory() as folder:
            gone = spyhop.run('ctl', 'status', '--socket', os.path.join(folder, 'none')).expect(spyhop.FAILED).err
        self.assertIn('is it running? `systemctl start spyhop`', gone)


class Doors(unittest.TestCase):
    def refused(self, **options):
        server = made_fleet.Server(**options)
        self.assertEqual(server.close(), 1, server.said)
        return server.said

    def test_a_live_daemons_socket_stays_a_dead_ones_is_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.sock')
            with made_fleet.Server(control=path) as first:
                self.assertIn('another daemon answers', self.refused(control=path))
                self.assertTrue(first.ask(op='status')[0]['ok'])
            self.assertFalse(os.path.exists(path))
            dead = socket.socket(socket.AF_UNIX)
            dead.bind(path)
            dead.close()
            with made_fleet.Server(control=path) as second:
                self.assertTrue(second.ask(op='status')[0]['ok'])
            with open(path, 'w', encoding='ascii'):
                self.assertIn('is no socket', self.refused(control=path))

    def test_what_is_not_safe_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            self.assertIn('others may write', self.refused(control=os.path.join(folder, 'a.sock')))
        self.assertIn('token is needed', self.refused(http='0.0.0.0:0'))
        self.assertIn('fewer than 16', self.refused(http='0.0.0.0:0', token='short'))
        self.assertIn('no address', self.refused(http='nonsense'))
        self.assertIn('no group', self.refused(group='no-such-group'))
        with made_fleet.Server() as server:
            self.assertIn('another port', self.refused(http=server.address))

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become another user')
    def test_another_user_is_refused_and_a_member_of_the_group_is_not(self):
        group = next(each for each in grp.getgrall() if each.gr_gid not in (0, NOBODY))
        with made_fleet.Server(group=group.gr_name) as server:
            self.assertEqual(os.stat(server.control).st_gid, group.gr_gid)
            self.assertEqual(in_child(NOBODY, [], server.control), 'EACCES')
            self.assertEqual(in_child(NOBODY, [group.gr_gid], server.control), 'ok')
            os.chmod(server.control, 0o666)
            self.assertEqual(in_child(NOBODY, [], server.control), 'not-permitted')
            self.assertTrue(server.ask(op='status')[0]['ok'])


def in_child(user, groups, path):
    """What a client of that user gets: a code, "ok" or the error of connect(2)."""
    to_read, to_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(groups)
            os.setgid(user)
            os.setuid(user)
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(20)
            connection.connect(path)
            try:
                connection.sendall(b'{"v":1,"op":"status"}\n')
            except OSError:
                pass
            head, _ = made_fleet.split(made_fleet.read_all(connection))
            os.write(to_write, head.get('code', 'ok').encode())
        except PermissionError:
            os.write(to_write, b'EACCES')
        finally:
            os._exit(0)
    os.close(to_write)
    os.waitpid(child, 0)
    with os.fdopen(to_read, 'rb') as said:
        return said.read().decode()


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = made_fleet.Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_pages(self):
        for path, kind, text in (('/', 'text/html; charset=utf-8', b'3 processes watched'),
                                 ('/style.css', 'text/css; charset=utf-8', b'table'),
                                 ('/profile?pid=1', 'text/html; charset=utf-8', b'work'),
                                 ('/metrics', 'text/plain; version=0.0.4; charset=utf-8', b'spyhop_targets 3'),
                                 ('/healthz', 'text/plain; charset=utf-8', b'ok'),
                                 ('/debug/pprof/', 'text/html; charset=utf-8', b'seconds=10')):
            with self.subTest(path):
                status, headers, body = self.server.get(path)
                self.assertEqual((status, headers['Content-Type']), (200, kind))
                self.assertIn(text, body)
                self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
                if 'html' in kind:
                    self.assertIn("frame-ancestors 'none'", headers['Content-Security-Policy'])
                self.assertEqual(self.server.get(path, method='HEAD')[2], b'')

    def test_names_of_targets_are_no_markup(self):
        page = self.server.get('/')[2]
        self.assertIn(b'&lt;script&gt;alert', page)
        self.assertNotIn(b'<script', page)
        self.assertNotIn(b'http://', page.replace(b'http://HOST', b''))

    def test_a_profile_is_gzipped_pprof(self):
        status, headers, body = self.server.get('/debug/pprof/profile?pid=1&seconds=1')
        self.assertEqual((status, headers['Content-Type'], body[:2]), (200, 'application/octet-stream', b'\x1f\x8b'))

    def test_what_is_wrong_is_told(self):
        for path, status, text in (('/nothing', 404, b'/metrics'), ('/debug/pprof/profile', 400, b'\n  2  '),
                                   ('/debug/pprof/profile?pid=99&seconds=1', 404, b'not watched'),
                                   ('/debug/pprof/profile?pid=x', 400, b'number'),
                                   ('/debug/pprof/profile?pid=1&seconds=0', 400, b'1 to 600'),
                                   ('/debug/pprof/profile?pid=1&seconds=nan', 400, b'1 to 600'),
                                   ('/profile?pid=99', 404, b'no sample')):
            with self.subTest(path):
                got, _, body = self.server.get(path)
                self.assertEqual(got, status)
                self.assertIn(text, body)
        status, headers, _ = self.server.get('/', method='POST')
        self.assertEqual((status, headers['Allow']), (405, 'GET, HEAD'))
        self.assertEqual(self.server.get('/', Host='evil.example')[0], 403)

    def test_garbage_and_oversized_requests_are_refused(self):
        for sent, status in ((b'\x16\x03\x01\x02\x00\r\n\r\n', b'400'), (b'GET / HTTP/1.1\r\nA: ' + b'x' * 9000, b'431'),
                             (b'\x00' * 20000, b'431'), (b'GET / HTTP/1.1\r\n\r\n', b'403')):
            with self.subTest(sent[:20]), self.server.connect_http() as connection:
                connection.sendall(sent)
                self.assertTrue(made_fleet.read_all(connection).startswith(b'HTTP/1.1 ' + status))
        self.assertEqual(self.server.get('/healthz')[0], 200)

    def test_one_process_needs_no_pid_and_none_is_told(self):
        with made_fleet.Server(targets=1) as one:
            self.assertEqual(one.get('/debug/pprof/profile?seconds=1')[0], 200)
        with made_fleet.Server(targets=0) as none:
            self.assertEqual(none.get('/debug/pprof/profile?seconds=1')[0], 404)
            self.assertEqual(none.get('/')[0], 200)
            self.assertEqual(none.get('/healthz')[0], 200)

    def test_the_token_is_demanded_of_everybody(self):
        with made_fleet.Server(http='0.0.0.0:0', token=made_fleet.TOKEN) as server:
            for path in ('/', '/metrics', '/healthz', '/style.css', '/debug/pprof/profile?pid=1', '/nothing'):
                status, headers, body = server.get(path)
                self.assertEqual(status, 401, path)
                self.assertTrue(headers['WWW-Authenticate'])
                self.assertNotIn(b'checkout', body)
            for given in ('Bearer x', made_fleet.basic('x'), f'Bearer {made_fleet.TOKEN}x'):
                self.assertEqual(server.get('/metrics', Authorization=given)[0], 401)
            for given in (f'Bearer {made_fleet.TOKEN}', made_fleet.basic(made_fleet.TOKEN)):
                self.assertEqual(server.get('/metrics', Authorization=given)[0], 200)

    def test_a_slow_reader_is_cut_off(self):
        with made_fleet.Server(targets=2000) as server, server.connect_control() as slow:
            slow.sendall(b'{"v":1,"op":"status","format":"json"}\n')  # more than the socket takes
            refused = b'spyhop_connections_refused_total{server="control"} '
            self.assertIn(refused + b'0\n', server.get('/metrics')[2])
            proc.until(lambda: refused + b'1\n' in server.get('/metrics')[2], 20, 'the slow reader to be cut off')


class ManyConnections(unittest.TestCase):
    """Whoever holds connections open does not keep the others from being served."""

    def test_others_are_served_meanwhile(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, CONNECTIONS + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with made_fleet.Server() as server:
            before = server.resident_kib()
            for connect, line in ((server.connect_http, b'GET / HTTP/1.1\r\n'), (server.connect_control, b'{"v":1,')):
                held, slowest = [], 0
                for i in range(CONNECTIONS):
                    held.append(connect())
                    try:
                        held[-1].sendall(line)
                    except ConnectionError:
                        pass
                    if i % 100 == 99:
                        began = time.monotonic()
                        self.assertEqual(server.get('/healthz')[0], 200)
                        self.assertTrue(server.ask(op='status')[0]['ok'])
                        slowest = max(slowest, time.monotonic() - began)
                metrics = server.get('/metrics')[2].decode()
                door = 'http' if connect == server.connect_http else 'control'
                refused = re.search(rf'spyhop_connections_refused_total{{server="{door}"}} (\d+)', metrics)
                self.assertGreaterEqual(int(refused.group(1)), CONNECTIONS - 64)
                for each in held:
                    each.close()
                kib = server.resident_kib()
                print(f'{CONNECTIONS} held: two requests took at most {slowest * 1000:.0f} ms; '
                      f'{before} KiB before, {kib} KiB now', flush=True)
                self.assertLess(slowest, 2)
                self.assertLess(kib, before + 16 * 1024)
            self.assertRegex(metrics, r'spyhop_connections\{server="control"\} (\d|[1-5]\d|6[0-4])\n')


if __name__ == '__main__':
    unittest.main()
