"""At quiet points the merged stack of every thread is gdb's native stack, each evaluation loop replaced by what it evaluates."""
import contextlib
import os
import subprocess
import sysconfig
import tempfile
import unittest

import harness
import matrix
import native
import proc
import services
import spyhop
import stacks

SECONDS = matrix.amount('SPYHOP_NATIVE_SECONDS', 3, 10)
EVALUATIONS = {(2, 7): 'PyEval_EvalFrameEx'}


def setUpModule():
    harness.can_trace()


class Merged:
    """A parked puppet, as spyhop shows it, as gdb does, and as it tells itself."""
    python, script = None, None

    @classmethod
    def arguments(cls):
        return []

    @classmethod
    def setUpClass(cls):
        cls.puppet = cls.enterClassContext(harness.Puppet(cls.python, cls.script, *cls.arguments()))
        assert cls.puppet.ask('settle'), f'{cls.script} never came to rest'
        cls.truth = cls.puppet.ask('truth')
        proc.wait_all_blocked(cls.puppet.pid)
        cls.folded = spyhop.snapshot(cls.puppet.pid, '--native')
        cls.shown = spyhop.snapshot(cls.puppet.pid, '--native=all')
        cls.told = native.backtraces(cls.python, cls.puppet.pid)
        cls.code = native.Process(cls.puppet.pid)

    def evaluates(self, address):
        names = self.code.names_at(address)
        evaluation = EVALUATIONS.get(self.python.minor, '_PyEval_EvalFrameDefault')
        return any(name.partition('.')[0] == evaluation for name in names)

    def complain(self, complaints):
        if complaints:
            self.fail(f'{len(complaints)} are wrong; the first:\n' + '\n'.join(map(str, complaints[:3])))

    def test_native_frames_are_gdbs_and_python_ones_lie_where_it_sees_them_evaluated(self):
        complaints = []
        for thread in self.shown['threads']:
            shown, pcs = native.shape_of_shown(thread['frames']), self.told[thread['tid']]
            told = native.shape_of_told(pcs, self.evaluates)
            if native.PYTHON not in told:
                # A stripped loop of one function for each opcode has no names.
                told = native.shape_by(pcs, shown)
            words = stacks.differing(told, shown)
            if words or 'truncated' in thread:
                complaints.append(f'{thread["name"]} {thread.get("truncated")}: {words}')
        self.complain(complaints)

    def test_python_frames_are_those_that_the_target_tells(self):
        for shown in (self.folded, self.shown):
            by_tid = stacks.by_tid(shown['threads'])
            words = ((told['name'], stacks.stack_complaint(told, by_tid[told['tid']][0]))
                     for told in self.truth['threads'] if told['tid'])
            self.complain([each for each in words if each[1]])

    def test_functions_have_the_names_that_nm_tells(self):
        complaints = []
        for thread in self.shown['threads']:
            leaf = True
            for frame in thread['frames']:
                if frame['kind'] == 'native':
                    names = self.code.names_at(int(frame['address'], 16) - (0 if leaf else 1))
                    leaf = False
                    if names and frame['function'] not in names or not names and frame['function'][0] != '[':
                        complaints.append((frame, names))
        self.complain(complaints)

    def functions(self):
        """{thread's name: the functions of its folded stack, leaf first}."""
        return {thread['name']: [frame['function'] for frame in thread['frames']] for thread in self.folded['threads']}


@matrix.on_each_interpreter
class Shapes(Merged, unittest.TestCase):
    script = 'native_shapes.py'

    def test_folded_stacks_show_what_works_and_not_how_it_is_called(self):
        shown = self.functions()
        kept = {'sorted_with_key': ['list_sort_impl', 'list_sort', 'builtin_sorted', 'listsort'],
                'builtin_map': ['map_next', 'builtin_map'], 'reduce': ['functools_reduce', '_functools_reduce_impl'],
                'ctypes_callback': ['qsort', 'qsort_r', '__qsort_r']}
        if self.named_functions():
            for name, any_of in kept.items():
                self.assertTrue(set(any_of) & set(shown[name]), f'{name}: {shown[name]}')
        for name, functions in shown.items():
            self.assertFalse(any('_PyEval' in function or 'Vectorcall' in function for function in functions), functions)
        self.assertEqual(shown['python_only'][0], 'read', 'the system call is the leaf')

    def named_functions(self):
        """Has the interpreter a table of its own functions?"""
        return any(frame['function'] == 'builtin_sorted' or frame['function'] == 'list_sort_impl'
                   for thread in self.shown['threads'] for frame in thread['frames'])


