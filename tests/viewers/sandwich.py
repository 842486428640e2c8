"""The figures of speedscope's Sandwich table, which it rounds: `600.00ms (60%)`, `1,234 (56%)`."""
import collections
import re

UNITS = {'ns': 1, 'µs': 1000, 'ms': 10**6, 's': 10**9}


def count(cell):
    return int(cell.split(' ')[0].replace(',', ''))


def nanoseconds(cell):
    """(what it says, how far that may be off): two decimals are shown."""
    number, unit = re.fullmatch(r'([\d.]+)(ns|µs|ms|s) \(.*\)', cell).groups()
    return float(number) * UNITS[unit], 0.006 * UNITS[unit]


def complaints(rows, expected):
    """What differs. `expected` is a list of (name, self ns, total ns); a name may be there several times, as in the table."""
    wrong = []
    for column, index in (('self', 1), ('total', 2)):
        shown, wanted = collections.defaultdict(list), collections.defaultdict(list)
        for row in rows:
            shown[row['function']].append(nanoseconds(row[column]))
        for row in expected:
            wanted[row[0]].append(row[index])
        for name in {*shown, *wanted}:
            if len(shown[name]) != len(wanted[name]) or any(
                    abs(found - right) > slack
                    for (found, slack), right in zip(sorted(shown[name]), sorted(wanted[name]))):
                wrong.append(f'{column} of {name!r}: {sorted(shown[name])}, not {sorted(wanted[name])}')
    return wrong
