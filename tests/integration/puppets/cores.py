"""Threads at rest and one deep in a recursion, to be taken as a core file; or to end by SIGSEGV when told.

    cores.py DEPTH [busy]        with `busy`: one thread at work, too

Runs on 2.7 and 3.6 and later. `crash`: in user mode, by reading at address 8, where there is ctypes, else by kill(2);
`crash in a thread`: the same, while the main thread waits for it.
"""
import json
import os
import signal
import sys
import threading
import time

LOCK = threading.Lock()
LOCK.acquire()
NEVER, _KEEP_OPEN = os.pipe()
NAMES = []


def sleeper():
    time.sleep(10000)


def locked():
    LOCK.acquire()


def reader():
    os.read(NEVER, 1)


def busy():
    while True:
        len(NAMES)


def deep(left):
    return deep(left - 1) if left else serve()


def crash():
    try:
        import ctypes
    except ImportError:
        os.kill(os.getpid(), signal.SIGSEGV)
    ctypes.string_at(8)


def serve():
    print('ready ' + json.dumps({'user_mode': has_ctypes()}))
    sys.stdout.flush()
    command = sys.stdin.readline().strip()
    if command == 'crash in a thread':
        thread = threading.Thread(target=crash, name='thread-crash')
        thread.start()
        thread.join()
    if command == 'crash':
        crash()


def has_ctypes():
    try:
        import ctypes
        return bool(ctypes)
    except ImportError:
        return False


if __name__ == '__main__':
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    for each in (sleeper, locked, reader) + ((busy,) if 'busy' in sys.argv else ()):
        thread = threading.Thread(target=each, name='thread-' + each.__name__)
        thread.daemon = True
        thread.start()
    deep(int(sys.argv[1]))
