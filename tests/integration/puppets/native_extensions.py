"""Threads parked below C++, Cython and numpy; see native_shapes.py. Arguments: the libraries built of thrower.cc, cythonic.pyx."""
import ctypes
import importlib.util
import sys

import numpy
import quiet
from native_shapes import parked

SHAPES = []


def shape(function):
    SHAPES.append(function)
    return function


@shape
def cpp_exception():
    callback = ctypes.CFUNCTYPE(None)(parked)
    ctypes.CDLL(sys.argv[1]).throw_and_catch(callback)


@shape
def cython_function():
    spec = importlib.util.spec_from_file_location('cythonic', sys.argv[2])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.calls_back(parked, 3)


@shape
def numpy_ufunc():
    numpy.frompyfunc(parked, 1, 1)(numpy.arange(3))


@shape
def numpy_sort():
    numpy.sort(numpy.array([Ordered(3), Ordered(1), Ordered(2)], dtype=object))


class Ordered:
    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return parked()


if __name__ == '__main__':
    for each in SHAPES:
        quiet.start(each)
    quiet.serve({'settle': lambda _: quiet.settle(len(SHAPES)), 'truth': quiet.truth})
