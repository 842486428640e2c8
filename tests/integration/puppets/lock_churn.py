"""Threads that take locks all the time, always in the same order: they wait for each other, and never for good."""
import random
import threading
import time

import quiet

LOCKS = [(threading.RLock if index % 2 else threading.Lock)() for index in range(4)]
CONDITION = threading.Condition(LOCKS[2])


def work():
    """Long enough for the others to be seen while they wait."""
    sum(range(random.randrange(2000)))
    time.sleep(random.random() * 0.03)


def churn():
    while True:
        low, high = sorted(random.sample(range(len(LOCKS)), 2))
        with LOCKS[low]:
            work()
            with LOCKS[high]:
                work()
        with CONDITION:
            CONDITION.wait(0.001)
            CONDITION.notify()


for number in range(6):
    quiet.start(churn, 'churn-%d' % number)
quiet.serve({})
