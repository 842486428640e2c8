"""Threads that wait for each other in every way that a snapshot tells apart, side by side in one process.

Each thread reports to a Turnstile before it takes its last step, so nothing sleeps to be in time; that it then blocks is
seen from outside (proc.wait_all_blocked). Runs on 2.7 and 3.6 and later.
"""
import os
import sys
import threading

import quiet

FOLDER = os.path.dirname(os.path.abspath(__file__))
PYTHON2 = sys.version_info[0] == 2
SHARED = {}          # what the modules that are imported find here
TABLE = {}           # name -> ident of a Lock or RLock


def note(name, lock):
    own = getattr(lock, '_Condition__lock' if PYTHON2 else '_lock', lock)
    TABLE[name] = id(own)
    return lock


class Turnstile(object):
    """All `count` threads get here before any goes on."""

    def __init__(self, count):
        self.left, self.mutex, self.gate = count, threading.Lock(), threading.Event()

    def meet(self):
        with self.mutex:
            self.left -= 1
            if not self.left:
                self.gate.set()
        self.gate.wait()


def park():
    os.read(quiet.NEVER, 1)


def cross(name, make, take):
    """Two threads that each hold one lock and want the other's."""
    first, second, both = note(name + '-a', make()), note(name + '-b', make()), Turnstile(2)
    quiet.start(lambda: take(first, second, both), name + '-1')
    quiet.start(lambda: take(second, first, both), name + '-2')


def with_with(mine, other, both):
    with mine:
        both.meet()
        with other:  # with-with
            pass


def with_acquire(mine, other, both):
    mine.acquire()
    both.meet()
    other.acquire()  # acquire-acquire


def with_timeout(mine, other, both):
    with mine:
        both.meet()
        other.acquire(True, 1e6)  # acquire-timeout


def itself():
    lock = note('itself', threading.Lock())

    def twice():
        with lock:
            lock.acquire()  # twice
    quiet.start(twice, 'itself')


def held():
    """A thread that has a lock and does something else; another that wants it: no deadlock."""
    lock, taken = note('held', threading.Lock()), threading.Event()

    def hold():
        with lock:
            taken.set()
            park()  # hold

    def want():
        taken.wait()
        with lock:  # want
            pass
    quiet.start(hold, 'holder')
    quiet.start(want, 'wanter')


def passed_on():
    """A lock that nobody is in a `with` of."""
    lock = note('bare', threading.Lock())
    lock.acquire()
    quiet.start(lambda: lock.acquire(), 'bare')


def joins():
    parked = quiet.start(park, 'joined')
    quiet.start(parked.join, 'joiner')
    other, both = {}, Turnstile(2)

    def join_other(name):
        both.meet()
        other[name].join()  # join-other
    for mine, its in (('join-1', 'join-2'), ('join-2', 'join-1')):
        other[mine] = threading.Thread(target=quiet.begin, args=(lambda its=its: join_other(its),), name=mine)
        other[mine].daemon = True
    for thread in other.values():
        thread.start()


def conditions():
    condition, plain = threading.Condition(), threading.Condition(threading.Lock())
    TABLE['condition'], TABLE['plain'] = id(condition), id(plain)

    def wait_for(which):
        with which:
            which.wait()  # condition
    quiet.start(lambda: wait_for(condition), 'condition')
    quiet.start(lambda: wait_for(plain), 'plain-1')
    quiet.start(lambda: wait_for(plain), 'plain-2')
    event = threading.Event()
    quiet.start(event.wait, 'event')


def ended():
    """An RLock whose owner has ended with it. To be made last: another thread may get its ident, and is then the owner."""
    lock, ready = note('ended', threading.RLock()), threading.Event()

    def want():
        ready.wait()
        lock.acquire()  # ended
    owner = threading.Thread(target=lock.acquire)
    quiet.start(want, 'ended')
    owner.start()
    owner.join()
    ready.set()


def module(name, text):
    with open(os.path.join(FOLDER, name + '.py'), 'w') as file:
        file.write('import __main__\n' + text)


def imports():
    """One thread within an import that blocks, one that wants the same module."""
    module('blocks', '__main__.SHARED["blocks"].set(); __main__.park()\n')
    SHARED['blocks'] = threading.Event()

    def first():
        import blocks  # noqa: F401

    def second():
        SHARED['blocks'].wait()
        import blocks  # noqa: F401, second
    quiet.start(first, 'import-1')
    quiet.start(second, 'import-2')


def deadly_imports():
    """A module wants a lock whose owner wants the module."""
    module('deadly', '__main__.SHARED["both"].meet()\nwith __main__.SHARED["lock"]: pass\n')
    SHARED['both'], SHARED['lock'] = Turnstile(2), note('deadly', threading.RLock())
    go = threading.Event()

    def importer():
        go.wait()
        import deadly  # noqa: F401

    def owner():
        go.wait()
        with SHARED['lock']:
            SHARED['both'].meet()
            import deadly  # noqa: F401, owner
    quiet.start(importer, 'deadly-1')
    quiet.start(owner, 'deadly-2')
    return go


def mutual_imports():
    """Two modules that import each other: importlib sees it coming and lets one of them have the other half made."""
    for mine, its in (('mutual_a', 'mutual_b'), ('mutual_b', 'mutual_a')):
        module(mine, '__main__.SHARED["mutual"].meet()\nimport %s\n__main__.park()\n' % its)
    SHARED['mutual'] = Turnstile(2)
    quiet.start(lambda: __import__('mutual_a'), 'mutual-1')
    quiet.start(lambda: __import__('mutual_b'), 'mutual-2')


def main():
    sys.path.insert(0, FOLDER)
    cross('rlocks', threading.RLock, with_with)
    cross('rlocks-bare', threading.RLock, with_acquire)
    cross('locks', threading.Lock, with_with)
    cross('locks-bare', threading.Lock, with_acquire)
    cross('conditions', lambda: threading.Condition(threading.Lock()), with_with)
    itself()
    held()
    passed_on()
    joins()
    conditions()
    if not PYTHON2:
        cross('timeouts', threading.RLock, with_timeout)
        imports()
        mutual_imports()
    go = deadly_imports()
    ended()
    # 2.7 has but one import lock: from then on nobody can import anything.
    quiet.serve({'go': lambda _: go.set(), 'table': lambda _: TABLE, 'tids': lambda _: dict(
        (thread.name, quiet.TIDS.get(thread.ident)) for thread in threading.enumerate())})


main()
