"""Writes one byte for each SIGUSR1 while its only thread computes (`spin`) or waits in a system call (`block`)."""
import os
import signal
import sys

import quiet


def handle(number, frame):
    os.write(1, b'.')


signal.signal(signal.SIGUSR1, handle)
quiet.say({}, 'ready ')
while True:
    if sys.argv[1] == 'block':
        signal.pause()
