"""What the services of test_timing_services.py share: each thread's books, a backend to ask, and who tells the books to the test.

The test gives each service a listening unix socket (`TELL_FD`): a connection that sends `BEGIN END` gets the books between
those moments (truth_meter.py) and the pid; after `close` none are kept, so that strace does not see the calls that keeping them
costs. A thread of its own answers, so that the service's threads do what they always do.
"""
import json
import os
import socket
import threading

import truth_meter

BACKEND = ('127.0.0.1', int(os.environ['BACKEND_PORT']))
OWN = threading.local()
CLOSED = threading.Event()


class NoBooks:
    def begin(self):
        pass

    def end(self, label):
        pass


def meter(with_system=False):
    """The calling thread's books."""
    if CLOSED.is_set():
        return NoBooks()
    if not hasattr(OWN, 'meter'):
        OWN.meter = truth_meter.Meter(with_system=with_system)
    return OWN.meter


def backend():
    """The calling thread's connection to the backend, which answers each byte with one, a while later."""
    if not hasattr(OWN, 'backend'):
        OWN.backend = socket.create_connection(BACKEND)
    return OWN.backend


def tell():
    listening = socket.socket(fileno=int(os.environ['TELL_FD']))
    while True:
        connection = listening.accept()[0]
        with connection:
            answer = answer_to(connection.recv(256).decode())
            connection.sendall(json.dumps(answer).encode() + b'\n')


def answer_to(command):
    if command == 'close':
        CLOSED.set()
        return True
    start, end = map(float, command.split())
    return {'pid': os.getpid(), 'entries': truth_meter.told(start, end)}


def start_telling():
    threading.Thread(target=tell, name='books', daemon=True).start()
