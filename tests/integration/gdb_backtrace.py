"""Run by gdb in a process: prints the native stack of each thread as one line of JSON, {tid: [pc, ...]}, leaf first.

A pc is where the frame goes on. Frames that are on no stack, of functions that were inlined or left by a jump, are left out.
"""
import json

import gdb


def native_stack():
    pcs = []
    frame = gdb.newest_frame()
    while frame is not None and len(pcs) < 100000:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            pcs.append(frame.pc())
        frame = frame.older()
    return pcs


stacks = {}
for thread in gdb.selected_inferior().threads():
    thread.switch()
    stacks[thread.ptid[1]] = native_stack()
print('STACKS ' + json.dumps(stacks))
