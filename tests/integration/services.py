"""Starts a service under load and tells what its threads waited for, as strace saw it: what test_timing_services.py compares with.

strace and spyhop look one after the other, since a thread has one tracer: the load repeats itself, so the shares do, too.
strace slows each call down by some 50 us, which shifts shares; calls shorter than SHORTEST did not wait but were looked at,
those about memory and cached files, and sends of a few bytes over loopback, work in the kernel.
"""
import collections
import contextlib
import json
import os
import re
import socket
import tempfile
import time

import harness
import interpreters
import proc

SECONDS = 3.0
SHORTEST = 0.0003
# Shares, of a thread's blocked or observed time, between the two windows.
TOLERANCE = 0.15
# What holds MUCH of a thread's blocked time in one window holds at least LITTLE of it in the other.
MUCH, LITTLE = 0.05, 0.01
LINE = re.compile(r'^(\d+) +(\d+\.\d+) (?:<\.\.\. )?(\w+)(\(| resumed>)(.*)$')
RESTARTED = re.compile(r'<\.\.\. resuming interrupted (\w+)')
WORK = re.compile(r'(mmap|munmap|brk|madvise|sendto)\(|(read|write|lseek|close)\(\d+</')
TOOK = re.compile(r'<(\d+\.\d+)>$')
# The words of reasons which are no system call's own: docs/waits.md.
CALLS = {'sleep': 'clock_nanosleep', 'recv': 'recvfrom', 'child': 'wait4', 'any': 'wait4', 'accept': 'accept4'}
SAME = {'recvmsg': 'recvfrom', 'read': 'read', 'pselect6': 'select', 'newfstatat': 'stat', 'waitid': 'wait4'}
OWN_NAMES = {'recvfrom', 'clock_nanosleep', 'wait4', 'accept4', 'epoll_wait', 'select', 'poll', 'read', 'write', 'flock',
             'fsync', 'open', 'connect', 'send', 'vfork', 'clone'}
PYTHON, MINOR = '/usr/bin/python3', (3, 11)


