"""The main thread waits inside a signal handler, itself inside a loop."""
import os
import signal

import quiet


def handle(number, frame):
    nested = [number]
    for each in nested:
        quiet.serve({'truth': quiet.truth, 'settle': lambda _: True})


def trigger(turns):
    for turn in range(turns):
        if turn == turns - 1:
            os.kill(os.getpid(), signal.SIGUSR1)
        turn += 1


signal.signal(signal.SIGUSR1, handle)
trigger(
    3)
while True:
    pass
