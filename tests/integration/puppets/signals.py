"""Writes one byte for each SIGUSR1 while its only thread computes (`spin`) or waits in a system call (`block`)."""
import os
import select
import signal
import sys

import quiet

# The C handler writes here too: a signal that comes just before the wait ends it, where pause(2) would sleep on it.
WOKEN, WAKE = os.pipe()
# CPython 3.5 and later refuse a descriptor that blocks; os.set_blocking is not in 2.7, which takes any.
if hasattr(os, 'set_blocking'):
    os.set_blocking(WAKE, False)


def handle(number, frame):
    os.write(1, b'.')


def block():
    try:
        select.select([WOKEN], [], [])
    except select.error:    # 2.7 tells of EINTR; from 3.5 PEP 475 waits again
        pass
    os.read(WOKEN, 1)


signal.set_wakeup_fd(WAKE)
signal.signal(signal.SIGUSR1, handle)
quiet.say({}, 'ready ')
while True:
    if sys.argv[1] == 'block':
        block()
