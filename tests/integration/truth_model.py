"""What a profile must say of puppets that book their time, how far it may be off. Pure: takes JSON and the puppet's books.

A comment `# truth: LABEL KIND [WORD ...]` in a puppet says what its line is. LABEL is an account of truth_meter.py (`*`: each
of the thread's accounts of that kind which no other line names). KIND says how wall, CPU and run queue time of the account
fall into classes (KINDS). Words: `total` (what is called from the line counts; else the line's own time), `self of=LABEL`
(the own time of a line inside another account), `reason=REGEX` (of its waits), `holder` (its GIL waits name a labelled line),
`gil-in-thread` (which line the GIL is waited for at is up to the version), `only-idle` (the line holds other accounts too),
`asleep` (blocked for as long as anybody looks: none of it is run queue time, though Linux 6.18 was seen to count a whole sleep
as such when it ended on a busy machine), `contended` (others want the GIL meanwhile: 2.7 then hands it over every hundred
instructions, in the kernel).

A share p of a thread's time may be off by 3 sqrt(p (1 - p) / n) for n samples of the thread (counted as worth()), and 1 point;
where user time is told from kernel time, which the kernel itself tells in ticks, by 3 points more. Time on a CPU is what samples
met ready to run less what the scheduler counts as queued: with q queued at the line it varies as p + q does.
"""
import ast
import collections
import glob
import math
import os
import re
import statistics

CLASSES = ('python', 'native', 'kernel', 'wait', 'gil', 'runq', 'idle')
ON_CPU = {'python', 'native', 'kernel'}
ALL = ('all',)
MARKER = re.compile(r'#\s*truth:\s*(\S+)\s+(\S+)((?:\s+(?!#|noqa)\S+)*)')
REST = 'rest'
POINT, SPLIT_POINTS = 0.01, 0.03
DEVIATIONS = 3
# The matrix makes so many verdicts; by chance alone one run of it in a hundred is to fail (Bonferroni's bound): 4.9 deviations.
VERDICTS, FALSE_ALARMS = 10000, 0.01
DEVIATIONS_FOR_ALL = statistics.NormalDist().inv_cdf(1 - FALSE_ALARMS / VERDICTS / 2)

# What one label cost, in seconds. The edges: so much more or less CPU, and any other kind of time, for pieces across the
# window's ends: see truth_meter.books. `stopped` is this
# account's part, by its CPU time, of the time spyhop says it stopped the target for: the thread is then off its CPU for no
# reason of its own.
Account = collections.namedtuple('Account', 'wall cpu queued system pieces cpu_edge edge stopped')
# Seconds which the account spent in any of `classes`; `split` where user time is told from kernel time.
Claim = collections.namedtuple('Claim', 'classes seconds split')
Verdict = collections.namedtuple('Verdict', 'thread label what truth measured bound deviation')


class Mark:
    """One kind of line: the places that carry the same label."""

    def __init__(self, label, kind, words):
        self.label, self.kind = label, kind
        self.flags = {word for word in words if '=' not in word}
        values = dict(word.split('=', 1) for word in words if '=' in word)
        self.account, self.reason = values.get('of', label), values.get('reason')
        self.column = 'total' if 'total' in self.flags else 'self'
        self.places = set()     # (file, line, function)

    @property
    def inside_another(self):
        return self.account != self.label or 'only-idle' in self.flags


def read_marks(folder, names='truth*.py'):
    """{label: Mark} of the puppets so named; {'*KIND': Mark} for those of the thread's own label."""
    marks = {}
    for path in sorted(glob.glob(os.path.join(folder, names))):
        with open(path, encoding='utf-8') as file:
            text = file.read()
        functions = _functions(text)
        for number, line in enumerate(text.split('\n'), 1):
            found = MARKER.search(line)
            if found and not line.lstrip().startswith('#') and functions.get(number):
                label, kind, words = found[1], found[2], found[3].split()
                mark = marks.setdefault(label, Mark(label, kind, words))
                mark.places.add((os.path.basename(path), number, functions[number]))
    return marks


