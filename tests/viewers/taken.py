"""One profile of a real program (puppets/viewed.py), written in several formats at once, and what JSON says of it.

JSON with its stacks is the truth that a viewer's figures are compared with: all formats are of the same samples.
"""
import collections
import contextlib
import dataclasses
import os
import tempfile
import unicodedata

import harness
import matrix
import spyhop

SECONDS, RATE = 2, 200
CLASSES = ('python', 'native', 'kernel', 'wait', 'gil', 'runq', 'idle')


@dataclasses.dataclass(frozen=True)
class Cost:
    samples: int = 0
    ns: int = 0

    def __add__(self, other):
        return Cost(self.samples + other.samples, self.ns + other.ns)


class Taken:
    """`path(suffix)` is the file in the format of that suffix; `truth` the parsed JSON."""

    def __init__(self, folder, truth):
        self.folder, self.truth = folder, truth

    def path(self, suffix):
        return os.path.join(self.folder, 'profile' + suffix)

    def damaged(self, suffix, size=200):
        """A copy of the file that ends after `size` bytes."""
        path = os.path.join(self.folder, 'damaged' + suffix)
        with open(self.path(suffix), 'rb') as whole, open(path, 'wb') as part:
            part.write(whole.read()[:size])
        return path

    def stacks(self, tid=None):
        """All that JSON has, or those of one thread."""
        return [stack for stack in self.truth['stacks'] if tid in (None, stack['tid'])]

    def total(self):
        return sum((cost(stack) for stack in self.stacks()), Cost())


@contextlib.contextmanager
def taken(*suffixes, more=()):
    """Idle time counts, as it always does in JSON."""
    harness.can_trace()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix='spyhop-'))
        puppet = stack.enter_context(harness.Puppet(matrix.debian(), 'viewed.py'))
        outputs = [word for suffix in ('.json', *suffixes) for word in ('-o', os.path.join(folder, 'profile' + suffix))]
        result = spyhop.run('attach', '-p', puppet.pid, '-q', '-i', '--stacks', '-d', SECONDS, '-r', RATE, *outputs,
                            *more).expect(spyhop.DONE)
        truth = spyhop.load(os.path.join(folder, 'profile.json'), result)
        assert truth['sampling']['samples'] > RATE / 2, f'hardly sampled: {truth["sampling"]}'
        yield Taken(folder, truth)


def cost(stack):
    return Cost(stack['samples'], nanoseconds(stack['s']))


def nanoseconds(seconds):
    """JSON gives seconds with all their digits."""
    return round(seconds * 1e9)


def escaped(text, also=''):
    """As report/escape.h does for a terminal."""
    short = {'\n': '\\n', '\r': '\\r', '\t': '\\t'}
    shown = []
    for char in text:
        if char in short:
            shown.append(short[char])
        elif ord(char) < 0x80 and (unicodedata.category(char) == 'Cc' or char in also):
            shown.append(f'\\x{ord(char):02x}')
        elif unicodedata.category(char) in ('Cc', 'Cf', 'Zl', 'Zp'):
            shown.append(f'\\u{ord(char):04x}')
        else:
            shown.append(char)
    return ''.join(shown)


def place(frame):
    """The file, or for native code the module, as viewers are shown it."""
    return escaped(frame.get('module') or frame['file']) or ('[kernel]' if frame['kind'] == 'kernel' else '')


def by_function(stacks):
    """{(file, function): (self, total)} in Cost; a function counts once a stack."""
    selves, totals = collections.defaultdict(Cost), collections.defaultdict(Cost)
    for stack in stacks:
        names = [(place(frame), escaped(frame['function'])) for frame in stack['frames']] or [('', '(no stack)')]
        for name in set(names):
            totals[name] += cost(stack)
        selves[names[-1]] += cost(stack)
    return {name: (selves[name], total) for name, total in totals.items()}
