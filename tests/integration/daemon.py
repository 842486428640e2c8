"""A spyhop daemon under test, with a configuration and a history of its own."""
import glob
import os
import signal

import proc
import spyhop

DAEMON = {'cpu-budget': '0', 'stopped-budget': '0', 'control': '', 'segment': '10s'}


class Daemon:
    """Runs in `folder`; its sections are dicts: `daemon`, and one `watch` of name 'test'."""

    def __init__(self, folder, watch, prefix=(), **daemon):
        self.folder, self.prefix = folder, prefix
        self.config = os.path.join(folder, 'spyhop.conf')
        self.history = daemon.get('history') or os.path.join(folder, 'history')
        self.snapshots = os.path.join(folder, 'snapshots')
        self.configure(watch, **daemon)
        self.running = None

    def configure(self, watch, **daemon):
        given = {key.replace('_', '-'): value for key, value in daemon.items()}
        keys = {**DAEMON, 'history': self.history, 'snapshot-folder': self.snapshots, **given}
        self.write('[daemon]\n' + ''.join(f'{key} = {value}\n' for key, value in keys.items()) +
                   '[watch test]\n' + ''.join(f'{key} = {value}\n' for key, value in watch.items()))

    def write(self, text):
        with open(self.config, 'w', encoding='utf-8') as file:
            file.write(text)

    def start(self):
        self.running = spyhop.Running('daemon', '--config', self.config, prefix=self.prefix)
        self.await_said('the daemon is running')
        return self

    def await_said(self, text, seconds=20):
        proc.until(lambda: text in self.running.said(), seconds, f'spyhop says {text!r}; it said {self.running.said()!r}')

    def signal(self, number):
        os.kill(self.pid(), number)

    def pid(self):
        return self.running.pid

    def recordings(self, pid='*'):
        return sorted(path for path in glob.glob(os.path.join(self.history, f'{pid}-*', '*.spyhop')) if os.path.getsize(path))

    def await_recording(self, pid, seconds=20):
        proc.until(lambda: self.recordings(pid), seconds, f'a recording of process {pid}; {self.running.said()}')

    def profile(self, pid, skip=0):
        """What the history holds of a process but for its first parts, as spyhop.profile/1."""
        return spyhop.run('report', *self.recordings(pid)[skip:], '-f', 'json', '--stacks', '-o', '-', '-q').expect(spyhop.DONE).json()

    def end(self):
        """As systemd ends it; its last parts are in the history then."""
        self.signal(signal.SIGTERM)
        return self.running.finish().expect(spyhop.DONE)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.running.__exit__()


def self_seconds(profile, function, kinds=('python_s', 'native_s', 'kernel_s')):
    """Seconds of samples whose leaf is in the function."""
    return sum(row['self'][kind] for row in profile['lines'] if row['function'].rpartition('.')[2] == function for kind in kinds)
