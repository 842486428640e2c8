"""What only Python 3 has, for local_values.py: enums, typed named tuples, classes that say their attributes."""
import enum
import typing


class Colour(enum.Enum):
    RED = 1
    GREEN = 'g'


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


class Number(enum.IntEnum):
    TWO = 2


class Pair(typing.NamedTuple):
    left: int
    right: list


try:
    import dataclasses
except ImportError:  # 3.6
    class Typed:
        def __init__(self, name, size):
            self.name = name
            self.size = size

        def __repr__(self):
            return f'Typed(name={self.name!r}, size={self.size!r})'
else:
    @dataclasses.dataclass
    class Typed:
        name: str
        size: int
