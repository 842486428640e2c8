"""The daemon on real interpreters: workers that come and go, its own death, a full disk, reloads, budgets."""
import json
import math
import os
import signal
import subprocess
import tempfile
import time
import unittest

import daemon
import harness
import matrix
import proc
import spyhop

LOST_AT_MOST_S = 6.0  # by a SIGKILL: a block is 4 s, and half a second to find the process
NOBODY = 65534


def setUpModule():
    harness.can_trace()


class OfADaemon(unittest.TestCase):
    def setUp(self):
        self.python = matrix.newest()
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))

    def puppet(self, script, *arguments, **options):
        return self.enterContext(harness.Puppet(self.python, script, *arguments, **options))

    def daemon(self, script, **options):
        watch = {'command': f'*{script}*', 'rate': options.pop('rate', 100)}
        return self.enterContext(daemon.Daemon(self.folder, watch, **options))


class Life(OfADaemon):
    def test_every_worker_of_a_server_that_recycles_them_has_its_profile(self):
        watching = self.daemon('prefork.py')
        server = self.puppet('prefork.py', 2, 1.5)
        time.sleep(8)
        ended = {int(pid): lived for pid, lived in server.ask('ended').items()}
        self.assertGreaterEqual(len(ended), 6)
        watching.end()
        for pid in ended:
            profile = watching.profile(pid)
            self.assertGreater(profile['duration_s'], 0.3)
            functions = {frame['function'] for stack in profile['stacks'] for frame in stack['frames']}
            self.assertIn('handle_request', functions, f'worker {pid} of {ended}')
        self.assertIn(server.pid, {int(os.path.basename(os.path.dirname(path)).split('-')[0]) for path in watching.recordings()})

    def test_start_order_does_not_matter(self):
        before = self.puppet('ratio.py')
        watching = self.daemon('ratio.py')
        after = self.puppet('ratio.py')
        for puppet in (before, after):
            watching.await_recording(puppet.pid)
        watching.end()
        for puppet in (before, after):
            self.assertGreater(daemon.self_seconds(watching.profile(puppet.pid), 'larger'), 0.5)

    @unittest.skipIf(os.getuid() != 0, 'needs root, to be another user')
    def test_a_process_that_may_not_be_read_does_no_harm_to_the_others(self):
        self.python = matrix.debian()  # others are in folders of root's
        os.chmod(self.folder, 0o777)
        as_nobody = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']
        barred = self.puppet('ratio.py')
        open_to_it = self.puppet('ratio.py', prefix=as_nobody)
        watching = self.daemon('ratio.py', prefix=as_nobody)
        watching.await_recording(open_to_it.pid)
        watching.await_said(f'process {barred.pid} is not sampled: ')
        watching.end()
        self.assertEqual(watching.recordings(barred.pid), [])

    def test_a_killed_daemon_loses_seconds(self):
        puppet = self.puppet('ratio.py')
        watching = self.daemon('ratio.py', segment='60s')
        time.sleep(10)
        watching.signal(signal.SIGKILL)
        profile = watching.profile(puppet.pid)
        self.assertGreater(profile['duration_s'], 10 - LOST_AT_MOST_S)
        self.assertGreater(daemon.self_seconds(profile, 'larger'), 1)


