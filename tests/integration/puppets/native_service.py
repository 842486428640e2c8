"""Threads at work in C with the GIL and without, in callbacks, asleep between; one computes. Ends with its stdin."""
import hashlib
import os
import threading
import time
import zlib

import quiet

WORKERS = 4
NOISE = os.urandom(200000)


def serve_requests():
    while True:
        zlib.compress(NOISE[:50000])
        hashlib.sha256(NOISE).digest()
        sorted(range(2000), key=lambda each: -each)
        time.sleep(0.001)


def compute():
    x = 0
    while True:
        for number in range(1000):
            x = (x * 3 + number) & 0xff


if __name__ == '__main__':
    for function in [serve_requests] * WORKERS + [compute]:
        thread = threading.Thread(target=function)
        thread.daemon = True
        thread.start()
    quiet.serve({})
