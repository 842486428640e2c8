"""Threads in other interpreters of the process, each parked; what they look like is told by themselves.

Answers `kind` with the function that runs the interpreters, None when this version offers none. The truth has their
stacks in `extra`, in the order told: a thread that calls into another interpreter tells its outer part first.
"""
import json
import os
import sys

import quiet

HERE = os.path.dirname(os.path.abspath(__file__))
HOW_MANY = 2

SOURCE = '''
import os, sys
sys.path.insert(0, {folder!r})
import quiet
def report():
    told = dict(tid=quiet.native_id(), frames=quiet.stack(sys._getframe(1)))
    os.write({pipe}, (quiet.json.dumps(told) + chr(10)).encode())
class Kept:
    def hold(self):
        report(), os.read({never}, 1)
def other_thread():
    Kept().hold()
quiet.threading.Thread(target=other_thread, name='inner {number}').start()
Kept().hold()
'''


def way():
    """The name of a way, and a function that makes (callable, arguments) of a source; the callable is C: no frame."""
    try:
        import _interpreters
        return 'run_string', lambda source: (_interpreters.run_string, (_interpreters.create(), source))
    except ImportError:
        pass
    try:
        import _xxsubinterpreters
        shared = {'isolated': False} if sys.version_info >= (3, 9) else {}
        return 'run_string', lambda source: (_xxsubinterpreters.run_string, (_xxsubinterpreters.create(**shared), source))
    except ImportError:
        pass
    try:
        from _testcapi import run_in_subinterp
        return 'run_in_subinterp', lambda source: (run_in_subinterp, (source,))
    except ImportError:
        return None, None


def tell():
    quiet.EXTRA.append({'tid': quiet.native_id(), 'frames': quiet.stack(sys._getframe(1))})


def host(call, arguments):
    tell(), call(*arguments)


def start(prepare):
    """Starts the interpreters and waits for what each of their two threads tells."""
    reader, writer = os.pipe()
    for number in range(HOW_MANY):
        source = SOURCE.format(folder=HERE, pipe=writer, never=quiet.NEVER, number=number)
        call, arguments = prepare(source)
        quiet.start(lambda: host(call, arguments), 'host %d' % number)
        for _ in range(2):
            line = b''
            while not line.endswith(b'\n'):
                line += os.read(reader, 1)
            quiet.EXTRA.append(json.loads(line.decode('ascii')))


def main():
    kind, prepare = way()
    if prepare:
        start(prepare)
    quiet.serve({'kind': lambda _: kind, 'truth': quiet.truth, 'settle': lambda _: quiet.settle(0)})


if __name__ == '__main__':
    main()
