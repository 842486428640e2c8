"""The processes of this machine are found as they come: forks, execs, pids used again."""
import os
import shutil
import sys
import tempfile
import time
import unittest

import harness
import matrix
from discovery import Discovery, discovery

# A puppet without a version of its own: says that it has come up, and waits for its stdin to end.
WAITING = 'import sys; print("up", flush=True); sys.stdin.read()'


def setUpModule():
    harness.can_trace()


def start_time(pid):
    with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
        return int(file.read().rpartition(')')[2].split()[19])


def waiting(python, program=WAITING, **options):
    return harness.Process([*python.command, '-c', program], **options)


# argv: a pid, a command. Starts the command with that pid: clone3(2), `set_tid`.
WITH_PID = '''import ctypes, os, signal, struct, sys
pid = ctypes.c_int(int(sys.argv[1]))
clone_args = struct.pack("<11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(pid), 1, 0)
child = ctypes.CDLL(None, use_errno=True).syscall(435, clone_args, len(clone_args))
if child < 0: sys.exit(os.strerror(ctypes.get_errno()))
if child == 0: os.execv(sys.argv[2], sys.argv[2:])
os.waitpid(child, 0)'''


class Found(unittest.TestCase):
    def setUp(self):
        self.python = matrix.newest()

    def test_what_runs_already_is_told_at_the_first_scan(self):
        with waiting(self.python) as target:
            self.assertEqual(target.read_line(), 'up')
            time.sleep(0.35)  # of age
            with Discovery() as found:
                told = found.scan()
                self.assertEqual(told[target.pid][0], start_time(target.pid))
                self.assertNotIn(target.pid, found.scan())
                self.assertNotIn(found.pid, told)

    def test_a_shell_that_execs_python_is_told_as_python(self):
        with discovery() as found:
            command = ['sh', '-c', f'read line; exec {" ".join(self.python.command)} -c \'{WAITING}\'']
            with harness.Process(command) as target:
                for _ in range(20):
                    self.assertNotIn(target.pid, found.scan())
                target.write_line('go')
                self.assertEqual(target.read_line(), 'up')
                self.assertIn('python', found.scan_until(target.pid)[1])

    def test_each_worker_of_a_prefork_server_is_told(self):
        program = ('import os, sys\npids = []\n'
                   'for i in range(4):\n    pid = os.fork()\n    if not pid: sys.stdin.read(); os._exit(0)\n'
                   '    pids.append(pid)\nprint(*pids, flush=True); sys.stdin.read()')
        with discovery() as found, waiting(self.python, program) as target:
            workers = {int(pid) for pid in target.read_line().split()}
            told = {}
            deadline = time.monotonic() + harness.PATIENCE
            while not workers | {target.pid} <= told.keys() and time.monotonic() < deadline:
                told.update(found.scan())
                time.sleep(0.05)
            self.assertLessEqual(workers | {target.pid}, told.keys())
            self.assertEqual({told[pid][0] for pid in workers}, {start_time(pid) for pid in workers})

    def test_a_program_of_another_name_is_told(self):
        """By its symbols: neither its name nor what it has mapped tells."""
        with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
            renamed = os.path.join(folder, 'server')
            shutil.copy(matrix.debian().path, renamed)  # without a libpython
            with discovery() as found:
                environment = {**os.environ, 'PYTHONHOME': '/usr'}
                with harness.Process([renamed, '-S', '-c', WAITING], env=environment) as target:
                    self.assertEqual(target.read_line(), 'up')
                    with open(f'/proc/{target.pid}/maps', encoding='utf-8') as maps:
                        self.assertNotIn('python', maps.read())
                    self.assertEqual(found.scan_until(target.pid)[1], renamed)

    def test_what_is_no_python_is_not_told(self):
        with discovery() as found, harness.Process(['cat']) as target:
            time.sleep(0.35)
            for _ in range(40):
                self.assertNotIn(target.pid, found.scan())

    def test_a_pid_that_is_used_again_is_told_again(self):
        with discovery() as found, waiting(self.python) as first:
            before = found.scan_until(first.pid)[0]
            first.close()
            with harness.Process([sys.executable, '-c', WITH_PID, str(first.pid), *self.python.command, '-c', WAITING]) as second:
                self.assertEqual(second.read_line(), 'up')
                after = found.scan_until(first.pid)[0]
                self.assertNotEqual(before, after)
                self.assertEqual(after, start_time(first.pid))

    def test_one_that_could_not_be_attached_to_is_told_later(self):
        with discovery() as found, waiting(self.python) as target:
            found.scan_until(target.pid)
            self.assertNotIn(target.pid, found.scan())
            self.assertEqual(found.ask(f'reconsider {target.pid}'), 'done')
            self.assertIn(target.pid, found.scan())

    def test_the_version_is_known_without_a_sampler(self):
        with Discovery() as found, waiting(self.python) as target:
            self.assertEqual(target.read_line(), 'up')
            version = found.ask(f'version {target.pid}')
            self.assertTrue(version.startswith('%d.%d.' % self.python.version[:2]), version)
            self.assertIn('NOT_FOUND', found.ask('version 999999999'))


class Context(unittest.TestCase):
    """What a process publishes as OTEP 4719 says, from a memfd mapping that a real SDK would make."""

    PROGRAM = '''import ctypes, mmap, os, struct, sys
def field(number, data): return bytes([number << 3 | 2, len(data)]) + data
payload = field(1, field(1, field(1, b"service.name") + field(2, field(1, b"shop"))))
fd = os.memfd_create("OTEL_CTX")
os.ftruncate(fd, 4096)
area = mmap.mmap(fd, 4096)
keep = ctypes.create_string_buffer(payload, len(payload))
area[:32] = b"OTEL_CTX" + struct.pack("<IIQQ", 2, len(payload), 12345, ctypes.addressof(keep))
print("up", flush=True)
sys.stdin.read()'''

    def test_the_name_of_its_service_is_read(self):
        with Discovery() as found, waiting(matrix.newest(), self.PROGRAM) as target:
            self.assertEqual(target.read_line(), 'up')
            self.assertEqual(found.ask(f'otel {target.pid}'), 'shop')

    def test_there_is_none_in_others(self):
        with Discovery() as found, waiting(matrix.newest()) as target:
            self.assertEqual(target.read_line(), 'up')
            self.assertEqual(found.ask(f'otel {target.pid}'), '')


if __name__ == '__main__':
    unittest.main()