class Configuration(OfADaemon):
    def test_a_wrong_reload_keeps_the_old_one_and_says_why(self):
        watching = self.daemon('ratio.py')
        watching.write('[daemon]\nhistry = /nowhere\n')
        watching.signal(signal.SIGHUP)
        watching.await_said('the old configuration stays')
        self.assertIn('histry', watching.running.said())
        puppet = self.puppet('ratio.py')
        watching.await_recording(puppet.pid)

    def test_a_reload_lets_go_of_what_is_not_named_any_more(self):
        puppet = self.puppet('ratio.py')
        watching = self.daemon('ratio.py')
        watching.await_recording(puppet.pid)
        watching.configure({'command': '*prefork.py*', 'rate': 50})
        watching.signal(signal.SIGHUP)
        watching.await_said('read again')
        other = self.puppet('prefork.py', 1, 60)
        watching.await_recording(other.pid)
        parts = watching.recordings(puppet.pid)
        watching.end()
        self.assertEqual(watching.recordings(puppet.pid), parts)

    def test_check_says_whether_the_file_is_right(self):
        path = os.path.join(self.folder, 'some.conf')
        for text, status in (('[watch a]\ncommand = *\n', spyhop.DONE), ('[watch a]\nrate = soon\n', spyhop.USAGE)):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            spyhop.run('daemon', '--config', path, '--check').expect(status)
        spyhop.run('daemon', '--config', self.folder + '/none').expect(spyhop.FAILED)

    def test_sigusr1_takes_a_snapshot_of_everything(self):
        puppets = [self.puppet('ratio.py') for _ in range(3)]
        watching = self.daemon('ratio.py')
        for puppet in puppets:
            watching.await_recording(puppet.pid)
        watching.signal(signal.SIGUSR1)
        watching.await_said('snapshots of 3 processes')
        names = os.listdir(watching.snapshots)
        self.assertEqual(len(names), 1)
        path = os.path.join(watching.snapshots, names[0])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        with open(path, encoding='utf-8') as file:
            text, documents = file.read(), []
        while text.strip():
            document, end = json.JSONDecoder().raw_decode(text.lstrip())
            documents.append(document)
            text = text.lstrip()[end:]
        self.assertEqual({document['target']['pid'] for document in documents}, {puppet.pid for puppet in puppets})


@unittest.skipIf(os.getuid() != 0, 'needs root, for a small file system')
class FullDisk(OfADaemon):
    def test_is_told_once_and_its_own_oldest_recordings_make_room(self):
        history = os.path.join(self.folder, 'small')
        os.mkdir(history)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', history], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', history], check=True)
        foreign = os.path.join(history, 'foreign')
        self.fill(foreign)
        puppet = self.puppet('ratio.py')
        watching = self.daemon('ratio.py', history=history)
        watching.await_said('the history cannot be written')
        old = os.path.join(history, '1-1', time.strftime('%Y%m%dT%H%M%S.000Z.spyhop', time.gmtime(time.time() - 60)))
        self.assertTrue(os.path.exists(foreign))
        os.truncate(foreign, 100 << 10)
        watching.await_said('the history is written again', 30)
        watching.end()
        os.mkdir(os.path.dirname(old))
        self.fill(old)
        with self.daemon('ratio.py', history=history) as again:
            proc.until(lambda: not os.path.exists(old), 20, 'the oldest recording goes')
            again.end()
            self.assertNotIn('cannot be written', again.running.said())
        self.assertEqual(watching.running.said().count('cannot be written'), 1)
        self.assertGreater(watching.profile(puppet.pid)['duration_s'], 1)

    @staticmethod
    def fill(path):
        with open(path, 'wb', buffering=0) as file:
            try:
                while file.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass


class Budget(OfADaemon):
    def test_weights_are_right_at_the_rate_that_the_budget_grants(self):
        puppet = self.puppet('ratio.py')
        watching = self.daemon('ratio.py', rate=1000, cpu_budget='0.6%')
        time.sleep(28)
        books = puppet.ask('books')
        watching.end()
        # At first the rate falls, so samples have very different weights, and most of them count for little.
        profile = watching.profile(puppet.pid, skip=1)
        larger, smaller = (daemon.self_seconds(profile, name) for name in ('larger', 'smaller'))
        share, truth = larger / (larger + smaller), books['larger'] / sum(books.values())
        running, queued = larger + smaller, sum(daemon.self_seconds(profile, name, ['runq_s']) for name in ('larger', 'smaller'))
        samples = profile['sampling']['samples'] / 2 * running / (running + queued)  # the main thread waits
        print(f'granted {profile["sampling"]["rate_hz"]:.1f} Hz of 1000; 3:1 is {share:.3f}, really {truth:.3f}, {samples:.0f} samples')
        self.assertLess(profile['sampling']['rate_hz'], 900)
        self.assertAlmostEqual(share, truth, delta=4 * math.sqrt(0.75 * 0.25 / samples) + 0.01)


if __name__ == '__main__':
    unittest.main()
