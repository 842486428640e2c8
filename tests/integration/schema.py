"""Holds JSON to spyhop.profile/1, snapshot/1, snapshot-series/1 and doctor/1: keys, types, and the sums that must agree. Pure.

Each check returns a list of complaints, `path: what is wrong`; more keys than the contract's are allowed.
"""
import datetime
import math

TIMES = ('python_s', 'native_s', 'kernel_s', 'wait_s', 'gil_s', 'runq_s', 'idle_s')
CLASSES = tuple(name[:-2] for name in TIMES)
KINDS = ('python', 'native', 'kernel', 'gc')
FLAVOURS = ('release', 'debug', 'free-threaded')

NUMBER, INTEGER, TEXT = 'a number >= 0', 'an integer >= 0', 'a string'
BOOLEAN, LIST, OBJECT, TIME = 'a boolean', 'a list', 'an object', 'an RFC 3339 time'


def _is_time(value):
    try:
        return datetime.datetime.fromisoformat(value.replace('Z', '+00:00')).tzinfo is not None
    except (ValueError, AttributeError, TypeError):
        return False


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


FITS = {
    NUMBER: _is_number,
    INTEGER: lambda value: _is_number(value) and isinstance(value, int),
    TEXT: lambda value: isinstance(value, str),
    BOOLEAN: lambda value: isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    OBJECT: lambda value: isinstance(value, dict),
    TIME: _is_time,
}

SAMPLING = {'rate_hz': NUMBER, 'achieved_hz': NUMBER, 'rounds': INTEGER, 'samples': INTEGER, 'late_rounds': INTEGER,
            'truncated': OBJECT, 'lost': OBJECT, 'stops': OBJECT, 'own_cpu_s': NUMBER, 'own_peak_rss_bytes': INTEGER}
STOPS = {'count': INTEGER, 'median_us': NUMBER, 'p99_us': NUMBER, 'max_us': NUMBER, 'total_s': NUMBER, 'share': NUMBER}
TIME_KEYS = dict.fromkeys(TIMES, NUMBER)
THREAD = {'pid': INTEGER, 'tid': INTEGER, 'name': TEXT, 'python': BOOLEAN, 'observed_s': NUMBER, 'cpu_s': NUMBER,
          **TIME_KEYS}
LINE = {'pid': INTEGER, 'tid': INTEGER, 'file': TEXT, 'line': INTEGER, 'function': TEXT, 'self': OBJECT, 'total': OBJECT,
        'waits': LIST}
COST = {**TIME_KEYS, 'cpu_s': NUMBER, 'samples': INTEGER}
STACK = {'pid': INTEGER, 'tid': INTEGER, 'frames': LIST, 'class': TEXT, 's': NUMBER, 'samples': INTEGER}
FRAME = {'file': TEXT, 'line': INTEGER, 'function': TEXT, 'kind': TEXT}
PROFILE = {'schema': TEXT, 'targets': LIST, 'start': TIME, 'duration_s': NUMBER, 'sampling': OBJECT, 'threads': LIST,
           'lines': LIST}
TARGET = {'pid': INTEGER, 'command': LIST, 'executable': TEXT, 'python': OBJECT}
SNAPSHOT = {'schema': TEXT, 'target': OBJECT, 'time': TIME, 'stopped_us': NUMBER, 'held': TEXT, 'threads': LIST,
            'deadlocks': LIST, 'tasks': LIST, 'task_cycles': LIST}
SHOWN = {'tid': INTEGER, 'name': TEXT, 'python': BOOLEAN, 'class': TEXT, 'holds_gil': BOOLEAN, 'cpu_s': NUMBER,
         'frames': LIST}
TASK = {'id': TEXT, 'name': TEXT, 'loop': TEXT, 'tid': INTEGER, 'changed': BOOLEAN, 'state': TEXT, 'awaits': OBJECT,
        'awaited_by': LIST, 'frames': LIST}
TASK_STATES = ('running', 'ready', 'waiting')
AWAITS = {'kind': TEXT, 'what': TEXT, 'tasks': LIST}
AWAIT_KINDS = ('nothing', 'task', 'gather', 'sleep', 'future')
SERIES = {'schema': TEXT, 'target': OBJECT, 'snapshots': INTEGER, 'duration_s': NUMBER, 'threads': LIST}
FOLLOWED = {'tid': INTEGER, 'name': TEXT, 'python': BOOLEAN, 'seen': INTEGER, 'stacks': INTEGER, 'moved': BOOLEAN,
            'ran': BOOLEAN, 'cpu_s': NUMBER, 'class': TEXT, 'frames': LIST}
DIAGNOSIS = {'schema': TEXT, 'can_attach': BOOLEAN, 'exit_status': INTEGER, 'findings': LIST}
FINDING = {'subject': TEXT, 'verdict': TEXT, 'text': TEXT, 'remedy': OBJECT, 'figures': OBJECT}
VERDICTS = ('ok', 'warning', 'problem')
HOLDERS = ('nobody', 'owner', 'with', 'end', 'unknown', 'ended')
WAITS_FOR = {'kind': TEXT, 'how': TEXT}
DEADLOCKED = {'tid': INTEGER, 'name': TEXT, 'waits_for': OBJECT}


