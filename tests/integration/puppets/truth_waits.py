"""Scenarios that block: a thread waits in one line after another for what a second thread, the waker, does a while later."""
import os
import select
import socket
import subprocess
import sys
import threading
import time

import quiet
from truth_meter import STOP, Meter
from truth_work import rounds

try:
    import queue
except ImportError:
    import Queue as queue

WHILE = 0.012


class Waker(object):
    """Does what it is asked to after WHILE seconds; asked through a pipe, so that asking costs nothing to wait for."""

    def __init__(self):
        self.asked, self.ask_here = os.pipe()
        self.actions = []
        quiet.start(self.run, 'waker')

    def run(self):
        while os.read(self.asked, 1):
            time.sleep(WHILE)
            self.actions.pop(0)()

    def ask(self, action):
        self.actions.append(action)
        os.write(self.ask_here, b'!')


def waits(say_ready):
    """Sleep, descriptors of each kind, locks, joins, queues, children."""
    meter = Meter()
    waker = Waker()
    out_of, into = os.pipe()
    ours, theirs = socket.socketpair()
    server, client = tcp_pair()
    lock, event, tasks, condition = threading.Lock(), threading.Event(), queue.Queue(), threading.Condition()
    lock.acquire()
    poll, epoll = select.poll(), select.epoll()
    poll.register(out_of, select.POLLIN)
    epoll.register(out_of, select.EPOLLIN)

    def write():
        os.write(into, b'x')

    def notify():
        with condition:
            condition.notify()

    def one_round():
        meter.begin()
        time.sleep(WHILE)                           # truth: sleep wait reason=sleep
        meter.end('sleep')
        waker.ask(write)
        meter.begin()
        os.read(out_of, 1)                          # truth: pipe wait reason=pipe
        meter.end('pipe')
        waker.ask(lambda: theirs.send(b'x'))
        meter.begin()
        ours.recv(1)                                # truth: socketpair wait reason=socket
        meter.end('socketpair')
        waker.ask(lambda: client.send(b'x'))
        meter.begin()
        server.recv(1)                              # truth: tcp wait reason=127\.0\.0\.1
        meter.end('tcp')
        waker.ask(write)
        meter.begin()
        select.select([out_of], [], [])             # truth: select wait|idle reason=select
        meter.end('select')
        os.read(out_of, 1)
        waker.ask(write)
        meter.begin()
        poll.poll()                                 # truth: poll wait|idle reason=poll
        meter.end('poll')
        os.read(out_of, 1)
        waker.ask(write)
        meter.begin()
        epoll.poll()                                # truth: epoll wait|idle reason=epoll
        meter.end('epoll')
        os.read(out_of, 1)
        waker.ask(lock.release)
        meter.begin()
        lock.acquire()                              # truth: lock wait reason=[Ll]ock
        meter.end('lock')
        waker.ask(event.set)
        meter.begin()
        event.wait()                                # truth: event wait|idle total
        meter.end('event')
        event.clear()
        with condition:
            waker.ask(notify)
            meter.begin()
            condition.wait()                        # truth: condition wait|idle total
            meter.end('condition')
        waker.ask(lambda: tasks.put(1))
        meter.begin()
        tasks.get()                                 # truth: queue wait|idle total
        meter.end('queue')
        sleeper = threading.Thread(target=time.sleep, args=(WHILE,))
        sleeper.start()
        meter.begin()
        sleeper.join()                              # truth: join wait total
        meter.end('join')
        child = os.fork()
        if child == 0:
            time.sleep(WHILE)
            os._exit(0)
        meter.begin()
        os.waitpid(child, 0)                        # truth: waitpid wait
        meter.end('waitpid')
        program = subprocess.Popen([sys.executable, '-SE', '-c', ''])
        meter.begin()
        program.wait()                              # truth: child wait total
        meter.end('child')
    rounds(say_ready, one_round)


def tcp_pair():
    """The two ends of one connection over loopback."""
    listening = socket.socket()
    listening.bind(('127.0.0.1', 0))
    listening.listen(1)
    client = socket.create_connection(listening.getsockname())
    server = listening.accept()[0]
    listening.close()
    return server, client


def mixed(say_ready):
    """Lines of a service: some Python, a C call, a wait, again and again, each line its own class."""
    meter = Meter()
    # Not os.urandom(): from glibc 2.41 and Linux 6.11 on, getrandom(2) computes in user mode (vDSO).
    random = os.open('/dev/urandom', os.O_RDONLY)
    numbers, values = range(6000), [(i * 7919) % 100003 for i in range(15000)]

    def one_round():
        x = 1
        meter.begin()
        time.sleep(0.003)                           # truth: pause wait
        meter.end('pause')
        meter.begin()
        for i in numbers: x = (x * 3 + i) & 0xff    # truth: think python  # noqa: E701
        meter.end('think')
        meter.begin()
        sorted(values)                              # truth: sort native
        meter.end('sort')
        meter.begin()
        os.read(random, 1 << 19)                    # truth: entropy kernel
        meter.end('entropy')
    rounds(say_ready, one_round)


def joined(say_ready):
    """The main thread joins all the time, and has no part in what the two others do."""
    arrived = []

    def python():
        meter = Meter()
        numbers, x = range(300000), 1       # Some 15 ms: the readings at both ends are 0.1 % of it.
        arrived.append(1)
        while not STOP.is_set():
            meter.begin()
            for i in numbers: x = (x * 3 + i) & 0xff    # truth: worker busy+gil  # noqa: E701
            meter.end('worker')

    def sleeper():
        meter = Meter()
        arrived.append(1)
        while not STOP.is_set():
            meter.begin()
            time.sleep(0.02)                        # truth: nap wait+gil
            meter.end('nap')

    workers = [threading.Thread(target=work, name=work.__name__) for work in (python, sleeper)]
    for worker in workers:
        worker.start()
    meter = Meter()
    while len(arrived) < len(workers):
        time.sleep(0.001)
    say_ready()
    meter.begin()
    workers[0].join()                               # truth: main-join wait total
    meter.end('main-join')
    workers[1].join()


SCENARIOS = {'waits': waits, 'mixed': mixed, 'joined': joined}
