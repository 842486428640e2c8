"""Programs that measure themselves, line by line, while a profiler looks: see truth_meter.py. Argument: SCENARIO.

The scenario runs in the main thread from the start (`ready` is said once its first round is done) until the command
`stop START END` (moments in seconds of CLOCK_MONOTONIC); the answer is what it knows of that time.
"""
import gc
import os
import sys
import threading

import quiet
import truth_meter
import truth_threads
import truth_waits
import truth_work

SCENARIOS = dict(truth_work.SCENARIOS)
SCENARIOS.update(truth_waits.SCENARIOS)
SCENARIOS.update(truth_threads.SCENARIOS)
if sys.version_info >= (3, 6):
    import truth_async
    SCENARIOS.update(truth_async.SCENARIOS)


class Listener(threading.Thread):
    """Says `ready`, takes the only command, and tells everybody to stop."""

    def __init__(self):
        threading.Thread.__init__(self, name='listener')
        self.daemon = True
        self.window = None

    def run(self):
        line = quiet.wait_for_command().decode('ascii').split()
        if not line:
            os._exit(0)
        self.window = [float(word) for word in line[1:]]
        truth_meter.STOP.set()


def main(name):
    # A collection falls on whichever line allocates; its cost grows with the books.
    gc.disable()
    listener = Listener()
    listener.start()
    SCENARIOS[name](lambda: quiet.say({'pid': os.getpid(), 'tid': quiet.native_id()}, 'ready '))
    listener.join()
    quiet.say(truth_meter.told(*listener.window))


if __name__ == '__main__':
    main(sys.argv[1])
