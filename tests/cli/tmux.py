"""A terminal to run a program in, of any size, with keys to type and a screen to read. Each has a tmux server of its own.

Nothing sleeps for readiness: what should come onto the screen is waited for, with a deadline.
"""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time

import harness
import proc

PATIENCE = 30.0


class Terminal:
    """Runs `command` in a shell: `stty -g` before and after it, and its status when it has ended."""

    def __init__(self, command, width=100, height=24, **env):
        if not shutil.which('tmux'):
            raise AssertionError('these tests need tmux')
        self.folder = tempfile.mkdtemp(prefix='spyhop-')
        self.socket = os.path.join(self.folder, 'tmux')
        words = ' '.join(shlex.quote(str(word)) for word in command)
        script = (f'trap : INT\nstty -g >{self.path("before")}\n{words} 2>{self.path("errors")}\necho "status $?"\n'
                  f'stty -g >{self.path("after.new")}\nmv {self.path("after.new")} {self.path("after")}\nexec cat\n')
        with open(self.path('script'), 'w', encoding='utf-8') as file:
            file.write(script)
        self._start(['sh', self.path('script')], width, height, env)

    def _start(self, command, width, height, env):
        clean = {key: value for key, value in os.environ.items() if key not in ('NO_COLOR', 'TMUX', 'LC_ALL')}
        settings = [f'{key}={value}' for key, value in {'LC_ALL': 'C.UTF-8', **env}.items()]
        self._tmux('-u', 'new-session', '-d', '-x', width, '-y', height, shlex.join(['env', *settings, *command]), env=clean)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _tmux(self, *arguments, **options):
        command = [*harness.LEASH, 'tmux', '-f', '/dev/null', '-S', self.socket, *map(str, arguments)]
        return subprocess.run(command if 'new-session' not in arguments else command[len(harness.LEASH):], check=True,
                              stdout=subprocess.PIPE, timeout=PATIENCE, **options).stdout.decode()

    def type(self, *keys):
        """Characters as they are; Enter, Escape, Up, C-c and the like by their names."""
        for key in keys:
            self._tmux('send-keys', '--', key)

    def screen(self, colors=False):
        return self._tmux('capture-pane', '-p', *(['-e'] if colors else []))

    def resize(self, width, height):
        self._tmux('resize-window', '-x', width, '-y', height)

    def await_text(self, pattern, seconds=PATIENCE, absent=None):
        """The screen once it has the pattern, and no longer the other one."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if re.search(pattern, screen) and not (absent and re.search(absent, screen)):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f'{pattern!r} did not come onto the screen:\n{screen}\nstderr: {self.errors()}')
            time.sleep(0.05)

    def errors(self):
        with open(self.path('errors'), encoding='utf-8') as file:
            return file.read()

    def is_as_before(self):
        """Its mode, its cursor and its main screen; asked once the program has ended."""
        proc.until(lambda: os.path.exists(self.path('after')), PATIENCE, 'the program ends')
        modes = []
        for name in ('before', 'after'):
            with open(self.path(name), encoding='ascii') as file:
                modes.append(file.read())
        shown = self._tmux('display', '-p', '#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}').split()
        return modes[0] == modes[1] and shown == ['0', '1', '0']

    def program(self):
        """The pid of what runs in the shell."""
        return proc.children(int(self._tmux('display', '-p', '#{pane_pid}')))[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(['tmux', '-S', self.socket, 'kill-server'], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Shell(Terminal):
    """An interactive bash, for job control."""

    def __init__(self, width=100, height=24):  # pylint: disable=super-init-not-called
        self.folder = tempfile.mkdtemp(prefix='spyhop-')
        self.socket = os.path.join(self.folder, 'tmux')
        self._start(['bash', '--norc', '--noprofile', '-i'], width, height, {'PS1': 'ready> '})
        self.await_text('ready>')

    def errors(self):
        return ''
