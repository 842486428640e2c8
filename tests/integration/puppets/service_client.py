"""The world around a service: a backend that answers after a while, and clients that ask the service over and over.

Commands: `port` tells the backend's; `load PORT N` has N clients from now on; `served` tells how many answers they
got.
"""
import http.client
import socket
import time

import quiet

WHILE = 0.04
SERVED = []
WANTED = [0]


def serve_one(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while connection.recv(1):
        time.sleep(WHILE)
        connection.sendall(b'!')


def backend(listening):
    while True:
        connection = listening.accept()[0]
        quiet.start(lambda connection=connection: serve_one(connection), 'backend')


def client(port, number):
    connection = http.client.HTTPConnection('127.0.0.1', port)
    while number < WANTED[0]:
        connection.request('GET', '/')
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'ok')
        SERVED.append(1)


def load(arguments):
    port, clients = map(int, arguments.split())
    before, WANTED[0] = WANTED[0], clients
    for number in range(before, clients):
        quiet.start(lambda number=number: client(port, number), 'client')
    return True


if __name__ == '__main__':
    backend_socket = socket.create_server(('127.0.0.1', 0))
    quiet.start(lambda: backend(backend_socket), 'backend')
    quiet.serve({'port': lambda _: backend_socket.getsockname()[1], 'load': load, 'served': lambda _: len(SERVED)})
