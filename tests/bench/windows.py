"""What the benchmarks share: a target, its throughput in alternating windows, and a profiler running beside it."""
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))

import harness  # noqa: E402
import interpreters  # noqa: E402
import spyhop  # noqa: E402

SETTLE_S = 0.4


class Profiler:
    """A profiler's command line for a pid and a rate; `start` runs it until stopped."""

    def __init__(self, name, command, rate_limit=None):
        self.name, self.command, self.rate_limit = name, command, rate_limit

    def start(self, pid, rate, folder):
        output = os.path.join(folder, 'output')
        arguments = [word.format(pid=pid, rate=rate, period_us=max(1, 1000000 // rate), output=output)
                     for word in self.command]
        return subprocess.Popen([*harness.LEASH, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)


def stop(process):
    """Ends a profiler as a user does; by force when that does not end it in time."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        harness.kill_group(process)


def newest_stable():
    """The interpreter that every peer knows: the newest 3.11 to 3.13 outside a chroot."""
    fitting = [each for each in interpreters.discover() if not each.root and (3, 11) <= each.minor <= (3, 13)]
    return fitting[-1] if fitting else interpreters.discover()[-1]


def begin(name):
    """The interpreter of that name, else the newest stable one; says which, and on what machine."""
    python = next(each for each in interpreters.discover() if each.matches(name)) if name else newest_stable()
    print(f'{python.name}, kernel {platform.release()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.2f}, '
          f'{time.strftime("%Y-%m-%d")}')
    return python


def peers(python):
    """Spyhop in its modes, and the others that are on PATH."""
    own = [spyhop.BINARY, 'attach', '-p', '{pid}', '-r', '{rate}', '-q', '-f', 'json', '-o', '{output}']
    found = [Profiler('spyhop', own), Profiler('spyhop --pause=never', [*own, '--pause=never']),
             Profiler('spyhop --native', [*own, '--native'])]
    if shutil.which('perf'):
        found.append(Profiler('perf record', ['perf', 'record', '-e', 'cpu-clock', '-F', '{rate}', '--call-graph', 'dwarf,8192',
                                              '-p', '{pid}', '-o', '{output}']))
    if shutil.which('py-spy'):
        found.append(Profiler('py-spy', ['py-spy', 'record', '-p', '{pid}', '-r', '{rate}', '-f', 'raw', '-o', '{output}',
                                         '-d', '3600']))
    if shutil.which('austin'):
        found.append(Profiler('austin', ['austin', '-p', '{pid}', '-i', '{period_us}', '-o', '{output}']))
    if shutil.which('python3.15') and python.minor == (3, 15):
        found.append(Profiler('profiling.sampling', ['python3.15', '-m', 'profiling.sampling', 'attach', '{pid}', '-r',
                                                     '{rate}', '--collapsed', '-o', '{output}', '-d', '3600', '-a']))
    return found


def rate_of(puppet, seconds):
    """Turns a second of the busy thread in one window."""
    before, start = puppet.ask('count'), time.perf_counter()
    time.sleep(seconds)
    after = puppet.ask('count')
    return (after - before) / (time.perf_counter() - start)


def alternate(puppet, profiler, rate, windows, seconds):
    """The medians (alone, attached) of the busy thread's turns a second, windows taken in turn."""
    alone, attached = [], []
    with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
        for _ in range(windows):
            alone.append(rate_of(puppet, seconds))
            process = profiler.start(puppet.pid, rate, folder)
            time.sleep(SETTLE_S)
            attached.append(rate_of(puppet, seconds))
            ended = process.poll() is not None
            stop(process)
            if ended:
                raise RuntimeError(f'{profiler.name} ended by itself with status {process.returncode}')
            time.sleep(SETTLE_S / 4)
    return statistics.median(alone), statistics.median(attached)


def table(title, columns, rows):
    """Prints one table; the first column is text."""
    print(f'\n{title}')
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, *rows]:
        cells = [str(cell).ljust(width) if not i else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print('  ' + '  '.join(cells).rstrip())
