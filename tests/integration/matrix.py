"""Runs a TestCase once on each interpreter: the class decorator of the integration tests.

Each generated class is named after its interpreter (`Stacks_3_11_7_pyenv`), so `-k 3_11` narrows a run and a report names
the version that failed. A required interpreter that is missing is a failing class, not a shorter run.
"""
import os
import re
import sys
import unittest

import interpreters

# One for each way CPython has kept its frames, its line tables and its GIL, and each way of finding it.
REPRESENTATIVES = ['2.7', '3.8', '3.10', '3.11.*-debian', '3.11.*-pyenv', '3.12', '3.13', '3.14', '3.15']


def everywhere():
    return bool(os.environ.get('SPYHOP_FULL'))


def amount(variable, usual, full):
    """How much to do: the variable's value, else the full proof with SPYHOP_FULL=1, else the usual."""
    return int(os.environ.get(variable) or (full if everywhere() else usual))


def on_each_interpreter(case):
    """A copy of `case` for each interpreter, with `python` set; the failing ones for those missing."""
    _spread(case, interpreters.discover())
    for pattern, why in interpreters.missing():
        _publish(case, 'missing_' + pattern, {**_blank(case), 'test_it_is_there': _complaint(why)}, unittest.TestCase)


def on_representatives(case):
    """As on_each_interpreter for tests that cost seconds: one interpreter a frame model, all with SPYHOP_FULL=1."""
    chosen = {}
    for pattern in REPRESENTATIVES:
        fitting = [each for each in interpreters.discover() if each.matches(pattern)]
        if fitting:
            chosen[fitting[0].name] = fitting[0]
    narrowed = everywhere() or interpreters.wanted()
    _spread(case, interpreters.discover() if narrowed else chosen.values())


def newest(minimum=(3, 11)):
    """One interpreter for tests that need any: the newest stable one that runs outside a chroot."""
    fitting = [each for each in interpreters.discover() if not each.root and 'free-threaded' not in each.flags]
    if not fitting or fitting[-1].version < minimum:
        raise unittest.SkipTest('no CPython of %d.%d or later outside a chroot' % minimum)
    return fitting[-1]


def debian():
    """/usr/bin/python3.11, or a skip that says so."""
    for each in interpreters.every():
        if each.matches('3.11.*-debian'):
            return each
    raise unittest.SkipTest('no /usr/bin/python3.11')


def _spread(case, pythons):
    for python in pythons:
        _publish(case, python.name, {**_blank(case), 'python': python}, case)


def _blank(case):
    return {'__module__': case.__module__, '__doc__': None}


def _publish(case, label, body, base):
    name = case.__name__ + '_' + re.sub(r'\W+', '_', label)
    setattr(sys.modules[case.__module__], name, type(name, (base,), body))


def _complaint(why):
    def complain(self):
        if os.environ.get('SPYHOP_ALLOW_MISSING'):
            self.skipTest(why)
        self.fail(why)
    return complain
