"""A WSGI application whose work has a name of its own, for servers which embed or fork an interpreter."""
import threading


def work_of_the_application():
    total = 0
    while True:
        total += 1


def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok']


WORKER = threading.Thread(target=work_of_the_application, name='application')
WORKER.daemon = True
WORKER.start()
