"""A real daemon on a real interpreter, asked by ctl and by HTTP."""
import gzip
import os
import socket
import tempfile
import unittest
import urllib.request

import daemon
import harness
import matrix
import proc
import spyhop


def setUpModule():
    harness.can_trace()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class ADaemonIsAsked(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.socket = os.path.join(folder, 'run', 'control.sock')
        self.http = f'127.0.0.1:{free_port()}'
        self.daemon = self.enterContext(
            daemon.Daemon(folder, {'command': '*ratio.py*', 'rate': 100}, control=self.socket, http=self.http))
        self.puppet = self.enterContext(harness.Puppet(matrix.newest(), 'ratio.py'))
        proc.until(lambda: self.puppet.pid in self.targets(), 20, 'the puppet to be watched')

    def ctl(self, *words, **options):
        return spyhop.run('ctl', *words, '--socket', self.socket, **options)

    def targets(self):
        return {each['pid']: each for each in self.ctl('status', '--json').expect(spyhop.DONE).json()['targets']}

    def get(self, path):
        with urllib.request.urlopen(f'http://{self.http}{path}', timeout=30) as reply:
            return reply.read()

    def test_status_snapshot_record_pause_and_http(self):
        pid = str(self.puppet.pid)
        self.assertEqual(os.stat(os.path.dirname(self.socket)).st_mode & 0o777, 0o755)
        self.assertIn(pid, self.ctl('status').expect(spyhop.DONE).out)
        snapshot = self.ctl('snapshot', pid, '--json').expect(spyhop.DONE).json()
        self.assertEqual(snapshot['target']['pid'], self.puppet.pid)
        record = self.ctl('record', pid, '--seconds', '2', '-f', 'json', '-o', '-').expect(spyhop.DONE).json()
        self.assertGreater(record['sampling']['samples'], 50)
        self.assertIn(b'\nspyhop_targets 1\n', self.get('/metrics'))
        self.assertEqual(self.get('/healthz'), b'ok\n')
        self.assertIn(b'ratio.py', self.get('/'))
        self.assertIn(b'ratio.py', gzip.decompress(self.get('/debug/pprof/profile?seconds=1')))
        self.ctl('pause', pid).expect(spyhop.DONE)
        self.assertTrue(self.targets()[self.puppet.pid]['paused'])
        self.ctl('resume').expect(spyhop.DONE)
        self.ctl('rate', '50').expect(spyhop.DONE)
        self.assertEqual(self.targets()[self.puppet.pid]['asked_hz'], 50)
        self.ctl('snapshot', '1').expect(spyhop.NO_PROCESS)
        self.daemon.end()
        self.assertFalse(os.path.exists(self.socket))
        self.ctl('status').expect(spyhop.FAILED)

    def test_a_reload_keeps_the_doors_or_moves_them(self):
        watch = {'command': '*ratio.py*', 'rate': 100}
        self.daemon.configure(watch, control=self.socket)
        self.reload('has been read again')
        with self.assertRaises(OSError):
            self.get('/healthz')
        self.assertIn(self.puppet.pid, self.targets())
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            self.daemon.configure(watch, control=self.socket, http=f'127.0.0.1:{taken.getsockname()[1]}')
            self.reload('the old configuration stays')
            self.assertIn(self.puppet.pid, self.targets())

    def reload(self, said):
        self.daemon.signal(1)
        self.daemon.await_said(said)


if __name__ == '__main__':
    unittest.main()
