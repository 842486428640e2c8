"""The scenario of an event loop, for 3.6 and later: coroutines that compute, block, and await."""
import asyncio
import os
import time

from truth_meter import STOP, Meter

NUMBERS = range(8000)
RANDOM = os.open('/dev/urandom', os.O_RDONLY)


def loop(say_ready):
    meter = Meter()
    runner = asyncio.new_event_loop()
    runner.run_until_complete(rounds(meter, say_ready))     # truth: awaits idle total only-idle
    runner.close()


async def rounds(meter, say_ready):
    await one_round(meter)
    say_ready()
    while not STOP.is_set():
        await one_round(meter)


async def one_round(meter):
    await think(meter)
    meter.begin()
    time.sleep(0.004)                               # truth: blocks wait
    meter.end('blocks')
    meter.begin()
    await asyncio.sleep(0.006)
    meter.end('awaits')
    meter.begin()
    os.read(RANDOM, 1 << 19)                        # truth: reads kernel
    meter.end('reads')
    async for _ in produced(meter):
        meter.begin()
        sorted(NUMBERS, key=hash)                   # truth: sorts native
        meter.end('sorts')


async def think(meter):
    x = 1
    meter.begin()
    for i in NUMBERS: x = (x * 3 + i) & 0xff        # truth: thinks python  # noqa: E701
    meter.end('thinks')
    return x


async def produced(meter):
    x = 1
    for _ in range(2):
        meter.begin()
        for i in NUMBERS: x = (x * 3 + i) & 0xff    # truth: produces python  # noqa: E701
        meter.end('produces')
        yield x


SCENARIOS = {'loop': loop}
