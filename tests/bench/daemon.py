"""What the daemon costs: its CPU share and memory with N Python processes, over some seconds; and how a budget is kept.

    tests/bench/daemon.py [--targets N] [--seconds S] [--rate HZ] [--busy SECONDS] [--budget PERCENT] [--python NAME]

Each target has two threads: one that sleeps, and one that wakes up ten times a second and works for --busy seconds.
"""
import argparse
import contextlib
import os
import tempfile
import time

import windows
from windows import harness

import daemon  # noqa: E402  (windows has made the folder known)
import proc  # noqa: E402

SCRIPT = '''
import select, sys, threading, time
threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
busy = float(sys.argv[1])
while True:
    select.select([], [], [], 0.1 if busy else 1e6)
    end = time.perf_counter() + busy
    while time.perf_counter() < end:
        pass
'''


def resident_mib(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS:')) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--targets', type=int, default=100)
    parser.add_argument('--seconds', type=float, default=30)
    parser.add_argument('--settle', type=float, default=5, help='before it is measured')
    parser.add_argument('--rate', type=float, default=20)
    parser.add_argument('--busy', type=float, default=0)
    parser.add_argument('--budget', type=float, default=0, help='CPU, per cent of a core; 0: none')
    parser.add_argument('--python', help='an interpreter by name, as interpreters.py --list has it')
    options = parser.parse_args()
    python = windows.begin(options.python)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix='spyhop-'))
        script = os.path.join(folder, 'bench_target.py')
        with open(script, 'w', encoding='ascii') as file:
            file.write(SCRIPT)
        for _ in range(options.targets):
            stack.enter_context(harness.Process([*python.command, script, str(options.busy)]))
        time.sleep(3)
        watching = stack.enter_context(daemon.Daemon(
            folder, {'command': '*bench_target.py*', 'rate': options.rate}, segment='60s', cpu_budget=f'{options.budget}%'))
        time.sleep(options.settle)
        before, begin = proc.cpu_seconds(watching.pid()), time.monotonic()
        print(f'beginning to watch {options.targets} processes: {before:.2f} s of CPU time in {options.settle:.0f} s')
        time.sleep(options.seconds)
        share = (proc.cpu_seconds(watching.pid()) - before) / (time.monotonic() - begin)
        print(f'{100 * share:.2f} % of a core over {options.seconds:.0f} s at {options.rate:g} Hz asked, '
              f'{resident_mib(watching.pid()):.0f} MiB; load {os.getloadavg()[0]:.1f}')


if __name__ == '__main__':
    main()
