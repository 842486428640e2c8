"""Threads in the C library LIBRARY (native_files.c): one works and has the GIL, one waits; one is in code made at run time.

With a second library it is that one which is waited in.
"""
import ctypes
import mmap
import os
import sys
import threading

import quiet

# dec rdi; jnz -5; ret
MADE = b'\x48\xff\xcf\x75\xfb\xc3'
TURNS = 300000


def made_function(keep=[]):
    """A loop of machine code in memory that belongs to no file."""
    memory = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
                       mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(MADE)
    keep.append(memory)
    return ctypes.PYFUNCTYPE(None, ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))


def works(work):
    while True:
        work(TURNS)


def is_made(work):
    while True:
        work(TURNS)


def rests(rest):
    rest(quiet.NEVER)


if __name__ == '__main__':
    work, rest = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[-1])
    calls = [(works, ctypes.PyDLL(work).work_outer), (is_made, made_function()), (rests, ctypes.CDLL(rest).rest_outer)]
    for function, called in calls:
        thread = threading.Thread(target=function, args=(called,), name=function.__name__)
        thread.daemon = True
        thread.start()
    quiet.serve({})
