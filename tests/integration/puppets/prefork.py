"""A server's parent: keeps WORKERS children at work and replaces each when it has lived LIFE seconds, as gunicorn's max_requests does.

`ended` answers {pid: how many seconds it lived} of those that have.
"""
import json
import os
import select
import sys
import time

WORKERS, LIFE = int(sys.argv[1]), float(sys.argv[2])


def handle_request():
    total = 0
    for number in range(20000):
        total += number * number
    return total


def work():
    end = time.monotonic() + LIFE
    while time.monotonic() < end:
        handle_request()
        time.sleep(0.005)
    os._exit(0)


def main():
    born, lived = {}, {}
    print('ready', flush=True)
    while True:
        while len(born) < WORKERS:
            pid = os.fork()
            if pid == 0:
                work()
            born[pid] = time.monotonic()
        if select.select([sys.stdin], [], [], 0.02)[0]:
            if sys.stdin.readline().strip() != 'ended':
                return
            print(json.dumps(lived), flush=True)
        for pid in list(born):
            if os.waitpid(pid, os.WNOHANG)[0]:
                lived[pid] = time.monotonic() - born.pop(pid)


if __name__ == '__main__':
    main()
