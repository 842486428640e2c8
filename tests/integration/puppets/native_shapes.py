"""A thread for each way in which C and Python call one another, all parked; see quiet.py."""
import ctypes
import functools
import threading

import quiet
from quiet import park, park_in_lock

SHAPES = []


def shape(function):
    SHAPES.append(function)
    return function


def parked(*_):
    park()
    return 0


@shape
def python_only():
    def inner(depth):
        return inner(depth - 1) if depth else park()
    inner(20)


@shape
def builtin_map():
    list(map(parked, [1, 2]))


@shape
def sorted_with_key():
    sorted([3, 1, 2], key=parked)


@shape
def sort_method():
    [3, 1, 2].sort(key=lambda each: park_in_lock())


@shape
def reduce():
    functools.reduce(lambda a, b: park(), [1, 2, 3])


@shape
def partial():
    functools.partial(functools.partial(parked, 1), 2)()


@shape
def ctypes_callback():
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(parked)
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    ctypes.CDLL(None).qsort(numbers, ctypes.c_size_t(3), ctypes.c_size_t(4), compare)


@shape
def mutual_recursion_of_c_and_python():
    def descend(depth):
        return sorted([depth], key=lambda each: descend(depth - 1)) if depth else park()
    descend(60)


@shape
def generator_driven_from_c():
    def outer():
        for each in inner():
            yield each

    def inner():
        park()
        yield 1
    sum(outer())


@shape
def method_calls():
    class Called(object):
        def __init__(self):
            self.value = len(self)

        def __len__(self):
            return self.attribute

        @property
        def attribute(self):
            return parked()
    Called()


@shape
def in_another_thread():
    thread = threading.Thread(target=parked, name='started')
    thread.daemon = True
    thread.start()
    park_in_lock()


if __name__ == '__main__':
    for each in SHAPES:
        quiet.start(each)
    quiet.serve({'settle': lambda _: quiet.settle(len(SHAPES) + 1), 'truth': quiet.truth})
