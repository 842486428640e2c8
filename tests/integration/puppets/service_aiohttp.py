"""An aiohttp application on the socket `LISTEN_FD`: each request counts in Python, sorts in C and awaits a backend."""
import asyncio
import os
import random
import socket

from aiohttp import web

import service_books

TO_COUNT = range(20000)
NUMBERS = [random.Random(each).sample(range(6000), 6000) for each in range(3)]
CONNECTIONS = []


async def handle(request):
    connection = CONNECTIONS.pop() if CONNECTIONS else await asyncio.open_connection(*service_books.BACKEND)
    work(service_books.meter())
    reader, writer = connection
    writer.write(b'?')
    await reader.readexactly(1)
    CONNECTIONS.append(connection)
    return web.Response(text='ok')


def work(meter):
    x = 1
    meter.begin()
    for i in TO_COUNT: x = (x * 3 + i) & 0xff   # truth: aiohttp-count python  # noqa: E701
    meter.end('aiohttp-count')
    meter.begin()
    for each in NUMBERS: sorted(each)           # truth: aiohttp-sort native  # noqa: E701
    meter.end('aiohttp-sort')


if __name__ == '__main__':
    service_books.start_telling()
    application = web.Application()
    application.router.add_get('/', handle)
    web.run_app(application, sock=socket.socket(fileno=int(os.environ['LISTEN_FD'])), print=None)
