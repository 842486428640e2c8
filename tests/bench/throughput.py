"""What watching costs: the target's speed, the highest rate, spyhop's own CPU and memory. Prints tables, asserts nothing.

The last one is what a stop alone costs on this machine.

    tests/bench/throughput.py [--windows N] [--seconds S] [--python NAME] [--long SECONDS]

Other profilers on PATH (py-spy, austin, Python 3.15's own) are measured the same way, in the same minutes.
"""
import argparse
import json
import os
import subprocess
import tempfile

import windows
from windows import harness, spyhop

# Busy threads, sleeping ones, Hz, processes beside that take all the CPU they get.
SLOWDOWN = [(1, 0, 100, 0), (1, 150, 100, 0), (1, 50, 1000, 0), (4, 0, 1000, 0), (1, 0, 100, 4), (1, 0, 400, 4)]
DEPTH = 20
ASKED_RATES = [1000, 15000, 1000000]


def slowdown(python, options):
    """Busy thread and N sleepers: throughput attached over throughput alone."""
    rows = []
    for busy, sleepers, rate, hogs in SLOWDOWN:
        for profiler in windows.peers(python):
            with harness.Puppet(python, 'worker.py', busy, DEPTH, sleepers) as puppet, harness.hogs(hogs):
                try:
                    alone, attached = windows.alternate(puppet, profiler, rate, options.windows, options.seconds)
                    rows.append((profiler.name, busy, sleepers, hogs, rate, f'{alone / 1e6:.2f}', f'{attached / 1e6:.2f}',
                                 f'{attached / alone:.3f}'))
                except RuntimeError as error:
                    rows.append((profiler.name, busy, sleepers, hogs, rate, '-', '-', str(error)))
    windows.table(f"The target's speed, million turns a second, medians of {options.windows} windows of {options.seconds} s",
                  ('profiler', 'busy', 'sleepers', 'beside', 'Hz', 'alone', 'attached', 'ratio'), rows)


def highest_rate(python, options):
    """How many samples a second it gives when asked for more than it can, the profile intact."""
    rows = []
    with harness.Puppet(python, 'worker.py', 1, DEPTH, 0) as puppet:
        for mode in ('auto', 'never'):
            for rate in ASKED_RATES:
                sampling = spyhop.attach(puppet.pid, rate, options.seconds, f'--pause={mode}')['sampling']
                stops = sampling['stops']
                rows.append((mode, rate, f'{sampling["achieved_hz"]:.0f}', sampling['samples'],
                             sum(sampling['lost'].values()), sum(sampling['truncated'].values()),
                             f'{stops["median_us"]:.1f}', f'{stops["p99_us"]:.1f}', f'{100 * stops["share"]:.2f} %'))
    windows.table(f'The highest rate, one busy thread at depth {DEPTH}',
                  ('--pause', 'asked Hz', 'got Hz', 'samples', 'lost', 'truncated', 'stop µs', 'p99 µs', 'stopped'), rows)


def own_cost(python, options):
    """CPU and peak memory of spyhop itself, by its own account and the kernel's."""
    rows = []
    seconds = options.long
    for sleepers, more in ((0, []), (150, []), (0, ['--native']), (150, ['--native'])):
        with harness.Puppet(python, 'worker.py', 1, DEPTH, sleepers) as puppet:
            with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
                path = os.path.join(folder, 'profile.json')
                with spyhop.Running('attach', '-p', puppet.pid, '-r', 100, '-d', seconds, '-o', path, '-q',
                                    *more) as running:
                    _, status, usage = os.wait4(running.pid, 0)
                    running.popen.returncode = os.waitstatus_to_exitcode(status)
                sampling = spyhop.load(path)['sampling']
        kernel = usage.ru_utime + usage.ru_stime
        rows.append((' '.join([f'100 Hz, 1 busy, {sleepers} sleepers, {seconds:g} s', *more]), f'{100 * kernel / seconds:.2f} %',
                     f'{100 * sampling["own_cpu_s"] / seconds:.2f} %', f'{usage.ru_maxrss / 1024:.1f}',
                     f'{sampling["own_peak_rss_bytes"] / 2**20:.1f}', f'{sampling["achieved_hz"]:.1f}'))
    windows.table('Own cost: share of a core and peak MB, by the kernel and by its own account',
                  ('run', 'CPU', 'own CPU', 'peak MB', 'own MB', 'got Hz'), rows)


def floor():
    """What a process takes that only sleeps, or only stops a thread, reads 1 KiB and lets it go: stop_bench.cc."""
    program = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'stop_bench')
    if not os.access(program, os.X_OK):
        return print(f'\n(no {program}: built where Google Benchmark is installed)')
    done = subprocess.run([program, '--benchmark_format=json'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = [(each['name'], f'{100 * each["cpu_share"]:.2f} %', f'{each["cpu_us"]:.0f}',
             f'{each["stop_us"]:.1f}' if 'stop_us' in each else '-', f'{each["stop_p99_us"]:.1f}' if 'stop_p99_us' in each else '-')
            for each in json.loads(done.stdout)['benchmarks']]
    windows.table('The floor, in the same minutes', ('what/Hz', 'CPU', 'CPU µs', 'stop µs', 'p99 µs'), rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--windows', type=int, default=7, help='windows with and without each profiler')
    parser.add_argument('--seconds', type=float, default=1.0, help='length of a window')
    parser.add_argument('--long', type=float, default=10.0, help='seconds of the own-cost runs')
    parser.add_argument('--python', help='an interpreter by name, as interpreters.py --list has it')
    options = parser.parse_args()
    python = windows.begin(options.python)
    slowdown(python, options)
    highest_rate(python, options)
    own_cost(python, options)
    floor()


if __name__ == '__main__':
    main()
