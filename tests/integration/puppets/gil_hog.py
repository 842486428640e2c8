"""A thread that never lets go of the GIL, in C code, and another that wants it. The argument says how:
`busy` computes, `asleep` waits in the kernel, `deadlock` wants a lock whose owner wants the GIL.
`lock`: no hog, but a thread that computes in a `with` of a lock, while `hog` wants the lock.
"""
import collections
import ctypes
import itertools
import sys
import threading

import quiet

LOCK = threading.Lock()
GO, TAKEN = threading.Event(), threading.Event()


def busy():
    collections.deque(itertools.repeat(0), maxlen=0)  # hog


def asleep():
    ctypes.PyDLL(None).pause()  # hog


def deadlock():
    wanted = LOCK  # noqa: F841, keeps it where it can be seen
    TAKEN.wait()
    # PyThread_type_lock is the first member of a lock object, behind the PyObject header.
    pointer = ctypes.c_void_p.from_address(id(wanted) + object.__basicsize__)
    ctypes.pythonapi.PyThread_acquire_lock(pointer, 1)  # hog


def lock():
    TAKEN.wait()
    with LOCK:
        pass


def spin():
    while True: pass  # noqa: E701, wants


def spin_with_lock():
    with LOCK:
        TAKEN.set()
        spin()


def main(name):
    def hog():
        GO.wait()
        {'busy': busy, 'asleep': asleep, 'deadlock': deadlock, 'lock': lock}[name]()
    quiet.start(hog, 'hog')
    quiet.start(spin_with_lock if name in ('deadlock', 'lock') else spin, 'wants')
    quiet.register()
    quiet.say({}, 'ready ')
    quiet.wait_for_command()
    # The answer must be out before there is somebody who keeps the GIL.
    quiet.say(True)
    GO.set()
    while True: quiet.wait_for_command()  # noqa: E701


main(sys.argv[1])
