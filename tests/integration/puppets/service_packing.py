"""A WSGI application for gunicorn: each request packs and hashes a page without the GIL, sorts with it, and asks a backend."""
import hashlib
import os
import zlib

import service_books

PAGE = os.urandom(20000) * 3
WORDS = [os.urandom(4).hex() for _ in range(1000)]

service_books.start_telling()


def application(environ, start_response):
    meter, backend = service_books.meter(), service_books.backend()
    meter.begin()
    packed = zlib.compress(PAGE)
    digest = hashlib.sha256(packed).hexdigest()
    words = sorted(WORDS, key=lambda word: word[::-1])
    backend.sendall(b'?')
    backend.recv(1)
    meter.end('request')
    start_response('200 OK', [('Content-Length', '2'), ('ETag', digest + words[0])])
    return [b'ok']