class _Complaints(list):
    def keys(self, path, value, wanted):
        """True when `value` has all keys with fitting values."""
        if not isinstance(value, dict):
            self.append(f'{path}: not an object')
            return False
        before = len(self)
        for key, kind in wanted.items():
            if key not in value:
                self.append(f'{path}.{key}: missing')
            elif not FITS[kind](value[key]):
                self.append(f'{path}.{key}: {value[key]!r} is not {kind}')
        return len(self) == before

    def one_of(self, path, value, words):
        if value not in words:
            self.append(f'{path}: {value!r} is none of {", ".join(map(str, words))}')

    def close(self, path, value, wanted, what):
        """Equal but for rounding in the output."""
        if not math.isclose(value, wanted, rel_tol=1e-3, abs_tol=2e-3):
            self.append(f'{path}: {value} but {what} is {wanted}')

    def target(self, path, target):
        if self.keys(path, target, TARGET) and self.keys(path + '.python', target['python'],
                                                         {'version': TEXT, 'flavour': TEXT}):
            self.one_of(path + '.python.flavour', target['python']['flavour'], FLAVOURS)

    def frames(self, path, frames):
        for index, frame in enumerate(frames):
            if self.keys(f'{path}[{index}]', frame, FRAME):
                self.one_of(f'{path}[{index}].kind', frame['kind'], KINDS)
                self.locals(f'{path}[{index}]', frame)

    def locals(self, path, frame):
        for index, local in enumerate(frame.get('locals', [])):
            where = f'{path}.locals[{index}]'
            wanted = {} if local.get('changed') is True else {'value': TEXT}
            self.keys(where, local, {'name': TEXT, 'type': TEXT, **wanted})
        if frame.get('locals_changed', True) is not True or (frame.get('locals') and 'locals_changed' in frame):
            self.append(f'{path}.locals_changed: not true, or beside locals')


def profile_complaints(profile, with_stacks=False):
    wrong = _Complaints()
    if not wrong.keys('$', profile, {**PROFILE, **({'stacks': LIST} if with_stacks else {})}):
        return wrong
    wrong.one_of('$.schema', profile['schema'], ['spyhop.profile/1'])
    for index, target in enumerate(profile['targets']):
        wrong.target(f'$.targets[{index}]', target)
    if wrong.keys('$.sampling', profile['sampling'], SAMPLING):
        wrong.keys('$.sampling.stops', profile['sampling']['stops'], STOPS)
        for name in ('truncated', 'lost'):
            for cause, count in profile['sampling'][name].items():
                wrong.keys(f'$.sampling.{name}', {cause: count}, {cause: INTEGER})
    for index, thread in enumerate(profile['threads']):
        if wrong.keys(f'$.threads[{index}]', thread, THREAD):
            wrong.close(f'$.threads[{index}].observed_s', thread['observed_s'], sum(thread[name] for name in TIMES),
                        'the sum of its classes')
    _line_complaints(wrong, profile)
    for index, stack in enumerate(profile.get('stacks', [])):
        if wrong.keys(f'$.stacks[{index}]', stack, STACK):
            wrong.one_of(f'$.stacks[{index}].class', stack['class'], CLASSES)
            wrong.frames(f'$.stacks[{index}].frames', stack['frames'])
    return list(wrong)


def _line_complaints(wrong, profile):
    seen = set()
    for index, line in enumerate(profile['lines']):
        path = f'$.lines[{index}]'
        if not wrong.keys(path, line, LINE):
            continue
        key = tuple(line[name] for name in ('pid', 'tid', 'file', 'line', 'function'))
        if key in seen:
            wrong.append(f'{path}: a second row for {key}')
        seen.add(key)
        if wrong.keys(path + '.self', line['self'], COST) and wrong.keys(path + '.total', line['total'], COST):
            for name in COST:
                if line['self'][name] > line['total'][name] + 2e-3:
                    wrong.append(f'{path}.self.{name}: more than its total')
        for each in line['waits']:
            wrong.keys(path + '.waits', each, {'reason': TEXT, 's': NUMBER})


def snapshot_complaints(snapshot):
    wrong = _Complaints()
    if not wrong.keys('$', snapshot, SNAPSHOT):
        return wrong
    wrong.one_of('$.schema', snapshot['schema'], ['spyhop.snapshot/1'])
    wrong.target('$.target', snapshot['target'])
    # A core file does not tell what a thread has taken.
    shown = {key: kind for key, kind in SHOWN.items() if key != 'cpu_s' or 'core' not in snapshot}
    for index, thread in enumerate(snapshot['threads']):
        path = f'$.threads[{index}]'
        if wrong.keys(path, thread, shown):
            wrong.one_of(path + '.class', thread['class'], CLASSES)
            wrong.frames(path + '.frames', thread['frames'])
            if thread['class'] == 'wait':
                wrong.keys(path, thread, {'wait_reason': TEXT})
            _waits_for_complaints(wrong, path, thread, snapshot)
    _deadlock_complaints(wrong, snapshot)
    if sum(thread.get('holds_gil') is True for thread in snapshot['threads']) > 1:
        wrong.append('$.threads: two threads hold the GIL')
    _task_complaints(wrong, snapshot)
    return list(wrong)


