"""Shapes that Python 2.7 has no syntax for; those newer than 3.6 are strings, compiled where they can be."""
import asyncio
import sys

from quiet import park, park_in_lock

SHAPES = []


def shape(function):
    SHAPES.append(function)
    return function


@shape
def yield_from():
    def innermost():
        yield 1
        yield (
            park_in_lock()
        )

    def middle():
        yield from innermost()

    def outer():
        result = yield from middle()
        return result
    list(outer())


async def leaf():
    park()


async def branch(depth):
    if depth:
        return await branch(
            depth - 1)
    await leaf()


@shape
def coroutines():
    try:
        branch(10).send(None)
    except StopIteration:
        pass


@shape
def event_loop():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(branch(3))


class AsyncManager:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *details):
        await leaf()


async def numbers():
    for number in range(3):
        yield number


async def asynchronous_syntax():
    async with AsyncManager():
        return [number
                async for number in numbers()]


@shape
def async_with():
    asyncio.new_event_loop().run_until_complete(asynchronous_syntax())


@shape
def async_generator():
    async def produce():
        yield 1
        park()
        yield 2

    async def consume():
        async for each in produce():
            each += 1
    asyncio.new_event_loop().run_until_complete(consume())


@shape
def throw_into_generator():
    def catching():
        try:
            yield
        except ValueError:
            yield park()
    generator = catching()
    next(generator)
    generator.throw(ValueError)


class Meta(type):
    def __prepare__(name, bases):
        return {}

    def __new__(mcs, name, bases, body):
        park()


@shape
def metaclass():
    class Made(metaclass=Meta):
        pass


@shape
def formatted():
    class Shown:
        def __format__(self, spec):
            return park() or ''
    return f'''{1}
        {Shown():>10}
    '''


NEWER = [
    ((3, 8), 'walrus', '''
if (value := (
        park() or 1)):
    pass
'''),
    ((3, 10), 'match_statement', '''
class Point:
    __match_args__ = ('x', 'y')
    y = 2

    @property
    def x(self):
        return park()

match Point():
    case Point(
            1,
            2):
        pass
    case _:
        pass
'''),
    ((3, 11), 'exception_group', '''
def group():
    try:
        raise ExceptionGroup('g', [ValueError(1)])
    except* ValueError:
        park()
group()
'''),
    ((3, 12), 'type_parameters', '''
def generic[T: (park_in_lock(), int)](value: T) -> T:
    return value
class Box[T]:
    bound = generic.__type_params__[0].__constraints__
'''),
    ((3, 12), 'inlined_comprehension_in_class', '''
class Body:
    values = [
        park() for each in range(3)
        if each == 1
    ]
'''),
]


def compiled(name, source):
    code = compile(source, '<%s>' % name, 'exec')

    def run():
        exec(code, {'park': park, 'park_in_lock': park_in_lock})
    run.__name__ = name
    return run


for minimum, title, body in NEWER:
    if sys.version_info >= minimum:
        SHAPES.append(compiled(title, body))