def _functions(text):
    """{line: name of the innermost function}."""
    spans = [(node.lineno, node.end_lineno, node.name) for node in ast.walk(ast.parse(text))
             if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    names = {}
    for first, last, name in sorted(spans):
        names.update(dict.fromkeys(range(first, last + 1), name))
    return names


def _busy(*classes):
    return lambda account: [Claim(classes, account.wall - account.queued, False)]


def _blocked(*classes):
    return lambda account: [Claim(classes, _off(account), False), Claim(('python', 'native', 'kernel'), account.cpu, False)]


def _fights(*classes):
    return lambda account: [Claim(classes, account.cpu + account.stopped, False), Claim(('gil',), _off(account), False)]


def _off(account):
    """Neither on a CPU nor ready for one."""
    return max(0.0, account.wall - account.cpu - account.queued - account.stopped)


KINDS = {
    'python': _busy('python'),
    'python|kernel': _busy('python', 'kernel'),
    'native': _busy('native'),
    'kernel': lambda account: [Claim(('kernel',), account.wall - account.queued, True)],
    'kernel-split': lambda account: [Claim(('kernel',), account.system, True),
                                     Claim(('python', 'native'), max(0.0, account.cpu - account.system), True)],
    'wait': _blocked('wait'),
    'idle': _blocked('idle'),
    'wait|idle': _blocked('wait', 'idle'),
    'wait+gil': _blocked('wait', 'gil'),
    # Whoever hands the GIL over does it in the kernel.
    'busy+gil': _fights('python', 'kernel'),
    'native+gil': _fights('native', 'kernel'),
}


# Whoever fights for the GIL may lose it between the piece's last instruction and the meter's reading.
GIL_KINDS = {'busy+gil', 'native+gil'}


def claims(mark, account, minor):
    """What must hold for the lines of `mark`, in version `minor`."""
    if 'asleep' in mark.flags:
        account = account._replace(queued=0.0)
    hands_over = 'contended' in mark.flags and minor < (3, 2)
    of_kind = KINDS['python|kernel' if hands_over else mark.kind](account)
    if 'only-idle' in mark.flags:
        return of_kind[:1]
    if 'gil-in-thread' in mark.flags:
        return [claim for claim in of_kind if claim.classes != ('gil',)]
    whole = [] if mark.inside_another else [Claim(ALL, account.wall, False)]
    return of_kind + [Claim(('runq',), account.queued, False)] + whole


def deviation(share, samples):
    inside = min(max(share, 0.0), 1.0)
    return math.sqrt(inside * (1 - inside) / max(samples, 1))


def bound(spread, split):
    return DEVIATIONS * spread + POINT + (SPLIT_POINTS if split else 0)


class ThreadView:
    """The rows of one thread of a profile; of all threads when `tid` is None."""

    def __init__(self, profile, tid, marks):
        self.rows = [row for row in profile['lines'] if tid in (None, row['tid'])]
        self.threads = [row for row in profile['threads'] if tid in (None, row['tid'])]
        self.by_place = collections.defaultdict(list)
        for row in self.rows:
            function = row['function'].rpartition('.')[2]
            self.by_place[os.path.basename(row['file']), row['line'], function].append(row)
        self.lines = {place[:2] for mark in marks.values() for place in mark.places}

    @property
    def samples(self):
        return sum(row['self']['samples'] for row in self.rows)

    @property
    def observed(self):
        return sum(row['observed_s'] for row in self.threads)

    def of(self, mark):
        return [row for place in mark.places for row in self.by_place[place]]

    def seconds(self, mark, classes):
        return sum(in_classes(row[mark.column], classes) for row in self.of(mark))

    def seconds_for(self, mark, pattern):
        """Waited for reasons that match."""
        return sum(each['s'] for row in self.of(mark) for each in row['waits'] if re.search(pattern, each['reason']))

    def seconds_held(self, mark):
        """Waited for the GIL while a labelled line held it, or a thread that was about to did not get a CPU."""
        waits = [each for row in self.of(mark) for each in row['waits']]
        named = ((re.search(r'(\w+\.py):(\d+)', each['reason']), each['s']) for each in waits)
        held = sum(s for found, s in named if found and (found[1], int(found[2])) in self.lines)
        return held + sum(each['s'] for each in waits if each['reason'] == 'GIL, free')

    def lost_in_meter(self):
        """Waited for the GIL, and for a CPU then, on lines of the meter: which side of a piece's end that was, nobody knows."""
        rows = [row for row in self.rows if os.path.basename(row['file']) == 'truth_meter.py' and row['self']['gil_s'] > 0]
        return sum(in_classes(row['self'], ('gil', 'runq')) for row in rows)


def in_classes(times, classes):
    return sum(times[name + '_s'] for name in (CLASSES if classes == ALL else classes))


def judge(profile, marks, entries, window, minor):
    """Verdicts on all of the puppet's answer; AssertionError when the profile or the marks lack a thread or a label."""
    cpu = sum(sums[1] for entry in entries for sums in entry['labels'].values())
    stopped = profile['sampling']['stops']['total_s'] / max(cpu, 1e-9)
    return [verdict for entry in entries
            for verdict in _judge_thread(profile, marks, entry, window, stopped, minor)]


def _judge_thread(profile, marks, entry, window, stopped, minor):
    view = ThreadView(profile, entry['tid'], marks)
    name = entry['pool'] or (view.threads[0]['name'] if view.threads else entry['tid'])
    assert view.threads, f'thread {entry["tid"]} is not in the profile'
    accounts = {label: Account(*sums, stopped * sums[1]) for label, sums in entry['labels'].items()}
    told = window if entry['pool'] else view.observed
    samples = profile['sampling']['rounds'] if entry['pool'] else view.samples
    thread = _Judge(name, view, told, window, samples * worth(profile['sampling'], window), minor)
    kinds = {mark.kind for label in accounts for mark in marks_of(marks, label)}
    if kinds & GIL_KINDS:
        thread.lost_in_meter = view.lost_in_meter()
    for label, account in sorted(accounts.items()):
        for mark in marks_of(marks, label):
            thread.line(mark, label, account)
    if not entry['pool']:
        thread.rest(marks, accounts)
    return thread.verdicts


def worth(sampling, window):
    """The part of the samples that would say as much if each stood for the same time: (sum w)^2 / (n sum w^2), Kish's design
    effect. Those after the rounds that a late sampler missed stand for these too.
    """
    rounds, late = sampling['rounds'], min(sampling['late_rounds'], sampling['rounds'] - 1)
    missed = max(0.0, sampling['rate_hz'] * window - rounds)
    if not late or not missed:
        return 1.0
    each = 1 + missed / late
    return (rounds - late + late * each) ** 2 / rounds / (rounds - late + late * each ** 2)


def marks_of(marks, label):
    """The lines which tell of an account: its own, and those inside it."""
    if label == REST:
        return []
    own = [mark for mark in marks.values() if mark.account == label] or [mark for mark in marks.values()
                                                                       if mark.label == '*']
    assert own, f'no line is marked {label}'
    return own


class _Judge:
    def __init__(self, name, view, told, window, samples, minor):
        self.name, self.view, self.told, self.window = name, view, told, window
        self.samples, self.minor = samples, minor
        self.lost_in_meter = 0.0
        self.verdicts = []

    def add(self, label, what, seconds, measured, split=False, edge=0.0, queued=0.0):
        share, met_ready = seconds / self.window, (seconds + queued) / self.window
        spread = max(deviation(share, self.samples), deviation(met_ready, self.samples))
        unsure = (edge + self.lost_in_meter) / self.window
        self.verdicts.append(Verdict(str(self.name), label, what, share, measured / self.told, bound(spread, split) + unsure, spread))

    def line(self, mark, label, account):
        shown = label if mark.label in ('*', label) else f'{label}/{mark.label}'
        for claim in claims(mark, account, self.minor):
            edge = 0.0 if claim.classes == ALL else account.edge
            queued = account.queued if ON_CPU.issuperset(claim.classes) else 0.0
            self.add(shown, '|'.join(claim.classes), claim.seconds, self.view.seconds(mark, claim.classes), claim.split, edge, queued)
        if mark.reason:
            self.add(shown, f'for {mark.reason}', _off(account), self.view.seconds_for(mark, mark.reason), edge=account.edge)
        if 'holder' in mark.flags:
            self.add(shown, 'held by a line', _off(account), self.view.seconds_held(mark), edge=account.edge)

    def rest(self, marks, accounts):
        """What is on no labelled line; where the GIL is waited for, when that may be on any."""
        used = {mark.label: (mark, account) for label, account in accounts.items() for mark in marks_of(marks, label)}
        if any('gil-in-thread' in mark.flags for mark, _ in used.values()):
            waited = sum(_off(account) for account in accounts.values())
            self.add('thread', 'gil', waited, in_classes(self.view.threads[0], ('gil',)))
            return
        outer = [(mark, account) for mark, account in used.values() if not mark.inside_another]
        of_lines = sum(account.wall for _, account in outer)
        on_lines = sum(self.view.seconds(mark, ALL) for mark, _ in outer)
        self.add(REST, 'all', max(0.0, self.window - of_lines), self.view.observed - on_lines)


def sum_complaints(profile, entries):
    """Where sums disagree: classes with observed time, lines with their thread, its CPU with the puppet's own.

    Threads which the puppet does not tell of one by one (too short, or not its own) are summed together.
    """
    accounts = {entry['tid']: entry['labels'] for entry in entries if entry['tid']}
    wrong = []
    for tid in [*accounts, None]:
        threads = [row for row in profile['threads'] if row['tid'] == tid or (tid is None and row['tid'] not in accounts)]
        tids = {row['tid'] for row in threads}
        name = threads[0]['name'] if tid and threads else 'other threads'
        observed, cpu = (sum(row[key] for row in threads) for key in ('observed_s', 'cpu_s'))
        by_class = sum(in_classes(row, ALL) for row in threads)
        by_line = sum(row['self']['cpu_s'] for row in profile['lines'] if row['tid'] in tids)
        if abs(by_class - observed) > 0.001 * observed + 0.001:
            wrong.append(f'{name}: classes add up to {by_class:.4f} s of {observed:.4f} s')
        if abs(by_line - cpu) > 0.01 * cpu + 0.001:
            wrong.append(f'{name}: lines add up to {by_line:.4f} s of {cpu:.4f} s of CPU')
        own, edge = (sum(sums[index] for sums in accounts.get(tid, {}).values()) for index in (1, 5))
        if tid and abs(cpu - own) > 0.01 * own + 0.01 + edge:
            wrong.append(f'{name}: {cpu:.4f} s of CPU, the thread itself knows of {own:.4f} s')
    return wrong


def violations(verdicts):
    return [verdict for verdict in verdicts if abs(verdict.measured - verdict.truth) > verdict.bound]


def failures(verdicts, known_limit=0.0):
    """What a test fails for: a bound that holds for all verdicts of a run of the matrix, not just for each by itself, and what
    docs/time-classes.md gives as a known limit.
    """
    more = DEVIATIONS_FOR_ALL - DEVIATIONS
    return [verdict for verdict in verdicts
            if abs(verdict.measured - verdict.truth) > verdict.bound + more * verdict.deviation + known_limit]


def table(verdicts):
    """One line a verdict, in percent of the thread's time."""
    rows = [f'{"thread":16} {"line":18} {"class":22} {"truth":>7} {"told":>7} {"bound":>6}']
    for each in verdicts:
        broken = '  VIOLATED' if violations([each]) else ''
        rows.append(f'{each.thread[:16]:16} {each.label:18} {each.what:22} {100 * each.truth:6.1f}% '
                    f'{100 * each.measured:6.1f}% {100 * each.bound:5.1f}%{broken}')
    return '\n'.join(rows)
