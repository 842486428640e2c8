"""Two functions that take CPU time 3 to 1; `books` answers how much each has had, in seconds."""
import json
import random
import sys
import threading
import time

BOOKS = {'larger': 0.0, 'smaller': 0.0}


def larger(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass
    return time.thread_time() - begin


def smaller(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass
    return time.thread_time() - begin


def work():
    while True:
        unit = random.uniform(0.0005, 0.0015)  # so that it never keeps step with the scheduler's ticks
        BOOKS['larger'] += larger(3 * unit)
        BOOKS['smaller'] += smaller(unit)


def main():
    threading.Thread(target=work, daemon=True).start()
    print('ready', flush=True)
    for _ in sys.stdin:
        print(json.dumps(BOOKS), flush=True)


if __name__ == '__main__':
    main()
