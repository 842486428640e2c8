"""Scenarios of threads: four which fight for the GIL, and threads that live 5 ms."""
import threading
import zlib

import quiet
from truth_meter import STOP, Meter, sized

FIGHTERS = 4


def fight(say_ready):
    """Each of four threads works a quarter of the time, at its own line, and waits for the GIL for the rest."""
    arrived = []
    # Two or three turns with the GIL: pieces of one turn would all end where it is asked for, in the meter.
    amount = range(sized(lambda: spin(range(1000)), 0.013) * 1000)

    def first(meter, numbers, x):
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: first busy+gil holder  # noqa: E701
        meter.end('first')

    def second(meter, numbers, x):
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: second busy+gil holder  # noqa: E701
        meter.end('second')

    def third(meter, numbers, x):
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: third busy+gil holder  # noqa: E701
        meter.end('third')

    def fourth(meter, numbers, x):
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: fourth busy+gil holder  # noqa: E701
        meter.end('fourth')

    def run(work):
        meter = Meter()
        arrived.append(1)
        while not STOP.is_set():
            work(meter, amount, 1)

    together(say_ready, [(work.__name__, run, work) for work in (first, second, third, fourth)], arrived)


def handover(say_ready):
    """Two threads of C calls, one which keeps the GIL for 20 ms and one which lets go of it, and takes it again."""
    arrived = []
    numbers = list(range(60000))
    numbers = numbers * sized(lambda: numbers.count(-1), 0.02)
    text = b'the quick brown fox jumps over the lazy dog ' * 200
    text = text * sized(lambda: zlib.compress(text), 0.01)

    def keeper(_):
        meter = Meter()
        arrived.append(1)
        while not STOP.is_set():
            meter.begin()
            numbers.count(-1)                       # truth: keeps native+gil gil-in-thread
            meter.end('keeps')

    def giver(_):
        meter = Meter()
        arrived.append(1)
        while not STOP.is_set():
            meter.begin()
            zlib.compress(text)                     # truth: gives native+gil
            meter.end('gives')

    together(say_ready, [('keeper', keeper, None), ('giver', giver, None)], arrived)


def together(say_ready, works, arrived):
    """All begin once the main thread sleeps: after any call that lets go of the GIL, 2.7 may let it wait for seconds."""
    threads = [threading.Thread(target=function, name=name, args=(argument,)) for name, function, argument in works]
    meter = Meter()

    def conduct():
        while not quiet.sleeps_on(meter.tid):
            pass
        for thread in threads:
            thread.start()
        while len(arrived) < len(threads):
            STOP.wait(0.001)
        say_ready()
        for thread in threads:
            thread.join()

    conductor = threading.Thread(target=conduct, name='conductor')
    conductor.start()
    meter.begin()
    conductor.join()                                # truth: join wait total asleep
    meter.end('join')


def brief(say_ready):
    """One thread after another, each there for some 5 ms; all of them have one account."""
    meter = Meter()
    amount = range(sized(lambda: spin(range(1000)), 0.005) * 1000)

    def live():
        own = Meter(pool='brief')
        own.begin()
        spin(amount)                                # truth: short-life python total contended
        own.end('short-life')
        own.close()

    def one_round():
        thread = threading.Thread(target=live, name='brief')
        thread.start()
        meter.begin()
        thread.join()                               # truth: join-brief wait total
        meter.end('join-brief')

    one_round()
    say_ready()
    while not STOP.is_set():
        one_round()


def spin(numbers):
    x = 1
    for i in numbers: x = (x * 3 + i) & 0xff        # truth: spin python self of=short-life contended  # noqa: E701
    return x


SCENARIOS = {'fight': fight, 'handover': handover, 'brief': brief}
