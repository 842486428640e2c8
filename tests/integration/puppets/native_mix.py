"""One thread that works in many C functions, some of which call back: hardly two of its stacks are alike."""
import ctypes
import functools
import hashlib
import json
import re
import threading
import zlib

import quiet

TEXT = b'spyhop looks at the stack, now and then; ' * 200
WORDS = [{'name': 'word %d' % i, 'values': list(range(i % 20))} for i in range(100)]
COMPARE = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
TIDS = []


def descending(a, b):
    return b[0] - a[0]


def sort_in_c():
    numbers = (ctypes.c_int * 50)(*range(50))
    ctypes.PyDLL(None).qsort(numbers, 50, ctypes.sizeof(ctypes.c_int), COMPARE(descending))


def generated():
    return sum(x * x for x in range(500))


def descend(depth):
    return generated() if depth == 0 else max(map(descend, [depth - 1]))


def work():
    TIDS.append(quiet.native_id())
    pattern = re.compile(r'(\w+) (\w+)')
    while True:
        zlib.decompress(zlib.compress(TEXT))
        hashlib.sha256(TEXT * 5).hexdigest()
        json.loads(json.dumps(WORDS))
        pattern.sub(lambda found: found.group(2), TEXT.decode())
        sorted(range(500), key=lambda each: -each)
        functools.reduce(lambda a, b: a ^ b, range(500))
        sort_in_c()
        descend(10)
        b'%x' * 100000


def tid(_):
    while not TIDS:
        threading.Event().wait(0.001)
    return TIDS[0]


if __name__ == '__main__':
    thread = threading.Thread(target=work)
    thread.daemon = True
    thread.start()
    quiet.serve({'tid': tid})
