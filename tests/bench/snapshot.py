"""What a snapshot costs: its wall and CPU time, and for how long the target was stopped. Prints a table, asserts nothing.

    tests/bench/snapshot.py [--runs N] [--threads N] [--hogs N] [--python NAME]

Other programs on PATH that show stacks (pystack, py-spy) are run in turn with spyhop, on the same process.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import time

import windows
from windows import harness, spyhop

DEPTH = 20


def commands(pid):
    """(name, command) of all that can show the stacks of a process."""
    own = [spyhop.BINARY, 'snapshot', '--json', '-p', str(pid)]
    found = [('spyhop', own), ('spyhop --pause never', [*own, '--pause', 'never']), ('spyhop --native', [*own, '--native'])]
    for name, command in (('pystack', ['pystack', 'remote']), ('pystack --native', ['pystack', 'remote', '--native']),
                          ('py-spy', ['py-spy', 'dump', '--pid']), ('py-spy --native', ['py-spy', 'dump', '--native', '--pid'])):
        if shutil.which(command[0]):
            found.append((name, [*command, str(pid)]))
    return found


def run(command):
    """(wall ms, CPU ms, stopped µs or None) of one run."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f'{" ".join(command)} ended with status {process.returncode}')
    stopped = json.loads(out)['stopped_us'] if command[0] == spyhop.BINARY else None
    return 1e3 * wall, 1e3 * (usage.ru_utime + usage.ru_stime), stopped


def cell(values):
    values = sorted(value for value in values if value is not None)
    return f'{statistics.median(values):.1f} ({values[-1]:.1f})' if values else '-'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--runs', type=int, default=15)
    parser.add_argument('--threads', type=int, default=100, help='one of them is busy, the others wait')
    parser.add_argument('--hogs', type=int, default=0, help='so many processes that take all the CPU they get')
    parser.add_argument('--python', help='an interpreter by name, as interpreters.py --list has it')
    options = parser.parse_args()
    python = windows.begin(options.python)
    with (harness.hogs(options.hogs),
          harness.Puppet(python, 'worker.py', 1, DEPTH, options.threads - 2) as puppet):
        figures = {name: [] for name, _ in commands(puppet.pid)}
        for _ in range(options.runs):
            for name, command in commands(puppet.pid):
                figures[name].append(run(command))
    rows = [(name, *map(cell, zip(*taken))) for name, taken in figures.items()]
    beside = f' beside {options.hogs} hogs' if options.hogs else ''
    windows.table(f'A snapshot of {options.threads} threads{beside}, median (most) of {options.runs} runs in turn',
                  ('program', 'wall ms', 'CPU ms', 'stopped µs'), rows)


if __name__ == '__main__':
    main()
