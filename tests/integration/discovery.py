"""Drives sampler/discovery.h by tests/discovery/discover.cc."""
import contextlib
import os
import time

import harness
import spyhop

DISCOVER = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'discover')


class Discovery(harness.Process):
    """The driver; its clock is the test's, half a second from scan to scan, unless the test waits."""

    def __init__(self):
        super().__init__([DISCOVER])
        self.now = 0
        self.cpu = 0
        self.known = 0

    def ask(self, command):
        self.write_line(command)
        return self.read_line()

    def scan(self):
        """{pid: (start time, executable)} of what is told now."""
        self.now += 500
        cpu, known, *told = self.ask(f'scan {self.now}').split(' ')
        self.cpu, self.known = int(cpu), int(known)
        split = [each.split(':', 2) for each in told]
        return {int(pid): (int(start), executable) for pid, start, executable in split}

    def scan_until(self, pid):
        """Scans until that process is told: (start time, executable). It must have come of age, which takes real time."""
        deadline = time.monotonic() + harness.PATIENCE
        while time.monotonic() < deadline:
            told = self.scan()
            if pid in told:
                return told[pid]
            time.sleep(0.05)
        raise AssertionError(f'process {pid} was not told in {self.now / 500:.0f} scans')


@contextlib.contextmanager
def discovery():
    """Past the first scan, which tells what there was."""
    with Discovery() as found:
        found.scan()
        yield found
