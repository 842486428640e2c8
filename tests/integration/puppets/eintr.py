"""Counts the calls of epoll_wait, made in C, that return EINTR: one thread nearly always blocked, one alternating."""
import ctypes
import errno
import time

import quiet

LIBC = ctypes.CDLL(None, use_errno=True)
COUNTS = {'blocked': [0, 0], 'alternating': [0, 0]}


def wait(epoll, events, milliseconds, counts):
    result = LIBC.epoll_wait(epoll, events, 1, milliseconds)
    counts[0] += 1
    if result < 0 and ctypes.get_errno() == errno.EINTR:
        counts[1] += 1


def blocked():
    epoll, events = LIBC.epoll_create1(0), ctypes.create_string_buffer(16)
    while True:
        wait(epoll, events, 50, COUNTS['blocked'])


def alternating():
    epoll, events = LIBC.epoll_create1(0), ctypes.create_string_buffer(16)
    while True:
        end = time.time() + 0.0003
        while time.time() < end:
            pass
        wait(epoll, events, 1, COUNTS['alternating'])


quiet.start(blocked)
quiet.start(alternating)
quiet.serve({'counts': lambda _: COUNTS})
