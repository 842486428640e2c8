"""Two call chains that alternate without pause and share nothing but the module frame. Arguments: VARIANT THREADS.

A sampler that reads while it runs sees half of one chain on half of the other. Each function calls only its successor,
so which function may stand on which line is a fact of this source: the test reads it from here.
"""
import sys
import time

import quiet

try:
    import _thread
except ImportError:
    import thread as _thread


def alpha_1(n):
    return alpha_2(n) + 1


def alpha_2(n):
    n += 1
    return alpha_3(n)


def alpha_3(n):
    return alpha_4(
        n)


def alpha_4(n):
    return alpha_5(n) - 1


def alpha_5(n):
    total = n
    total += 1
    return total


def beta_1(n):
    n += 1
    return beta_2(n)


def beta_2(n):
    return beta_3(n) + 1


def beta_3(n):
    m = n
    return beta_4(m)


def beta_4(n):
    return beta_5(
        n) + 1


def beta_5(n):
    total = n + 1
    total -= 1
    return total


class Left(object):
    def left_1(self):
        return self.left_2(1)

    def left_2(self, a):
        return self.left_3(a, 2)

    def left_3(self, a, b):
        c = a + b
        return self.left_4(c)

    def left_4(self, a):
        return self.left_5() + a

    def left_5(self):
        one = 1
        return one


class Right(object):
    def right_1(self):
        a = 1
        return self.right_2(a)

    def right_2(self, a):
        return self.right_3() + a

    def right_3(self):
        return self.right_4(1, 2, 3)

    def right_4(self, a, b, c):
        return self.right_5(a + b + c)

    def right_5(self, a):
        a += 1
        return a


def odd_1():
    for each in odd_2():
        yield each


def odd_2():
    for each in odd_3():
        yield each + 1


def odd_3():
    for each in odd_4():
        yield each


def odd_4():
    for each in odd_5():
        yield each + 2


def odd_5():
    yield 1
    yield 2


def even_1():
    for each in even_2():
        each += 1
        yield each


def even_2():
    for each in even_3():
        yield each


def even_3():
    for each in even_4():
        yield each - 1


def even_4():
    for each in even_5():
        yield each


def even_5():
    one = 1
    yield one
    yield one + 1


LEFT, RIGHT = Left(), Right()
STARTED = []
LOOPS = {
    'functions': 'STARTED.append(1)\nwhile True:\n    alpha_1(1)\n    beta_1(1)\n',
    'methods': 'STARTED.append(1)\nwhile True:\n    LEFT.left_1()\n    RIGHT.right_1()\n',
    'generators': 'STARTED.append(1)\nwhile True:\n    for odd in odd_1(): pass\n    for even in even_1(): pass\n',
}


def main(variant, threads):
    loop = compile(LOOPS[variant], 'churn loop', 'exec')
    for _ in range(threads - 1):
        _thread.start_new_thread(eval, (loop, globals()))
    while len(STARTED) < threads - 1:
        time.sleep(0.001)
    quiet.say({}, 'ready ')
    eval(loop, globals())


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
