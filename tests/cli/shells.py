"""Drives the completion of real shells: bash and zsh at a terminal of their own, fish by its `complete -C`."""
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

import interpreters
import spyhop

PATIENCE = 20
KILL_LINE = '\x15'
# What a vt100 is sent besides text, with the NULs that give it time.
CONTROLS = re.compile(r'\x1b(\[[0-9;?]*[a-zA-Z]|[=>()][0-9A-B]?)|[\r\0\a\b]')
SET_UP = {
    'bash': (['bash', '--norc', '-i'], 'source <(spyhop completion bash)'),
    'zsh': (['zsh', '-f', '-i'], 'autoload -U compinit && compinit -D -u && source <(spyhop completion zsh)'),
}


def need(program):
    """Skips, or fails, where a program of tools/packages.sh's test_packages is not there."""
    if shutil.which(program):
        return
    why = f'no {program} on this machine: apt-get install {program}, or set SPYHOP_ALLOW_MISSING=1 to go without'
    if os.environ.get('SPYHOP_ALLOW_MISSING'):
        raise unittest.SkipTest(why)
    raise AssertionError(why)


def environment(folder):
    """Spyhop is found by its name; nothing of the user's is read."""
    path = os.path.dirname(os.path.abspath(spyhop.BINARY)) + ':' + interpreters.environment()['PATH']
    return interpreters.environment(PATH=path, HOME=folder, TERM='vt100', COLUMNS='200')


class Terminal:
    """An interactive shell in `folder`, which knows Spyhop's completion."""

    def __init__(self, shell, folder):
        command, setup = SET_UP[shell]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment(folder))
        self.type(f'{setup} && echo is""ready\r', 'isready\n')

    def type(self, keys, *until):
        """Types, and waits until those texts have come; the keys themselves are echoed, too."""
        os.write(self.fd, keys.encode())
        heard = ''
        deadline = time.monotonic() + PATIENCE
        while not all(text in heard for text in until):
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f'no {until!r} after {keys!r}; heard {heard!r}')
            heard += CONTROLS.sub('', os.read(self.fd, 1 << 16).decode(errors='replace'))

    def complete(self, line, *texts):
        """Tab after the line brings this text; twice, to list what is possible, these."""
        self.type(line + ('\t' if len(texts) == 1 else '\t\t'), *texts)
        self.type(KILL_LINE + 'echo is""idle\r', 'isidle\n')

    def close(self):
        os.close(self.fd)  # the shell hangs up
        os.waitpid(self.pid, 0)


def fish_words(line, folder):
    """What fish offers for the line."""
    script = 'source (spyhop completion fish | psub); complete -C $argv[1]'
    done = subprocess.run(['fish', '--no-config', '-c', script, line], cwd=folder, env=environment(folder), check=True,
                          timeout=PATIENCE, stdout=subprocess.PIPE, text=True)
    return [row.split('\t')[0] for row in done.stdout.splitlines()]
