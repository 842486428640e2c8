"""Asyncio tasks of every shape, for 3.7 and later: chains, gathers, a ring, waiters, and one that computes.

`tasks.py SHAPE [python|uvloop] [COUNT]`. Ready when every task is where it stays, with what asyncio says of them.
"""
import asyncio
import json
import os
import sys
import threading

NAMED = sys.version_info >= (3, 8)
LABELS = {}     # of tasks, which 3.7 cannot name


def spawn(coroutine, label=None):
    task = asyncio.get_event_loop().create_task(coroutine)
    if label:
        LABELS[task] = label
        if NAMED:
            task.set_name(label)
    return task


async def deep():
    await asyncio.sleep(1000)


async def left(task):
    await middle(task)


async def middle(task):
    await task


async def produced(queue):
    while True:
        yield await queue.get()


async def consume(queue):
    async for _ in produced(queue):
        pass


async def lock_up(lock):
    async with lock:
        pass


async def hang(future):
    await future


async def watch(event):
    await event.wait()


async def limited(task):
    await asyncio.wait_for(task, 1000)


async def first_of(tasks):
    await asyncio.wait(tasks)


async def group(one, other):
    await asyncio.gather(one, other)


async def grouped():
    async with asyncio.TaskGroup() as tasks:
        LABELS[tasks.create_task(deep(), name='member')] = 'member'


async def shape_chain():
    lock = asyncio.Lock()
    await lock.acquire()
    LABELS[lock] = None         # lives as long as the program
    spawn(group(spawn(left(spawn(deep(), 'deep')), 'left'), spawn(consume(asyncio.Queue()), 'right')), 'root')
    spawn(lock_up(lock), 'locked')
    spawn(hang(asyncio.get_event_loop().create_future()))
    spawn(watch(asyncio.Event()), 'watch')
    spawn(limited(spawn(deep(), 'inner')), 'limited')
    spawn(first_of([spawn(deep(), 'w1'), spawn(deep(), 'w2')]), 'first')
    if sys.version_info >= (3, 11):
        spawn(grouped(), 'grouped')


async def ring(others, index):
    await asyncio.sleep(0)
    await others[(index + 1) % len(others)]


async def shape_ring():
    tasks = []
    tasks += [spawn(ring(tasks, index), 'ring-' + 'abc'[index]) for index in range(3)]


async def shape_many(count):
    for index in range(int(count)):
        spawn(deep(), 'many-%d' % index)


def compute():
    number = 1
    while True:
        number = (number * 3 + 1) & 0xffff


async def spin():
    while any(task._fut_waiter is None for task in LABELS if task is not asyncio.current_task()):
        await asyncio.sleep(0)
    say_ready()
    compute()


async def shape_busy():
    spawn(spin(), 'busy')
    spawn(deep(), 'deep')
    await asyncio.sleep(1000)


async def child():
    await asyncio.sleep(0)


async def parent():
    await asyncio.gather(*[spawn(child(), 'child') for _ in range(10)])


async def shape_churn():
    say_ready()
    while True:
        await spawn(parent(), 'parent')
        LABELS.clear()


async def elsewhere(started):
    asyncio.current_task().set_name('other')
    started.append(threading.get_native_id())
    await deep()


async def shape_loops():
    started = []
    threading.Thread(target=lambda: asyncio.run(elsewhere(started)), daemon=True).start()
    while not started:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    say_ready(other=started[0])
    await asyncio.sleep(1000)


async def hold(_):
    await asyncio.Event().wait()


async def ask(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await reader.readline()
    writer.close()


async def shape_aiohttp():
    from aiohttp import web
    application = web.Application()
    application.router.add_get('/', hold)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', 0).start()
    spawn(ask(*runner.addresses[0][:2]), 'client')
    while not any(waits_in(task, 'hold') for task in asyncio.all_tasks()):
        await asyncio.sleep(0.001)


def waits_in(task, name):
    coroutine = task.get_coro()
    while coroutine is not None and hasattr(coroutine, 'cr_await'):
        if coroutine.__name__ == name:
            return True
        coroutine = coroutine.cr_await
    return False


def describe(task):
    coroutine = task.get_coro() if hasattr(task, 'get_coro') else task._coro
    stack = task.get_stack()
    return {'id': hex(id(task)), 'name': task.get_name() if NAMED else '', 'label': LABELS.get(task),
            'loop': hex(id(asyncio.get_event_loop())), 'coroutine': coroutine.__qualname__,
            'line': stack[-1].f_lineno if stack else 0}


def say_ready(**more):
    tasks = [describe(task) for task in asyncio.all_tasks()]
    print('ready ' + json.dumps(dict(more, pid=os.getpid(), tasks=tasks)), flush=True)


async def answer(shape, arguments):
    LABELS[asyncio.current_task()] = 'main'
    if NAMED:
        asyncio.current_task().set_name('main')
    await globals()['shape_' + shape](*arguments)
    for _ in range(10):
        await asyncio.sleep(0)
    say_ready()
    await asyncio.get_event_loop().create_future()


def use_tasks_of_python():
    asyncio.tasks.Task = asyncio.Task = asyncio.tasks._PyTask
    asyncio.futures.Future = asyncio.Future = asyncio.futures._PyFuture
    for name in ('current_task', 'all_tasks'):      # 3.14+: those of C know only tasks of C
        own = getattr(asyncio.tasks, '_py_' + name, getattr(asyncio, name))
        setattr(asyncio, name, own)
        setattr(asyncio.tasks, name, own)


def main(shape, *arguments):
    if shape == 'none':
        print('ready', flush=True)
        sys.stdin.read()
        return
    if 'python' in arguments:
        use_tasks_of_python()
    if 'uvloop' in arguments:
        __import__('uvloop').install()
    asyncio.run(answer(shape, [each for each in arguments if each.isdigit()]))


if __name__ == '__main__':
    main(*sys.argv[1:])