@matrix.on_each_interpreter
class SignalHandler(Merged, unittest.TestCase):
    """A handler in Python, on top of what the signal has interrupted."""
    script = 'handler.py'


class AtWork:
    """Threads that are met anywhere: in C with the GIL and without, in callbacks, asleep."""

    def assert_whole_and_fitting(self, pid):
        sampling = spyhop.attach(pid, 1000, SECONDS, '--native')['sampling']
        causes = dict(sampling['truncated'])
        read = sampling['samples'] - causes.pop('native-not-read', 0)
        print(f'{self.python.name}: {sampling["samples"]} samples, {read} with native stacks, not whole: {causes}, '
              f'lost: {sampling["lost"]}', flush=True)
        self.assertGreater(read, 1000, sampling)
        self.assertLessEqual(sum(causes.values()), 0.01 * read, sampling)
        self.assertLess(causes.get('native-mismatch', 0), 0.005 * read, sampling)


@matrix.on_representatives
class Threads(AtWork, unittest.TestCase):
    python = None

    def test_stacks_are_whole_and_fit(self):
        with harness.Puppet(self.python, 'native_service.py') as puppet:
            self.assert_whole_and_fitting(puppet.pid)


@matrix.on_each_interpreter
class Trampolines(unittest.TestCase):
    """python -X perf: each Python function is called through code made at run time (Python/asm_trampoline.S)."""
    python = None

    def test_stacks_are_whole_below_them(self):
        if self.python.minor < (3, 12):
            self.skipTest('no -X perf')
        with harness.Puppet(self.python, 'native_shapes.py', command=[*self.python.command, '-X', 'perf']) as puppet:
            self.addCleanup(remove_perf_map, self.python, puppet.pid)
            self.assertTrue(puppet.ask('settle'))
            proc.wait_all_blocked(puppet.pid)
            threads = spyhop.snapshot(puppet.pid, '--native=all')['threads']
        self.assertTrue([frame for thread in threads for frame in thread['frames'] if frame['function'].startswith('py::')])
        self.assertEqual([], [(thread['name'], thread['truncated']) for thread in threads if 'truncated' in thread])


def remove_perf_map(python, pid):
    with contextlib.suppress(FileNotFoundError):
        os.remove(f'{python.root}/tmp/perf-{pid}.map')


class Gunicorn(AtWork, unittest.TestCase):
    def test_stacks_are_whole_and_fit(self):
        self.python = matrix.debian()
        arguments = ['-m', 'gunicorn', '-k', 'gthread', '--threads', '4', '-w', '1', '-b', 'fd://LISTEN_FD']
        with services.Service([*arguments, 'service_packing:application']) as service:
            service.load(4)
            service.until_at_work(4)
            self.assert_whole_and_fitting(service.pid)


class Extensions(Merged, unittest.TestCase):
    """C++ that throws and catches, Cython, numpy: on Debian's 3.11, for which they can be had."""
    script = 'native_extensions.py'

    @classmethod
    def setUpClass(cls):
        cls.python = matrix.debian()
        super().setUpClass()

    @classmethod
    def arguments(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        thrower, source, cythonic = (os.path.join(folder, name) for name in ('thrower.so', 'cythonic.c', 'cythonic.so'))
        headers = sysconfig.get_path('include', vars={'py_version_short': '3.11', 'installed_base': '/usr'})
        library = ['-O2', '-g', '-shared', '-fPIC']
        for command in (['g++', *library, os.path.join(harness.PUPPETS, 'thrower.cc'), '-o', thrower],
                        ['cython3', '-3', os.path.join(harness.PUPPETS, 'cythonic.pyx'), '-o', source],
                        ['gcc', *library, '-I', headers, source, '-o', cythonic]):
            subprocess.run(command, check=True)
        return [thrower, cythonic]

    def test_each_kind_is_named(self):
        shown = self.functions()
        self.assertIn('int shapes::Thrower::Catch<int>(std::vector<int, std::allocator<int> > const&)', shown['cpp_exception'])
        self.assertIn('throw_and_catch', shown['cpp_exception'])
        self.assertTrue(any('calls_back' in name for name in shown['cython_function']), shown)
        # Debian's numpy has no symbols of its own.
        self.assertTrue(any('multiarray' in name for name in shown['numpy_sort']), shown)


if __name__ == '__main__':
    unittest.main()
