"""Tasks at work whose time is known by the chain of who awaits them, for 3.7 and later.

`task_chains.py [python|uvloop] SHAPE`. Each piece of work books its CPU time to the chain that asked for it; a line on
stdin is answered with the books so far.
"""
import asyncio
import json
import os
import sys
import threading
import time

NAMED = sys.version_info >= (3, 8)
BOOKS = {}


def spawn(coroutine, label=None):
    task = asyncio.get_event_loop().create_task(coroutine)
    if label and NAMED:
        task.set_name(label)
    return task


def burn(seconds, label):
    begin = now = time.thread_time()
    while now - begin < seconds:
        for _ in range(200):
            pass
        now = time.thread_time()
    BOOKS[label] = BOOKS.get(label, 0) + now - begin


def by_a(seconds):
    burn(seconds, 'a')


def by_b(seconds):
    burn(seconds, 'b')


async def query(work, seconds):
    """What all of them share."""
    await asyncio.sleep(0)
    work(seconds)


async def handle(work, seconds):
    """One of two: it awaits its query in a task of its own each time."""
    while True:
        await spawn(query(work, seconds))
        await asyncio.sleep(0)


async def shape_parents(scale='0.004'):
    spawn(handle(by_a, float(scale)), 'A')
    spawn(handle(by_b, 3 * float(scale)), 'B')


async def gatherer(work, seconds):
    while True:
        await asyncio.gather(query(work, seconds), query(work, seconds))


async def waiter(work, seconds):
    while True:
        await asyncio.wait([spawn(query(work, seconds)), spawn(query(work, seconds))])


async def limiter(work, seconds):
    while True:
        await asyncio.wait_for(spawn(query(work, seconds)), 1000)


async def shielder(work, seconds):
    while True:
        await asyncio.shield(spawn(query(work, seconds)))


async def grouper(work, seconds):
    while True:
        async with asyncio.TaskGroup() as group:
            group.create_task(query(work, seconds))
            group.create_task(query(work, seconds))


async def outer(inner):
    """Two tasks above the one that works."""
    await spawn(middle(inner), 'middle')


async def middle(inner):
    await inner


def waits_for(label):
    def work(seconds):
        burn(seconds, label)
    return work


async def shape_kinds():
    kinds = {'gather': gatherer, 'wait': waiter, 'wait_for': limiter, 'shield': shielder}
    if sys.version_info >= (3, 11):
        kinds['group'] = grouper
    for label, kind in kinds.items():
        spawn(outer(kind(waits_for(label), 0.005)), label)


async def shape_eager():
    asyncio.get_event_loop().set_task_factory(asyncio.eager_task_factory)
    spawn(eager(), 'eager')


async def eager():
    while True:
        await asyncio.sleep(0)
        await spawn(at_once(), 'child')


async def at_once():
    by_a(0.005)


async def shape_blocking():
    spawn(blocking(), 'blocking')


async def blocking():
    while True:
        await spawn(block())


async def block():
    time.sleep(0.02)


async def shape_idle():
    threading.Thread(target=alone, daemon=True).start()


def alone():
    for _ in generated():
        pass


def generated():
    while True:
        by_a(0.001)
        yield


async def books(shape, arguments):
    loop = asyncio.get_event_loop()
    await globals()['shape_' + shape](*arguments)
    print('ready ' + json.dumps({'pid': os.getpid()}), flush=True)
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            os._exit(0)
        print(json.dumps(BOOKS), flush=True)


def use_tasks_of_python():
    asyncio.tasks.Task = asyncio.Task = asyncio.tasks._PyTask
    asyncio.futures.Future = asyncio.Future = asyncio.futures._PyFuture


def main(*arguments):
    arguments = list(arguments)
    if 'python' in arguments:
        arguments.remove('python')
        use_tasks_of_python()
    if 'uvloop' in arguments:
        arguments.remove('uvloop')
        __import__('uvloop').install()
    asyncio.run(books(arguments[0], arguments[1:]))


main(*sys.argv[1:])