def _task_complaints(wrong, snapshot):
    awaited_by = {task.get('id'): set(task.get('awaited_by', [])) for task in snapshot['tasks']}
    for index, task in enumerate(snapshot['tasks']):
        path = f'$.tasks[{index}]'
        if not wrong.keys(path, task, TASK) or not wrong.keys(path + '.awaits', task['awaits'], AWAITS):
            continue
        wrong.one_of(path + '.state', task['state'], TASK_STATES)
        wrong.one_of(path + '.awaits.kind', task['awaits']['kind'], AWAIT_KINDS)
        wrong.frames(path + '.frames', task['frames'])
        if (task['state'] == 'waiting') != (task['awaits']['kind'] != 'nothing'):
            wrong.append(f'{path}: is {task["state"]} and awaits {task["awaits"]["kind"]}')
        for awaited in task['awaits']['tasks']:
            if task['id'] not in awaited_by.get(awaited, ()):
                wrong.append(f'{path}.awaits: {awaited} is not awaited by it')
    for cycle in snapshot['task_cycles']:
        if not set(cycle) <= set(awaited_by):
            wrong.append(f'$.task_cycles: {cycle} are not all tasks')


def series_complaints(series):
    wrong = _Complaints()
    if not wrong.keys('$', series, SERIES):
        return wrong
    wrong.one_of('$.schema', series['schema'], ['spyhop.snapshot-series/1'])
    wrong.target('$.target', series['target'])
    for index, thread in enumerate(series['threads']):
        path = f'$.threads[{index}]'
        if wrong.keys(path, thread, FOLLOWED):
            wrong.one_of(path + '.class', thread['class'], CLASSES)
            wrong.frames(path + '.frames', thread['frames'])
            if thread['moved'] != (thread['stacks'] > 1):
                wrong.append(f'{path}: moved is {thread["moved"]} with {thread["stacks"]} stacks')
    return list(wrong)


def doctor_complaints(diagnosis):
    wrong = _Complaints()
    if not wrong.keys('$', diagnosis, DIAGNOSIS):
        return wrong
    wrong.one_of('$.schema', diagnosis['schema'], ['spyhop.doctor/1'])
    if diagnosis['can_attach'] != (diagnosis['exit_status'] == 0):
        wrong.append('$.can_attach: not what the exit status says')
    if 'target' in diagnosis:
        wrong.target('$.target', diagnosis['target'])
    subjects = [finding.get('subject') for finding in diagnosis['findings']]
    if len(subjects) != len(set(subjects)):
        wrong.append(f'$.findings: one subject twice: {subjects}')
    for index, finding in enumerate(diagnosis['findings']):
        path = f'$.findings[{index}]'
        if not wrong.keys(path, finding, FINDING):
            continue
        wrong.one_of(path + '.verdict', finding['verdict'], VERDICTS)
        wrong.keys(path + '.remedy', finding['remedy'], {'text': TEXT, 'lines': LIST})
        wrong.keys(path + '.figures', finding['figures'], dict.fromkeys(finding['figures'], NUMBER))
    return list(wrong)


def _waits_for_complaints(wrong, path, thread, snapshot):
    """Who is said to hold something is a thread of the snapshot, and nobody is where nobody is known."""
    wait = thread.get('waits_for')
    path += '.waits_for'
    if wait is None or not wrong.keys(path, wait, WAITS_FOR):
        return
    wrong.one_of(path + '.how', wait['how'], HOLDERS)
    if wait['how'] in ('owner', 'with', 'end'):
        wrong.one_of(path + '.held_by', wait.get('held_by'), [each.get('tid') for each in snapshot['threads']])
    elif 'held_by' in wait:
        wrong.append(f'{path}.held_by: not known by {wait["how"]}')
    if (wait.get('gil') is True) != (wait['kind'] == 'GIL'):
        wrong.append(f'{path}.gil: {wait.get("gil")}, but its kind is {wait["kind"]}')


def _deadlock_complaints(wrong, snapshot):
    """Each thread of a deadlock waits for the next one, the last for the first, and none gives up some time."""
    for index, cycle in enumerate(snapshot['deadlocks']):
        path = f'$.deadlocks[{index}]'
        if not wrong.keys(path, cycle, {'threads': LIST}):
            continue
        threads = cycle['threads']
        if not threads:
            wrong.append(f'{path}.threads: empty')
        if not all(wrong.keys(f'{path}.threads[{at}]', thread, DEADLOCKED) for at, thread in enumerate(threads)):
            continue
        shown = [(each.get('tid'), each.get('waits_for')) for each in snapshot['threads']]
        for thread, following in zip(threads, threads[1:] + threads[:1]):
            if (thread['tid'], thread['waits_for']) not in shown:
                wrong.append(f'{path}: {thread["name"]} waits for something else among the threads')
            if thread['waits_for'].get('held_by') != following['tid'] or thread['waits_for'].get('timeout'):
                wrong.append(f'{path}: {thread["name"]} does not wait for {following["name"]}')
