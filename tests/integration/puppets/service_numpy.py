"""A numpy job that fetches each batch from a backend: products, sorts, elementwise work with and without the GIL; a thread
beside it loads data, into fresh memory and from a file.
"""
import tempfile

import numpy as np

import quiet
import service_books

SIDE, LONG = 256, 200000


def compute():
    backend = service_books.backend()
    random = np.random.default_rng(1)
    a, b, shuffled = random.random((SIDE, SIDE)), random.random((SIDE, SIDE)), random.random(60000)
    x, out, objects = random.random(LONG), np.empty(LONG), np.arange(40000).astype(object)
    while True:
        meter = service_books.meter()
        backend.sendall(b'?')
        meter.begin()
        backend.recv(1)                             # truth: batch wait+gil reason=recv.socket.127\.0\.0\.1
        meter.end('batch')
        meter.begin()
        a @ b                                       # truth: product native
        meter.end('product')
        meter.begin()
        np.sort(shuffled)                           # truth: np-sort native total
        meter.end('np-sort')
        meter.begin()
        np.exp(x, out=out)                          # truth: without-gil native
        meter.end('without-gil')
        meter.begin()
        objects.sum()                               # truth: with-gil native total
        meter.end('with-gil')


def load(file):
    backend = service_books.backend()
    while True:
        meter = service_books.meter(with_system=True)
        backend.sendall(b'?')
        meter.begin()
        backend.recv(1)                             # truth: load-batch wait+gil reason=recv.socket.127\.0\.0\.1
        meter.end('load-batch')
        meter.begin()
        fresh = np.full(1 << 20, 1.0)               # truth: fresh kernel-split total
        meter.end('fresh')
        del fresh
        meter.begin()
        np.fromfile(file.name)                      # truth: file kernel-split
        meter.end('file')


if __name__ == '__main__':
    with tempfile.NamedTemporaryFile() as scratch:
        np.ones(1 << 20).tofile(scratch.name)
        quiet.start(lambda: load(scratch), 'loader')
        service_books.start_telling()
        compute()
