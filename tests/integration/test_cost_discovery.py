"""What finding processes costs: among many that do nothing, and while thousands come and go."""
import select
import sys
import time
import unittest

import harness
import matrix
from discovery import Discovery

SHORT_LIVED = matrix.amount('SPYHOP_SHORT_LIVED', 2000, 20000)
IDLE = 500
SCANS = 100
# CPU of one scan among IDLE processes that do nothing, microseconds.
SCAN_BOUND = 300


def setUpModule():
    harness.can_trace()


def has_spoken(process):
    return bool(select.select([process.popen.stdout], [], [], 0)[0])


def figures(costs):
    return f'mean {sum(costs) / len(costs):.0f} us, median {sorted(costs)[len(costs) // 2]} us, most {max(costs)} us'


class Cost(unittest.TestCase):
    def test_thousands_that_end_at_once_cost_little(self):
        costs, known = [], []
        loop = f'i=0; while [ $i -lt {SHORT_LIVED} ]; do /bin/true; i=$((i+1)); done; echo done; read line'
        with Discovery() as found:
            found.scan()
            with harness.Process(['sh', '-c', loop]) as churn:
                begin = time.monotonic()
                while not has_spoken(churn):
                    found.scan()
                    costs.append(found.cpu)
                    known.append(found.known)
                    time.sleep(0.05)  # ten times as often as the daemon
                seconds = time.monotonic() - begin
                self.assertEqual(churn.read_line(), 'done')
        print(f'{SHORT_LIVED} processes in {seconds:.1f} s, {len(costs)} scans: {figures(costs)}; '
              f'known {min(known)} to {max(known)}', flush=True)
        self.assertLess(max(known) - min(known), 100)

    def test_a_scan_among_many_idle_processes_is_cheap(self):
        program = ('import os, signal, sys\n'
                   f'pids = [os.fork() or signal.pause() for i in range({IDLE})]\n'
                   'print("up", flush=True); sys.stdin.read()\n'
                   'for pid in pids: os.kill(pid, 9); os.waitpid(pid, 0)')
        with harness.Process([sys.executable, '-c', program]) as parent, Discovery() as found:
            self.assertEqual(parent.read_line(), 'up')
            time.sleep(0.35)  # of age
            told, first = len(found.scan()), found.cpu
            for _ in range(20):
                found.scan()  # until all that is no Python has been looked at for the last time
            costs = []
            for _ in range(SCANS):
                time.sleep(0.02)  # others get the caches, as they would
                found.scan()
                costs.append(found.cpu)
            parent.popen.stdin.close()
            parent.wait()
        print(f'{found.known} processes: first scan {first} us, {told} told; then {figures(costs)}', flush=True)
        self.assertGreaterEqual(told, IDLE)
        self.assertLess(sum(costs) / SCANS, SCAN_BOUND)


if __name__ == '__main__':
    unittest.main()