class Service:
    """A service's process, its books, its client. `pid` is the one that does the work."""

    def __init__(self, arguments, clients=0, **env):
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(tempfile.TemporaryDirectory(prefix='spyhop-'))
            self.tell_path = os.path.join(self.folder, 'tell')
            telling = stack.enter_context(socket.socket(socket.AF_UNIX))
            telling.bind(self.tell_path)
            telling.listen()
            listening = stack.enter_context(socket.create_server(('127.0.0.1', 0)))
            self.client = stack.enter_context(client_puppet())
            self.backend_port = self.client.ask('port')
            fds = (telling.fileno(), listening.fileno())
            variables = {'TELL_FD': fds[0], 'LISTEN_FD': fds[1], 'BACKEND_PORT': self.backend_port,
                         'PYTHONPATH': harness.PUPPETS, 'OPENBLAS_NUM_THREADS': 1, **env}
            words = [word.replace('LISTEN_FD', str(fds[1])) for word in arguments]
            self.process = stack.enter_context(harness.Process(
                [PYTHON, '-B', *words], cwd=self.folder, pass_fds=fds, stdout=harness.subprocess.DEVNULL,
                env=interpreters.environment(**{name: str(value) for name, value in variables.items()})))
            self.pid = self.books(0, 0)['pid']
            self.port = listening.getsockname()[1]
            self.stack = stack.pop_all()

    def books(self, start, end):
        return self.ask(f'{start:.9f} {end:.9f}')

    def ask(self, command):
        """Waits until the service answers, which it does once it is up."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(harness.PATIENCE)
            connection.connect(self.tell_path)
            connection.sendall(command.encode())
            with connection.makefile() as file:
                try:
                    return json.loads(file.readline())
                except OSError as error:
                    raise AssertionError(f'no answer: {error}; {self.process.written_errors()[-4000:]}') from error

    def load(self, clients):
        self.client.ask(f'load {self.port} {clients}')

    def until_at_work(self, threads):
        """Past its first pieces: so many threads have booked some."""
        def at_work():
            entries = self.books(0, time.monotonic())['entries']
            booked = [sum(sums[4] for sums in each['labels'].values()) for each in entries]
            return len([pieces for pieces in booked if pieces > 20]) >= threads
        proc.until(at_work, harness.PATIENCE, 'the service works')

    def close(self):
        self.stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def client_puppet():
    python = next(each for each in interpreters.every() if each.path == '/usr/bin/python3.11')
    return harness.Puppet(python, 'service_client.py')


class Waits:
    """Seconds blocked per thread and call."""

    def __init__(self):
        self.seconds = collections.defaultdict(collections.Counter)
        self.window = 0.0
        self.queued = collections.Counter()

    def of(self, tids):
        """Seconds per call of some threads together."""
        return sum((self.seconds[tid] for tid in tids), collections.Counter())

    def share_of_own_time(self, tids, call):
        """In a call, of the time but that without a CPU, which is up to who else is on the machine."""
        return self.of(tids)[call] / sum(self.window - self.queued[tid] for tid in tids)

    def shares(self, tids):
        """{call: share of the threads' blocked time but that for the GIL; `gil`: its share of all}."""
        seconds = self.of(tids)
        gil = seconds.pop('gil', 0.0)
        own = sum(seconds.values())
        shares = {call: each / own for call, each in seconds.items()}
        return {**shares, 'gil': gil / (gil + own)} if gil else shares


def gil_range(pid):
    """The addresses of the interpreter's static data: a futex there is the GIL's, locks are on the heap."""
    with open(f'/proc/{pid}/maps', encoding='utf-8') as file:
        lines = [line.split() for line in file]
    executable = os.readlink(f'/proc/{pid}/exe')
    of_program = [index for index, words in enumerate(lines) if words[-1] == executable]
    last = lines[of_program[-1] + 1]
    end = last if len(last) == 5 else lines[of_program[-1]]  # .bss has no name of its own.
    return int(lines[of_program[0]][0].split('-')[0], 16), int(end[0].split('-')[1], 16)


def strace(pid, seconds=SECONDS):
    """The Waits which strace sees for so long, in the threads that there are: a thread in vfork and its child, both traced, can
    hold up each other and strace. It gets a CPU at once: what it has stopped would else look blocked while it waits for one.
    """
    static, tids = gil_range(pid), proc.tasks(pid)
    with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
        log = os.path.join(folder, 'strace')
        command = ['timeout', '--signal=INT', str(seconds), 'chrt', '--fifo', '1', 'strace', '-qq', '-ttt', '-T',
                   '-s', '8', '-y', '-e', 'signal=none', '-o', log, *(f'--attach={tid}' for tid in tids)]
        before = {tid: run_queue(pid, tid) for tid in tids}
        with harness.Process(command) as process:
            process.wait()
            assert os.path.exists(log), process.written_errors()
        with open(log, encoding='utf-8', errors='replace') as file:
            waits = read_trace(file.read(), static)
    waits.queued = {tid: run_queue(pid, tid) - before[tid] for tid in tids}
    return waits


def run_queue(pid, tid):
    """Seconds ready without a CPU, since the thread began."""
    with open(f'/proc/{pid}/task/{tid}/schedstat', encoding='utf-8') as file:
        return int(file.read().split()[1]) * 1e-9


def read_trace(text, static):
    """Waits from the text of `strace -ttt -T`; calls under way at its end count up to there."""
    waits, under_way, moments = Waits(), {}, []
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        tid, moment, name, how, rest = int(match[1]), float(match[2]), match[3], match[4], match[5]
        moments.append(moment)
        began = under_way.pop(tid, None) if how != '(' else (moment, call_name(name, rest, static))
        took = TOOK.search(rest)
        if took and began:
            add(waits, tid, began[1], float(took[1]))
        elif began:
            under_way[tid] = began
    for tid, (moment, name) in under_way.items():
        add(waits, tid, name, moments[-1] - moment)
    waits.window = moments[-1] - moments[0]
    return waits


def add(waits, tid, name, seconds):
    if name and seconds >= SHORTEST:
        waits.seconds[tid][name] += seconds


def call_name(name, rest, static):
    """One name for each kind of call, none for work, `gil` for a futex in the interpreter's static data."""
    if WORK.match(f'{name}({rest}'):
        return None
    restarted = RESTARTED.search(rest)
    name = restarted[1] if restarted else name
    if name == 'futex':
        address = re.match(r'0x([0-9a-f]+)', rest)
        return 'gil' if address and static[0] <= int(address[1], 16) < static[1] else 'futex'
    return SAME.get(name, name)


def told_waits(profile):
    """The Waits of a profile: time in `wait`, `gil` and `idle`, by the call that its reason is told from."""
    waits = Waits()
    waits.window = profile['duration_s']
    for row in profile['lines']:
        of_thread = waits.seconds[row['tid']]
        named = collections.Counter()
        for each in row['waits']:
            named[told_call(each['reason'])] += each['s']
        of_thread.update(named)
    return waits


def told_call(reason):
    word = reason.split()[0]
    if reason.startswith(('GIL', 'held by ')):
        return 'gil'
    word = CALLS.get(word, word)
    return word if word in OWN_NAMES else 'futex'


def compare(told, seen, name, tids):
    """Where two Waits disagree: complaints, none when all is well.

    strace makes others wait for the GIL, of which a thread that it stops does not let go: it must have seen as much as we tell.
    """
    ours, theirs = told.shares(tids), seen.shares(tids)
    wrong = []
    for call in sorted({*ours, *theirs}):
        here, there = ours.get(call, 0.0), theirs.get(call, 0.0)
        if call == 'gil':
            differ = here - there > TOLERANCE
        else:
            differ = min(here, there) < LITTLE or abs(here - there) > TOLERANCE
        if max(here, there) >= MUCH and differ:
            wrong.append(f'{name}: {call} has {here:.1%} of the blocked time, strace saw {there:.1%}')
    return wrong


def teams(threads):
    """{name: tids}; the threads of a pool are one, since chance says which of them gets the next task."""
    found = collections.defaultdict(list)
    for row in threads:
        found[re.sub(r'-\d+_\d+$', '', row['name'])].append(row['tid'])
    return found


def table(told, seen, threads):
    """Seconds blocked per second, by thread or pool and call."""
    rows = [f'{"thread":26} {"call":16} {"told":>7} {"strace":>7}']
    for name, tids in teams(threads).items():
        for call in sorted({*told.of(tids), *seen.of(tids)}):
            pair = [waits.of(tids)[call] / waits.window / len(tids) for waits in (told, seen)]
            if max(pair) >= 0.005:
                rows.append(f'{name[:26]:26} {call:16} {pair[0]:7.1%} {pair[1]:7.1%}')
    return '\n'.join(rows)
