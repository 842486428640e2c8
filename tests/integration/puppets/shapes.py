# -*- coding: utf-8 -*-
"""A thread for each shape a stack can have, all parked. Arguments: `deep N` for one recursion only, else all shapes."""
from __future__ import print_function

import functools
import gc
import os
import re
import sys
import threading
import weakref

import quiet
from quiet import park, park_in_lock

SHAPES = []


def shape(function):
    SHAPES.append(function)
    return function


def recurse(depth):
    if depth:
        return recurse(depth - 1)
    return park()


@shape
def recursion_5000():
    recurse(5000 - 3)


@shape
def generator():
    def inner():
        yield 1
        park()
        yield 2

    def outer():
        for value in inner():
            yield value * 2
    list(outer())


@shape
def generator_expression():
    sum(park() or each for each in (x for x in range(3)))


@shape
def comprehensions():
    [{y: [park_in_lock() for z in range(2)] for y in range(2)} for x in range(2)]


@shape
def lambdas():
    (lambda one: (lambda two: park() or two)(one))(1)


@shape
def class_body():
    class Outer(object):
        attribute = 1

        class Inner(object):
            attribute = (
                2,
                park(),
            )


@shape
def exec_string():
    exec("def inner():\n    x = 1\n    park_in_lock()\n\ninner()\n", dict(globals()))


@shape
def exec_named():
    source = "\n\n\ndef inner():\n    return [\n        1,\n        park()]\ninner()\n"
    exec(compile(source, 'generated/template line', 'exec'), dict(globals()))


def traced(argument):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper
    return decorate


@shape
@traced(1)
@traced(
    2
)
def decorators():
    park()


def combine(*values):
    return values


@shape
def call_over_lines():
    return combine(
        1,
        combine(
            2,
            park_in_lock(),
            3,
        ),
        4,
    )


@shape
def expression_over_lines():
    one = 1
    return (one
            + one
            - (park() or
               one)
            + one)


@shape
def dictionary_over_lines():
    return {
        'a': 1,
        'b': combine(2)[0],
        'c': park(),
        'd': 4,
    }


@shape
def in_finally():
    try:
        try:
            raise KeyError('x')
        finally:
            park()
    except KeyError:
        pass


@shape
def in_handler():
    try:
        [][1]
    except KeyError:
        pass
    except IndexError as error:
        combine(error,
                park())


class Manager(object):
    def __enter__(self):
        return self

    def __exit__(self, *details):
        park_in_lock()


@shape
def in_exit():
    with Manager() as manager:
        combine(manager)


@shape
def in_with():
    with threading.Lock():
        with open(os.devnull) as file:
            combine(file)
            park()


@shape
def backward_jump():
    turn = 0
    while True:
        turn += 1
        if turn < 3:
            continue
        for each in range(5):
            if each == turn:
                park()
        combine(turn)


@shape
def sorted_with_key():
    sorted([3, 1, 2],
           key=lambda value: park() if value == 1 else value)


@shape
def reduce_in_c():
    functools.reduce(lambda left, right: park_in_lock() or left, [1, 2, 3])


@shape
def substitute():
    re.sub('b', lambda match: park(), 'abc')


class Attributes(object):
    @property
    def computed(self):
        return park()

    def __getattr__(self, name):
        return self.computed

    def __lt__(self, other):
        return self.missing


@shape
def special_methods():
    return Attributes() < Attributes()


class Dying(object):
    __slots__ = ()       # not tracked by the collector, so 2.7 runs __del__ from it too

    def __del__(self):
        park()


@shape
def finalizer_in_collector():
    cycle = [Dying()]
    cycle.append(cycle)
    del cycle
    gc.collect()


class Referent(object):
    pass


@shape
def weak_callback():
    referent = Referent()
    reference = weakref.ref(referent, lambda dead: park())
    del referent
    return reference


@shape
def nested_calls_on_one_line():
    combine(combine(1), combine(2, park()), combine(3))


def start_all():
    import names
    threading.stack_size(256 << 20)
    quiet.start(recursion_5000)
    threading.stack_size(1 << 20)
    shapes = SHAPES[1:] + names.SHAPES
    if sys.version_info[0] > 2:
        import shapes3
        shapes += shapes3.SHAPES
    for each in shapes:
        quiet.start(each, getattr(each, 'thread_name', None))
    return 1 + len(shapes) + names.start_crowd()


def start_deep(depth):
    threading.stack_size(256 << 20)
    quiet.start(lambda: recurse(depth - 5), 'deep')
    return 1


def main(arguments):
    sys.setrecursionlimit(200000)
    expected = start_deep(int(arguments[1])) if arguments else start_all()
    quiet.serve({'settle': lambda _: quiet.settle(expected), 'truth': quiet.truth})


if __name__ == '__main__':
    main(sys.argv[1:])
