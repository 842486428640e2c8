"""A store of profiles as the daemon's pushes meet it: takes pprof as Pyroscope does and OTLP, decodes both by code that protoc
has generated (protos/*.proto), and misbehaves as told."""
import collections
import gzip
import http.server
import importlib
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
OTLP_PATH = '/v1development/profiles'
PATIENCE = 60.0

Taken = collections.namedtuple('Taken', 'path query headers message size')


def generated():
    """The modules that protoc makes of protos/*.proto."""
    with tempfile.TemporaryDirectory() as folder:
        protos = [os.path.join(HERE, 'protos', name) for name in ('pprof.proto', 'otlp.proto')]
        subprocess.run(['protoc', f'--python_out={folder}', f'--proto_path={HERE}/protos', *protos], check=True)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module('pprof_pb2'), importlib.import_module('otlp_pb2')
        finally:
            sys.path.remove(folder)


pprof, otlp = generated()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # The client has gone.

    def do_POST(self):
        act, arguments = self.server.store.next_act()
        getattr(self, 'act_' + act)(*arguments)
        self.close_connection = True

    def read(self):
        return self.rfile.read(int(self.headers['Content-Length']))

    def take(self):
        self.server.store.take(self.path, self.headers, self.read())

    def answer(self, status, headers=(), body=b''):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def act_take(self):
        self.take()
        self.answer(200, [('Content-Type', 'application/x-protobuf')])

    def act_take_partly(self, rejected):
        self.take()
        partial = otlp.PartialSuccess(rejected_profiles=rejected, error_message='no room\x1b[31m')
        self.answer(200, body=otlp.Answer(partial_success=partial).SerializeToString())

    def act_answer(self, status, *headers):
        self.read()
        self.answer(status, headers, b'because\x1b[31m\n')

    def act_answer_early(self, status):
        self.answer(status)  # Has read nothing of the body.

    def act_stall(self):
        self.read()
        self.server.store.released.wait(PATIENCE)

    def act_drip(self):
        """A byte of the answer's head now and then, for ever."""
        self.read()
        while not self.server.store.released.wait(0.1):
            self.wfile.write(b'H')
            self.wfile.flush()

    def act_garbage(self):
        self.read()
        self.wfile.write(bytes(range(256)) * 100)

    def act_half_head(self):
        self.read()
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Le')

    def act_endless_head(self):
        self.read()
        self.wfile.write(b'HTTP/1.1 200 OK\r\n')
        for _ in range(10_000):
            self.wfile.write(b'X-Filler: ' + b'x' * 1000 + b'\r\n')

    def act_close(self):
        self.read()

    def act_close_early(self):
        # With what was sent still unread: a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')

    def act_take_half_body(self):
        self.take()
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')

    def act_take_huge_body(self):
        self.take()
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
        self.wfile.write(b'x' * 10_000_000)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class Store:
    """`with Store() as store`: listens at store.url. What it has taken is store.taken."""

    def __init__(self, certificate=None, port=0):
        self.server = Server(('127.0.0.1', port), Handler)
        self.server.store = self
        self.port = self.server.server_port
        self.url = f'{"https" if certificate else "http"}://127.0.0.1:{self.port}'
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.changed = threading.Condition()
        self.released = threading.Event()
        self.acts = collections.deque()
        self.taken = []
        self.times = []  # of all requests

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def will(self, *acts):
        """What it does with the next requests: names of act_NAME, or tuples with its arguments. Then it takes all."""
        self.acts.extend(act if isinstance(act, tuple) else (act,) for act in acts)

    def next_act(self):
        with self.changed:
            self.times.append(time.monotonic())
            name, *arguments = self.acts.popleft() if self.acts else ('take',)
            self.changed.notify_all()
            return name, arguments

    def take(self, path, headers, body):
        path, _, query = path.partition('?')
        assert headers['Content-Encoding'] == 'gzip', dict(headers)
        raw = gzip.decompress(body)
        message = otlp.Request() if path == OTLP_PATH else pprof.Profile()
        message.ParseFromString(raw)
        with self.changed:
            self.taken.append(Taken(path, urllib.parse.parse_qs(query, strict_parsing=bool(query)), headers, message, len(raw)))
            self.changed.notify_all()

    def wait_for(self, condition):
        """Returns when that is so of it."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), PATIENCE), (len(self.taken), len(self.times), self.acts)

    def wait_for_requests(self, count):
        self.wait_for(lambda store: len(store.times) >= count)

    def wait_for_taken(self, count):
        self.wait_for(lambda store: len(store.taken) >= count)
        return self.taken


def free_port():
    """A port at which nobody listens; nobody but a Store of the test is expected to."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class PprofView:
    """A pprof message with its names."""

    def __init__(self, message):
        self.message = message
        text = message.string_table
        functions = {each.id: text[each.name] for each in message.function}
        locations = {each.id: (functions[each.line[0].function_id], each.line[0].line) for each in message.location}
        self.types = [(text[each.type], text[each.unit]) for each in message.sample_type]
        self.stacks = {tuple(locations[each] for each in sample.location_id): list(sample.value) for sample in message.sample}
        self.start = message.time_nanos

    def total(self, name):
        column = [kind for kind, _ in self.types].index(name)
        return sum(values[column] for values in self.stacks.values())


class OtlpView:
    """One profile of an OTLP request with its names."""

    def __init__(self, request, resource, scope, profile):
        tables = request.dictionary
        text = tables.string_table
        self.resource = {each.key: plain(each.value) for each in resource.attributes}
        self.scope = f'{scope.name} {scope.version}'
        self.type = text[profile.sample_type.type_strindex], text[profile.sample_type.unit_strindex]
        self.period_type = text[profile.period_type.type_strindex], text[profile.period_type.unit_strindex]
        self.period, self.id, self.start = profile.period, profile.profile_id, profile.time_unix_nano
        self.samples = []
        for sample in profile.samples:
            attributes = {text[tables.attribute_table[each].key_strindex]: plain(tables.attribute_table[each].value)
                          for each in sample.attribute_indices}
            frames = []
            for index in tables.stack_table[sample.stack_index].location_indices:
                location = tables.location_table[index]
                function = tables.function_table[location.lines[0].function_index]
                frames.append((text[function.name_strindex], location.lines[0].line,
                               text[tables.mapping_table[location.mapping_index].filename_strindex]))
            self.samples.append((tuple(frames), attributes, list(sample.values)))

    def total(self):
        return sum(value for *_, values in self.samples for value in values)


def plain(value):
    return getattr(value, value.WhichOneof('value'))


def otlp_profiles(request):
    return [OtlpView(request, resource.resource, scope.scope, profile)
            for resource in request.resource_profiles for scope in resource.scope_profiles for profile in scope.profiles]
