"""The daemon's servers over made-up processes (tests/daemon/serve_made_fleet.cc), and clients that talk to them."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

import harness
import spyhop

SERVER = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'serve_made_fleet')
TOKEN = 'a-token-of-the-tests'


class Server:
    """Serves `targets` processes with pids from 1 on, in a folder of its own."""

    def __init__(self, targets=3, http='127.0.0.1:0', token='-', group='-', control=None):
        self.folder = tempfile.mkdtemp(prefix='spyhop-serve-')
        os.chmod(self.folder, 0o755)
        self.control = control or os.path.join(self.folder, 'control.sock')
        self.popen = subprocess.Popen([*harness.LEASH, SERVER, str(targets), self.control, http, token, group],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = self.popen.stdout.readline().strip()
        self.address = self.said.removeprefix('ready ')

    def __enter__(self):
        if not self.said.startswith('ready '):
            self.close()
            raise AssertionError(f'the server did not start: {self.said}')
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Its exit status: a crash is not 0."""
        if self.popen.poll() is None:
            self.popen.stdin.close()
        status = self.popen.wait(30)
        self.popen.stdin.close()
        self.popen.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if status not in (0, 1):
            raise AssertionError(f'the server ended with status {status}')
        return status

    def url(self, path):
        return f'http://{self.address}{path}'

    def get(self, path, method='GET', **headers):
        """(status, headers, body)."""
        request = urllib.request.Request(self.url(path), method=method,
                                         headers={name.replace('_', '-'): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def connect_http(self):
        host, port = self.address.rsplit(':', 1)
        return socket.create_connection((host.strip('[]'), int(port)), timeout=30)

    def connect_control(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(self.control)
        return connection

    def ask(self, **fields):
        """(head, document) of a control request."""
        return self.say(json.dumps({'v': 1, **fields}).encode() + b'\n')

    def say(self, line):
        with self.connect_control() as connection:
            connection.sendall(line)
            return split(read_all(connection))

    def ctl(self, *words, **options):
        return spyhop.run('ctl', *words, '--socket', self.control, **options)

    def resident_kib(self):
        with open(f'/proc/{self.popen.pid}/status', encoding='ascii') as status:
            return next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))


def basic(password):
    return 'Basic ' + base64.b64encode(f'any:{password}'.encode()).decode()


def read_all(connection):
    """Until its end; what came before a reset counts, too."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b''.join(pieces)


def split(reply):
    line, _, document = reply.partition(b'\n')
    return json.loads(line), document
