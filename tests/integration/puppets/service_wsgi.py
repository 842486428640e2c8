"""A WSGI application for gunicorn: each request counts in Python, sorts in C and asks a backend."""
import random

import service_books

TO_COUNT = range(20000)
NUMBERS = [random.Random(each).sample(range(6000), 6000) for each in range(3)]

service_books.start_telling()


def application(environ, start_response):
    meter, backend, x = service_books.meter(), service_books.backend(), 1
    meter.begin()
    for i in TO_COUNT: x = (x * 3 + i) & 0xff   # truth: wsgi-count busy+gil  # noqa: E701
    meter.end('wsgi-count')
    meter.begin()
    for each in NUMBERS: sorted(each)           # truth: wsgi-sort native+gil  # noqa: E701
    meter.end('wsgi-sort')
    backend.sendall(b'?')
    meter.begin()
    backend.recv(1)                             # truth: wsgi-backend wait+gil reason=recv.socket.127\.0\.0\.1
    meter.end('wsgi-backend')
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
