# -*- coding: utf-8 -*-
"""What a viewer has to show: work in Python and in C, recursion, waits, a fight for the GIL, and names which mean harm."""
import time
import zlib

import quiet

TEXT = b'the quick brown fox jumps over the lazy dog ' * 500
EVIL = u'</script><img src=x onerror=alert(1)>;"\x1b[31m\n%s\0 \u202eevil'


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def pack():
    zlib.compress(TEXT)


def work():
    while True:
        fib(14)
        pack()


def spin():
    x = 1
    for i in range(20000):
        x = (x * 3 + i) & 0xff
    time.sleep(0.002)


def evil():
    while True:
        spin()


def renamed(function, name):
    """A function whose code says that it has another name, in a file of another name."""
    code = function.__code__
    function.__code__ = code.replace(co_name=name, co_qualname=name, co_filename=u'/srv/' + name + u'.py')
    return function


if __name__ == '__main__':
    spin = renamed(spin, EVIL)
    quiet.start(work, 'work')
    quiet.start(evil, EVIL)
    quiet.serve({})
