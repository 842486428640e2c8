"""What the daemon pushes arrives: decoded by generated code, each profile once, whatever the store does meanwhile; within the
bounds of time and memory that were set."""
import concurrent.futures
import contextlib
import email.utils
import os
import re
import signal
import subprocess
import tempfile
import textwrap
import time
import unittest

import harness
import profile_store
import spyhop

DRIVER = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'push_driver')
METRIC = re.compile(r'spyhop_push_(\w+?)(?:_total)?\{target="test"(?:,cause="([\w-]+)")?\} (\d+)$')
MEBI = 1 << 20


class Driver:
    """`with Driver('pyroscope', url, spool=1000)`: a Pusher, and what has been handed to it."""

    def __init__(self, kind, url, environment=None, **options):
        words = [f'{name.replace("__", ".")}={value}' for name, value in options.items()]
        self.popen = subprocess.Popen([*harness.LEASH, DRIVER, kind, url, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.starts = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.communicate()

    def tell(self, line):
        self.popen.stdin.write(line + '\n')
        self.popen.stdin.flush()

    def part(self, pid=1, service='shop', stacks=3, age=0):
        self.tell(f'part {pid} {service} {stacks} {age}')
        self.starts.append(int(self.popen.stdout.readline().split()[1]))
        return self.starts[-1]

    def figures(self):
        """{'sent': 3, 'dropped.refused': 1, ...}, and 'problem'."""
        self.tell('figures')
        found = {}
        for line in iter(self.popen.stdout.readline, '\n'):
            if METRIC.match(line):
                name, cause, value = METRIC.match(line).groups()
                found[name + (f'.{cause}' if cause else '')] = int(value)
            elif line.startswith('problem '):
                found['problem'] = line[8:-1]
        return found

    def wait_for(self, **wanted):
        """The figures, once they are so."""
        deadline = time.monotonic() + harness.PATIENCE
        while True:
            found = self.figures()
            if all(found[name.replace('__', '.').replace('_full', '-full').replace('too_', 'too-')] == value
                   for name, value in wanted.items()):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.02)

    def quit(self):
        """How long it took to end, in seconds."""
        self.tell('quit')
        return float(self.popen.stdout.readline().split()[1])

    def resident(self):
        with open(f'/proc/{self.popen.pid}/status', encoding='utf-8') as file:
            return int(re.search(r'VmRSS:\s+(\d+) kB', file.read()).group(1)) << 10


@contextlib.contextmanager
def pushing(kind='pyroscope', **options):
    with profile_store.Store() as store, Driver(kind, store.url, **options) as driver:
        yield store, driver


def starts(kind, store):
    """Of the profiles that have arrived, sorted; of OTLP two have each."""
    if kind == 'pyroscope':
        return sorted(each.message.time_nanos for each in store.taken)
    found = [profile for each in store.taken for profile in profile_store.otlp_profiles(each.message)]
    assert len({profile.id for profile in found}) == len(found), 'a profile came twice'
    wall = sorted(profile.start for profile in found if profile.type[0] == 'wall')
    assert wall == sorted(profile.start for profile in found if profile.type[0] == 'cpu')
    return wall


class Content(unittest.TestCase):
    def test_pyroscope_is_told_what_it_needs(self):
        with pushing(label__env='pr,od', header__X_Scope='9') as (store, driver):
            start = driver.part(pid=7, service='sh@op/é', stacks=5)
            taken, = store.wait_for_taken(1)
        self.assertEqual(taken.path, '/ingest')
        query = {name: value for name, (value,) in taken.query.items()}
        self.assertEqual(query.pop('name'), 'sh_op/__{env=pr_od}')
        self.assertEqual(int(query.pop('from')), start // 10**9)
        self.assertIn(int(query.pop('until')) - start // 10**9, (1, 2))
        self.assertEqual(query, {'format': 'pprof', 'sampleRate': '20', 'spyName': 'spyhop'})
        self.assertEqual(taken.headers['X_Scope'], '9')
        self.assertRegex(taken.headers['User-Agent'], r'^spyhop/\d')
        view = profile_store.PprofView(taken.message)
        self.assertEqual(view.start, start)
        self.assertEqual((view.total('samples'), view.total('wall'), view.total('cpu')), (5, 5_000_000, 2_500_000))
        self.assertEqual(len(view.stacks), 5)
        self.assertIn((('function_4_of_7', 6), ('<module>', 1)), view.stacks)
        self.assertFalse(any(sample.label for sample in taken.message.sample), 'of labels Pyroscope makes series')

    def test_otlp_says_the_same(self):
        with pushing('otlp', label__env='prod') as (store, driver):
            start = driver.part(pid=7, stacks=5)
            taken, = store.wait_for_taken(1)
        self.assertEqual((taken.path, taken.headers['Content-Type']), (profile_store.OTLP_PATH, 'application/x-protobuf'))
        wall, cpu = profile_store.otlp_profiles(taken.message)
        self.assertEqual((wall.type, wall.period_type), (('wall', 'nanoseconds'),) * 2)
        self.assertEqual((cpu.type, cpu.period_type), (('cpu', 'nanoseconds'),) * 2)
        self.assertEqual((wall.total(), cpu.total(), wall.start), (5_000_000, 2_500_000, start))
        self.assertEqual(wall.period, 50_000_000)
        self.assertRegex(wall.scope, r'^spyhop .*opentelemetry-proto v1\.11\.0')
        wanted = {'service.name': 'shop', 'env': 'prod', 'process.pid': 7, 'process.executable.name': 'python3.11'}
        self.assertLessEqual(wanted.items(), wall.resource.items())
        frames, attributes, values = wall.samples[4]
        self.assertEqual(frames, (('function_4_of_7', 6, '/usr/bin/python3.11'), ('<module>', 1, '/usr/bin/python3.11')))
        self.assertEqual(attributes, {'thread.name': 'MainThread', 'thread.id': 7, 'spyhop.class': 'python'})
        self.assertEqual(values, [1_000_000])

    def test_index_0_of_each_table_is_its_zero_value(self):
        with pushing('otlp') as (store, driver):
            driver.part()
            tables = store.wait_for_taken(1)[0].message.dictionary
        self.assertEqual(tables.string_table[0], '')
        for table in (tables.mapping_table, tables.location_table, tables.function_table, tables.attribute_table,
                      tables.stack_table):
            self.assertEqual(table[0].SerializeToString(), b'')
        self.assertEqual((tables.link_table[0].trace_id, tables.link_table[0].span_id), (bytes(16), bytes(8)))

    def test_without_a_service_the_rule_names_it(self):
        with pushing() as (store, driver):
            driver.part(service='-')
            self.assertEqual(store.wait_for_taken(1)[0].query['name'], ['web{}'])

    def test_what_is_too_large_comes_in_parts_that_add_up(self):
        for kind in 'pyroscope', 'otlp':
            with self.subTest(kind), pushing(kind) as (store, driver):
                driver.part(stacks=40_000)
                driver.wait_for(splits=1, spool_requests=0)
                self.assertGreater(len(store.taken), 2)
                total = 0
                for taken in store.taken:
                    self.assertLessEqual(taken.size, 4 * MEBI)
                    if kind == 'pyroscope':
                        self.assertLessEqual(len(taken.message.sample), 16_000)
                        total += profile_store.PprofView(taken.message).total('wall')
                    else:
                        total += profile_store.otlp_profiles(taken.message)[0].total()
                self.assertEqual(total, 40_000 * 1_000_000)

    def test_a_token_in_a_file_is_read_anew(self):
        with tempfile.NamedTemporaryFile('w+') as file:
            file.write('Bearer one\n')
            file.flush()
            with pushing(header__Authorization=f'@{file.name}') as (store, driver):
                driver.part()
                store.wait_for_taken(1)
                file.seek(0)
                file.write('Bearer two\n')
                file.flush()
                driver.part()
                store.wait_for_taken(2)
            self.assertEqual([each.headers['Authorization'] for each in store.taken], ['Bearer one', 'Bearer two'])


class Misbehaviour(unittest.TestCase):
    ONCE_MORE = [('answer', 429), ('answer', 503), ('answer_early', 503), 'stall', 'drip', 'garbage', 'half_head', 'endless_head',
                 'close', 'close_early']

    def once(self, kind):
        """Each failure once, with two that are taken after each: their delays stay short."""
        with pushing(kind, timeout=1) as (store, driver):
            for act in self.ONCE_MORE:
                store.will(act, 'take', 'take')
            store.will('take_half_body', 'take_huge_body')
            for pid in range(2 * len(self.ONCE_MORE) + 2):
                driver.part(pid=pid)
            figures = driver.wait_for(sent=len(driver.starts))
            self.assertEqual(starts(kind, store), sorted(driver.starts))
            self.assertEqual(figures['retries'], len(self.ONCE_MORE))
            self.assertEqual(sum(value for name, value in figures.items() if name.startswith('dropped')), 0)
            self.assertEqual((figures['spool_bytes'], figures['spool_requests'], figures['problem']), (0, 0, ''))
            self.assertLess(driver.resident(), 64 * MEBI)

    def test_each_profile_arrives_exactly_once(self):
        with concurrent.futures.ThreadPoolExecutor() as both:
            list(both.map(self.once, ['pyroscope', 'otlp']))

    def test_delays_grow_and_are_short_again_after_success(self):
        with pushing() as (store, driver):
            store.will(*[('answer', 503)] * 2)
            driver.part()
            store.wait_for_taken(1)
            first, second = gaps(store)
            for gap, least in (first, 1), (second, 2):
                self.assertTrue(least <= gap <= 2 * least + 0.5, gaps(store))
            store.will(('answer', 503))
            driver.part()
            store.wait_for_taken(2)
            self.assertTrue(1 <= gaps(store)[-1] <= 2.5, gaps(store))

    def test_retry_after_is_heeded(self):
        with pushing() as (store, driver):
            date = email.utils.formatdate(time.time() + 4, usegmt=True)  # Whole seconds: 3 to 4 from now.
            store.will(('answer', 429, ('Retry-After', '2')), ('answer', 503, ('Retry-After', date)))
            begin = time.monotonic()
            driver.part()
            store.wait_for_taken(1)
            self.assertTrue(2 <= gaps(store)[0] < 3, gaps(store))
            self.assertTrue(2.9 <= store.times[2] - begin < 5, gaps(store))

    def test_all_wait_for_a_store_that_refuses(self):
        with pushing() as (store, driver):
            store.will(('answer', 429, ('Retry-After', '2')))
            for pid in range(20):
                driver.part(pid=pid)
            store.wait_for_taken(20)
            self.assertGreaterEqual(gaps(store)[0], 2)
            self.assertEqual(starts('pyroscope', store), sorted(driver.starts))

    def test_what_is_refused_is_given_up(self):
        refusals = [400, 401, 404, 408, 413, 422, 500, 501, 302]
        with pushing() as (store, driver):
            store.will(*[('answer', status, ('Location', store.url)) for status in refusals])
            for pid in range(len(refusals)):
                driver.part(pid=pid)
            figures = driver.wait_for(dropped__refused=len(refusals))
            self.assertEqual(figures['problem'], 'HTTP 302: because\\x1b[31m')
            driver.part()
            figures = driver.wait_for(sent=1)
            self.assertEqual((figures['retries'], figures['problem'], len(store.times)), (0, '', len(refusals) + 1))

    def test_rejected_otlp_profiles_are_counted(self):
        with pushing('otlp') as (store, driver):
            store.will(('take_partly', 2))
            driver.part()
            self.assertEqual(driver.wait_for(rejected_profiles=2)['sent'], 1)

    def test_what_is_not_taken_in_time_is_given_up(self):
        with pushing(retry=2) as (store, driver):
            store.will(*[('answer', 503)] * 20)
            driver.part()
            driver.wait_for(dropped__expired=1, spool_bytes=0)
            self.assertIn(len(store.times), (1, 2))

    def test_pyroscope_is_not_sent_what_it_finds_too_old(self):
        with pushing() as (store, driver):
            driver.part(age=3700)
            driver.part(age=3000)
            driver.wait_for(sent=1, dropped__too_old=1)
            self.assertEqual(starts('pyroscope', store), driver.starts[1:])


class Bounds(unittest.TestCase):
    def test_a_store_that_is_away_costs_no_more_than_the_spool(self):
        port = profile_store.free_port()
        with Driver('pyroscope', f'http://127.0.0.1:{port}', spool=MEBI) as driver:
            driver.part()
            driver.wait_for(spool_requests=1)
            before = driver.resident()
            for pid in range(600):
                driver.part(pid=pid, stacks=200)
                if pid % 50 == 0:
                    self.assertLessEqual(written(driver)['spool_bytes'], MEBI)
            figures = written(driver)
            self.assertEqual(figures['dropped.busy'], 0)
            self.assertGreater(figures['dropped.spool-full'], 200, figures)
            self.assertGreater(figures['spool_bytes'], MEBI * 0.9)
            for pid in range(600):  # More than can be written, too.
                driver.part(pid=pid, stacks=200)
            figures = written(driver)
            grown = driver.resident() - before
            print(f'resident: {before >> 10} KiB, then {grown >> 10:+} KiB; {figures}')
            self.assertLess(grown, 40 * MEBI)
            with profile_store.Store(port=port) as store:
                waiting = figures['spool_requests']
                driver.wait_for(sent=waiting)
                arrived = starts('pyroscope', store)
                self.assertEqual((len(arrived), len(set(arrived))), (waiting, waiting))
                self.assertEqual(arrived[-1], driver.starts[-1], 'not the latest ones')

    def test_it_ends_when_all_is_sent(self):
        with pushing(interval=60) as (store, driver):
            for pid in range(5):
                driver.part(pid=pid)
            self.assertLess(driver.quit(), 2)
            self.assertEqual(starts('pyroscope', store), sorted(driver.starts))

    def test_it_ends_while_a_store_stalls(self):
        with pushing(timeout=60) as (store, driver):
            store.will('stall')
            driver.part()
            store.wait_for_requests(1)
            self.assertTrue(2.5 < driver.quit() < 5)

    def test_it_ends_at_once_while_a_store_refuses(self):
        with pushing(timeout=60) as (store, driver):
            store.will(*[('answer', 503)] * 5)
            driver.part()
            store.wait_for_requests(1)
            self.assertLess(driver.quit(), 1)


class Daemon(unittest.TestCase):
    CONFIG = """
        [daemon]
        cpu-budget = 0
        stopped-budget = 0
        history =
        snapshot-folder = {folder}
        control =
        segment = 10s
        [watch shop]
        pid = {pid}
        rate = 50
        label.zone = b
        [push one]
        type = pyroscope
        url = {one}
        label.env = prod
        interval = 10s
        [push two]
        type = otlp
        url = {two}
        interval = 10s
        """
    BURNER = """
        import sys
        def burn():
            n = 0
            while True:
                n += 1
        print('ready', flush=True)
        burn()
        """

    def test_what_it_samples_reaches_both_stores(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            one, two = (stack.enter_context(profile_store.Store()) for _ in range(2))
            burner = started(stack, ['/usr/bin/python3', '-c', textwrap.dedent(self.BURNER)], stdout=subprocess.PIPE)
            self.assertEqual(burner.stdout.readline(), b'ready\n')
            config = os.path.join(folder, 'spyhop.conf')
            with open(config, 'w', encoding='utf-8') as file:
                file.write(textwrap.dedent(self.CONFIG).format(pid=burner.pid, one=one.url, two=two.url, folder=folder))
            one.will(('answer', 503))
            daemon = started(stack, [spyhop.BINARY, 'daemon', '--config', config])
            one.wait_for_taken(1)
            two.wait_for_taken(1)
            daemon.send_signal(signal.SIGTERM)  # It sends what it has of the next part.
            self.assertEqual(daemon.wait(harness.PATIENCE), 0)
        for each in one.taken:
            self.assertRegex(each.query['name'][0], r'^shop\{env=prod,(python_version=3\.[\d.]+,)?zone=b\}$')
        pprofs = [profile_store.PprofView(each.message) for each in one.taken]
        walls = [each for taken in two.taken for each in profile_store.otlp_profiles(taken.message) if each.type[0] == 'wall']
        self.assertEqual(sorted(each.start for each in pprofs), sorted(each.start for each in walls))
        self.assertEqual(sum(each.total('wall') for each in pprofs), sum(each.total() for each in walls))
        self.assertEqual(walls[0].resource['service.name'], 'shop')
        self.assertEqual(walls[0].resource['process.pid'], burner.pid)
        for each in pprofs:
            lasted, wall = each.message.duration_nanos, each.total('wall')
            self.assertTrue(0.9 * lasted - 1e9 < wall < 1.1 * lasted + 1e9, (lasted, wall))
        burning = sum(values[1] for stack, values in pprofs[0].stacks.items() if stack[0][0] == 'burn')
        self.assertGreater(burning, 0.95 * pprofs[0].total('wall'))


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.certificate = os.path.join(cls.folder, 'certificate.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
                        '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', cls.certificate, '-out',
                        os.path.join(cls.folder, 'authority.pem')], check=True, capture_output=True)
        with open(os.path.join(cls.folder, 'authority.pem'), encoding='utf-8') as authority, \
                open(cls.certificate, 'a', encoding='utf-8') as both:
            both.write(authority.read())

    def driver(self, url, **environment):
        driver = Driver('pyroscope', url, environment)
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.popen.wait(0.2)
            errors = driver.popen.stderr.read()
            self.assertRegex(errors, "cannot push to '.*libcurl4")
            self.skipTest('this build has no libcurl; it said so')
        return driver

    def test_a_store_of_a_known_authority_is_sent_to(self):
        with profile_store.Store(self.certificate) as store, \
                self.driver(store.url, SSL_CERT_FILE=os.path.join(self.folder, 'authority.pem')) as driver:
            store.will(('answer', 429, ('Retry-After', '2')), 'take_huge_body', 'take_half_body', ('answer', 404))
            for pid in range(4):
                driver.part(pid=pid)
            driver.wait_for(sent=3, dropped__refused=1)
            self.assertGreaterEqual(gaps(store)[0], 2)

    def test_any_other_store_is_not(self):
        with profile_store.Store(self.certificate) as store, self.driver(store.url) as driver:
            driver.part()
            self.assertRegex(driver.wait_for(retries=1)['problem'], '(?i)certificate')
            self.assertEqual(store.taken, [])


class Configuration(unittest.TestCase):
    def test_mistakes_are_told_at_the_start(self):
        for url, options, message in (('ftp://x', [], 'must begin with http'), ('http://u:p@x', [], r'header\.Authorization'),
                                      ('http://x:99999', [], 'no such port'), ('http://x/?y', [], 'a query'),
                                      ('http://x', ['header.A=@/nowhere'], "read from '/nowhere'"),
                                      ('http://x', ['header.A B=1'], "header 'A B' cannot be sent")):
            with self.subTest(url):
                done = subprocess.run([DRIVER, 'otlp', url, *options], input='', capture_output=True, text=True, timeout=10)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, message)


def started(stack, command, **options):
    """A child that ends with the stack."""
    child = stack.enter_context(subprocess.Popen([*harness.LEASH, *command], **options))
    stack.callback(child.kill)
    return child


def written(driver):
    """The figures, once all parts are in the spool or were dropped; none is sent."""
    deadline = time.monotonic() + harness.PATIENCE
    while True:
        figures = driver.figures()
        if figures['spool_requests'] + figures['dropped.spool-full'] + figures['dropped.busy'] == len(driver.starts):
            return figures
        assert time.monotonic() < deadline, figures
        time.sleep(0.02)


def gaps(store):
    return [round(after - before, 2) for before, after in zip(store.times, store.times[1:])]


if __name__ == '__main__':
    unittest.main()
