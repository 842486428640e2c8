"""Questions to /proc about a process we started, and waiting for a condition with a deadline."""
import os
import time


def until(condition, seconds, what):
    """Polls `condition` until it holds and returns its value; raises AssertionError naming `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {seconds} s: {what}')
        time.sleep(0.002)


def _read(path):
    try:
        with open(path, 'rb') as file:
            return file.read().decode(errors='replace')
    except OSError:
        return ''


def tasks(pid):
    """The thread ids of a process, none when it is gone."""
    try:
        return sorted(int(tid) for tid in os.listdir(f'/proc/{pid}/task'))
    except OSError:
        return []


def status(pid, tid=None):
    """Fields of /proc/PID/status, or of one of its threads."""
    text = _read(f'/proc/{pid}/task/{tid}/status' if tid else f'/proc/{pid}/status')
    return dict((key, value.strip()) for key, _, value in (line.partition(':') for line in text.splitlines()))


def state(pid, tid=None):
    """The scheduler's letter (R, S, D, T, t, Z), or '' when it is gone."""
    return status(pid, tid).get('State', '')[:1]


def comm(pid, tid):
    return _read(f'/proc/{pid}/task/{tid}/comm').rstrip('\n')


def switches(pid, tid):
    """How often a thread was scheduled: unchanged means that it did not run."""
    fields = status(pid, tid)
    return fields.get('voluntary_ctxt_switches'), fields.get('nonvoluntary_ctxt_switches')


def held(pid):
    """What is wrong with a process that nobody should hold now: [(tid, state, tracer)] of stopped or traced threads."""
    wrong = []
    for tid in tasks(pid):
        fields = status(pid, tid)
        letter, tracer = fields.get('State', '')[:1], fields.get('TracerPid', '0')
        if letter in ('T', 't') or tracer != '0':
            wrong.append((tid, letter, tracer))
    return wrong


def wait_all_blocked(pid, but=(), seconds=20):
    """Waits until every thread but those named sleeps and has not been scheduled between two looks."""
    def look():
        watched = [tid for tid in tasks(pid) if tid not in but]
        if any(state(pid, tid) != 'S' for tid in watched):
            return None
        return [(tid, switches(pid, tid)) for tid in watched]

    def twice():
        before = look()
        time.sleep(0.005)
        return before is not None and before == look()
    until(twice, seconds, f'all threads of {pid} blocked; states: {[(tid, state(pid, tid)) for tid in tasks(pid)]}')


def children(pid):
    return [int(child) for child in _read(f'/proc/{pid}/task/{pid}/children').split()]


def descendants(pid):
    """Children, their children, and so on, nearest first."""
    found = children(pid)
    for child in found:
        found += children(child)
    return found


def cpu_seconds(pid):
    """User and system time of a live process, all its threads."""
    fields = _read(f'/proc/{pid}/stat').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK') if fields else 0.0


def thread_cpu_seconds(pid, tid):
    """The scheduler's count for one live thread, to the nanosecond: proc(5), schedstat, the first figure."""
    return int(_read(f'/proc/{pid}/task/{tid}/schedstat').split()[0]) / 1e9


def inner_pid(pid):
    """The pid a process has in its own pid namespace."""
    return int(status(pid).get('NSpid', str(pid)).split()[-1])
