"""A process that works: BUSY threads count at depth DEPTH, SLEEPERS wait for ever, the main thread takes commands."""
import os
import sys
import threading
import time

import quiet

try:
    import _thread as thread
except ImportError:
    import thread

COUNTERS = []
ROLES = {'busy': [], 'asleep': []}
ENDINGS = []
CHURNED = [0]


def count(counter):
    while True:
        counter[0] += 1


def descend(depth, counter):
    if depth > 1:
        descend(depth - 1, counter)
    else:
        count(counter)


def busy(depth):
    ROLES['busy'].append(quiet.native_id())
    counter = [0]
    COUNTERS.append(counter)
    descend(depth, counter)


def asleep():
    ROLES['asleep'].append(quiet.native_id())
    quiet.park()


def newcomer(ending):
    while not ending:
        time.sleep(0.001)


def grow(name):
    """A new thread; answers its tid."""
    ending, told = [], []

    def run():
        told.append(quiet.native_id())
        newcomer(ending)
    quiet.start(run, name)
    while not told:
        time.sleep(0.001)
    ENDINGS.append(ending)
    return told[0]


def grow_late(name):
    """A new thread that `threading` knows by a name only after a while; answers its tid."""
    ending, told = [], []

    def run():
        told.append(quiet.native_id())
        time.sleep(0.2)
        threading.current_thread().name = name
        newcomer(ending)
    thread.start_new_thread(run, ())
    while not told:
        time.sleep(0.001)
    ENDINGS.append(ending)
    return told[0]


def shrink(_):
    ENDINGS.pop().append(1)
    return True


def brief():
    CHURNED[0] += 1


def churn(_):
    """Creates and ends a thousand threads a second, as far as the machine lets it."""
    def loop():
        while True:
            threads = [threading.Thread(target=brief) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            time.sleep(0.002)
    quiet.start(loop)
    return True


def fork(_):
    """A child that works until its parent is gone; answers its pid."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    counter = 0
    while os.getppid() == parent:
        counter += 1
    os._exit(0)


def run(arguments):
    os.execv(arguments.split()[0], arguments.split())


def leave(status):
    """Ends as a program does, with finalization, from the main thread."""
    raise SystemExit(int(status))


def main(busy_threads, depth, sleepers):
    sys.setrecursionlimit(20000)
    for _ in range(sleepers):
        quiet.start(asleep)
    for _ in range(busy_threads):
        quiet.start(lambda: busy(depth), 'busy')
    while len(ROLES['busy']) < busy_threads or len(quiet.ARRIVED) < sleepers:
        time.sleep(0.001)
    quiet.serve({
        'tids': lambda _: ROLES, 'count': lambda _: sum(counter[0] for counter in COUNTERS), 'grow': grow,
        'grow_late': grow_late,
        'shrink': shrink, 'churn': churn, 'churned': lambda _: CHURNED[0], 'fork': fork, 'exec': run, 'leave': leave})


if __name__ == '__main__':
    main(*[int(argument) for argument in sys.argv[1:]])
