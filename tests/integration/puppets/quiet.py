"""What every puppet shares: a quiet point to wait at, and the truth about each thread, told from inside.

The truth is sys._current_frames() at a moment when nothing will move: each thread waits in park() or park_in_lock(), and
the main thread tells what it will look like when it waits for the next command. Runs on 2.7 and 3.6 and later.
"""
import json
import os
import platform
import sys
import threading
import time

NEVER, _KEEP_OPEN = os.pipe()     # nobody ever writes to it
LOCK = threading.Lock()
LOCK.acquire()
ARRIVED = []                      # one entry for each thread that is about to wait
TIDS = {}                         # threading ident -> kernel thread id
EXTRA = []                        # what threads of other interpreters told of themselves: tid and frames
GETTID = {'x86_64': 186, 'aarch64': 178}


def native_id():
    try:
        return threading.get_native_id()
    except AttributeError:
        import ctypes
        return ctypes.CDLL(None).syscall(GETTID[platform.machine()])


def register():
    TIDS[threading.current_thread().ident] = native_id()


def park():
    ARRIVED.append(1)
    os.read(NEVER, 1)


def park_in_lock():
    ARRIVED.append(1)
    LOCK.acquire()


PARKS = (park.__code__, park_in_lock.__code__)


def text(name):
    return name.decode('utf-8', 'replace') if isinstance(name, bytes) else name


def span(code, lasti, known={}):
    """[line, end line, column, end column] of the current instruction, None before 3.11."""
    if not hasattr(code, 'co_positions') or lasti < 0:
        return None
    if code not in known:
        known[code] = [list(position) for position in code.co_positions()]
    return known[code][lasti // 2]


def told(frame):
    code = frame.f_code
    return {'file': text(code.co_filename), 'function': text(getattr(code, 'co_qualname', code.co_name)),
            'line': frame.f_lineno, 'span': span(code, frame.f_lasti)}


def stack(frame):
    """The frames from `frame` to the root, leaf first."""
    frames = []
    while frame is not None:
        frames.append(told(frame))
        frame = frame.f_back
    return frames


def own_stack():
    """The main thread's stack as it will be when it waits for a command: serve() waits on the line that it tells from."""
    frame = sys._getframe()
    while frame.f_code is not serve.__code__:
        frame = frame.f_back
    frames = stack(frame)
    frames[0]['span'] = None
    waiting = wait_for_command.__code__
    leaf = {'file': text(waiting.co_filename), 'function': text(waiting.co_name), 'line': waiting.co_firstlineno + 1,
            'span': None}
    return [leaf] + frames


def truth(_=''):
    """Every thread: ident, tid, name (None when threading does not know it), frames leaf first."""
    names = dict((ident, text(thread.name)) for ident, thread in list(threading._active.items()))
    own = threading.current_thread().ident
    threads = []
    for ident, frame in sys._current_frames().items():
        frames = own_stack() if ident == own else stack(frame)
        threads.append({'tid': TIDS.get(ident), 'name': names.get(ident), 'frames': frames, 'main': ident == own})
    return {'version': sys.version.split()[0], 'threads': threads, 'extra': list(EXTRA)}


def settle(expected, seconds=60.0):
    """Waits until `expected` threads are parked and stay so for three looks; False at the deadline."""
    deadline = time.time() + seconds
    before, equal = None, 0
    while equal < 3:
        if time.time() > deadline:
            return False
        time.sleep(0.01)
        tops = sorted((ident, frame.f_code.co_name, frame.f_lasti) for ident, frame in sys._current_frames().items()
                      if frame.f_code in PARKS)
        equal = equal + 1 if len(ARRIVED) == expected and tops == before else 0
        before = tops
    return True


def sleeps_on(tid):
    """A thread sleeps, and was not woken when the GIL was free for a moment: that is not what it waits for."""
    before = scheduling(tid)
    time.sleep(0.001)
    return before[0] == 'S' and before == scheduling(tid)


def scheduling(tid):
    """(state, how often it left its CPU by itself, how often not): proc_pid_status(5)."""
    with open('/proc/self/task/%d/status' % tid) as file:
        fields = dict(line.split(':', 1) for line in file)
    return fields['State'].split()[0], fields['voluntary_ctxt_switches'], fields['nonvoluntary_ctxt_switches']


def start(function, name=None):
    """Runs `function` in a named daemon thread that tells its kernel id first."""
    thread = threading.Thread(target=begin, args=(function,), name=name or function.__name__)
    thread.daemon = True
    thread.start()
    return thread


def begin(function):
    register()
    function()


def say(value, word=''):
    data = (word + json.dumps(value) + '\n').encode('ascii')
    while data:
        data = data[os.write(1, data):]


def wait_for_command():
    return os.read(0, 4096)


def answer(commands, line):
    if not line:
        os._exit(0)
    name, _, rest = line.decode('utf-8').strip().partition(' ')
    say(commands[name](rest))


def serve(commands):
    """Says `ready`, then answers one command a line until stdin ends. One line tells and waits: its number is the truth."""
    register()
    say({'pid': os.getpid(), 'tid': native_id()}, 'ready ')
    while True: answer(commands, wait_for_command())  # noqa: E701
