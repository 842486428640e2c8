"""A thread's own books: what each labelled piece of work cost in wall time, CPU and time on the run queue.

    meter.begin()
    work()                  # truth: LABEL KIND      (see truth_model.py)
    meter.end('LABEL')

A piece lasts 0.5 ms or more, so that its two readings (about 5 us, on lines of their own) are below a percent; time between
pieces is "rest". No reading lets go of the GIL, so that measuring is not what threads wait for. Seconds throughout;
moments are CLOCK_MONOTONIC, which the test has too. Runs on 2.7 and 3.6 and later.
"""
import ctypes
import os
import resource
import threading
import time

import quiet

CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID, RUSAGE_THREAD = 1, 3, 1
WITH_GIL = ctypes.PyDLL(None)
WITH_GIL.pread.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
# Longer than a reading that a timer interrupt or a profiler's stop hits, shorter than a slice of the scheduler.
ONE_MOMENT = 100e-6
# Under strace no reading is that short.
TRIES = 100
STOP = threading.Event()
METERS = []
REST = 'rest'


def usable_arenas():
    """Small objects far apart, each of which keeps an arena of Objects/obmalloc.c that is otherwise empty.

    An arena goes back to the kernel as soon as it is empty; a loop whose integers are alone in one maps and unmaps it at
    every turn. That is true kernel time, but in one run of ten only.
    """
    objects = [bytes(bytearray(440)) for _ in range(8000)]
    return objects[::32]


ARENAS = usable_arenas()


class Timespec(ctypes.Structure):
    _fields_ = [('seconds', ctypes.c_long), ('nanoseconds', ctypes.c_long)]


def clock(number):
    """clock_gettime(2) where time has no name for it."""
    spec = Timespec()
    reference, get = ctypes.byref(spec), WITH_GIL.clock_gettime

    def read():
        get(number, reference)
        return spec.seconds + spec.nanoseconds * 1e-9
    return read


def thread_clocks():
    """(wall, CPU), each for one thread: a Timespec is not shared."""
    return (getattr(time, 'perf_counter', None) or clock(CLOCK_MONOTONIC),
            getattr(time, 'thread_time', None) or clock(CLOCK_THREAD_CPUTIME_ID))


class Meter(object):
    """One thread's books; made and used by that thread. `pool` names the books of threads too short to have their own."""

    def __init__(self, pool=None, with_system=False):
        self.wall, self.cpu = thread_clocks()
        self.tid = quiet.native_id()
        self.pool = pool
        self.with_system = with_system
        self.file = os.open('/proc/self/task/%d/schedstat' % self.tid, os.O_RDONLY)
        self.buffer = ctypes.create_string_buffer(64)
        self.began = None
        self.pieces = []        # (label, reading at its begin, reading at its end)
        METERS.append(self)

    def begin(self):
        """CPU and wall time are read last: what reading costs is no part of the piece."""
        for _ in range(TRIES):
            before = self.wall()
            run_queue, system, cpu, now = self.run_queue(), self.system(), self.cpu(), self.wall()
            if now - before < ONE_MOMENT:
                break
        self.began = (now, cpu, run_queue, system)

    def end(self, label):
        """Wall and CPU time are read first, and but once: a thread that loses the GIL then waits on lines of this file."""
        wall, cpu, run_queue = self.wall(), self.cpu(), self.run_queue()
        self.pieces.append((label, self.began, (wall, cpu, run_queue, self.system())))

    def run_queue(self):
        """In ns, as text: decoded when there is time."""
        WITH_GIL.pread(self.file, self.buffer, 63, 0)
        return self.buffer.value.split()[1]

    def system(self):
        return resource.getrusage(RUSAGE_THREAD).ru_stime if self.with_system else 0.0

    def close(self):
        os.close(self.file)


def decoded(reading):
    wall, cpu, run_queue, system = reading
    return wall, cpu, int(run_queue) * 1e-9, system


def with_rests(pieces):
    """All time from the first piece to the last, what lies between two pieces as pieces of its own."""
    before = None
    for label, begin, end in pieces:
        begin, end = decoded(begin), decoded(end)
        if before is not None:
            yield REST, before, begin
        yield label, begin, end
        before = end


def books(meter, start, end):
    """{label: [wall, CPU, run queue, system CPU, pieces, CPU edge, edge]} between two moments; a piece across one counts in
    part. The edges are how much more or less CPU that part may have had, and of any kind of time.
    """
    sums = {}
    for label, before, after in with_rests(meter.pieces):
        length = after[0] - before[0]
        inside = min(end, after[0]) - max(start, before[0])
        if inside <= 0 or length <= 0:
            continue
        account = sums.setdefault(label, [0.0] * 7)
        cpu, system = after[1] - before[1], after[3] - before[3]
        queued = possible_queue(length, cpu, after[2] - before[2])
        for index, spent in enumerate((length, cpu, queued, system)):
            account[index] += spent * inside / length
        account[4] += inside / length
        account[5] += edge(cpu, inside, length)
        account[6] += max(edge(part, inside, length) for part in (cpu, queued, max(0.0, length - cpu - queued)))
    return sums


def possible_queue(length, cpu, queued):
    """A thread does not queue for a CPU while it has one. The kernel now and then counts more, on a full machine (Linux 6.18:
    a line with 8.5 % of a run's wall time had 9.5 % of it in the queue, and 2 % on a CPU).
    """
    return min(queued, max(0.0, length - cpu))


def edge(spent, inside, length):
    """How far a part of a piece may be from its share of what the piece spent: all of it, and none, as far as time allows."""
    share = spent * inside / length
    return max(min(spent, inside) - share, share - max(0.0, spent - (length - inside)), 0.0)


def merged(accounts):
    """The books of several threads in one."""
    total = {}
    for account in accounts:
        for label, sums in account.items():
            total[label] = [a + b for a, b in zip(total.get(label, [0.0] * 7), sums)]
    return total


def told(start, end):
    """What the test compares with: one entry a thread, one a pool."""
    entries = [{'tid': meter.tid, 'pool': None, 'labels': books(meter, start, end)}
               for meter in METERS if meter.pool is None]
    for pool in sorted(set(meter.pool for meter in METERS if meter.pool)):
        of_pool = [books(meter, start, end) for meter in METERS if meter.pool == pool]
        entries.append({'tid': None, 'pool': pool, 'labels': merged(of_pool)})
    return entries


def sized(work, seconds):
    """How many times `work` is to be done in one piece to last `seconds`; at least once."""
    wall = thread_clocks()[0]
    best = float('inf')
    for _ in range(3):
        start = wall()
        work()
        best = min(best, wall() - start)
    return max(1, int(round(seconds / max(best, 1e-7))))
