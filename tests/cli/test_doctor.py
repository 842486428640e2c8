"""spyhop doctor: what stands in the way is named, and what it says to do about it works when it is done."""
import context  # noqa: F401  isort:skip
import os
import re
import signal
import subprocess
import unittest
from unittest import mock

import elf
import harness
import interpreters
import matrix
import proc
import spyhop
from doctor_case import Doctor

NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps=-all']
WITHOUT_CALLS = ['/usr/bin/python3', '-B', os.path.join(harness.PUPPETS, 'without_calls.py')]
PTRACE, PROCESS_VM_READV = '101', '310'  # x86-64
OWN_NAMESPACES = ['unshare', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc']


def setUpModule():
    harness.can_trace()


class Permission(Doctor):
    def test_another_users_process(self):
        pid = self.worker().pid
        target = self.examine(pid, spyhop.NOT_PERMITTED, NOBODY)['target']
        self.assertRegex(target['text'], 'belongs to user 0, Spyhop runs as user 65534')
        self.attaches_by(self.line(target, 'sudo .*attach'))
        self.do(self.line(target, 'setcap'))
        self.attaches(pid, NOBODY)

    def test_a_capability_that_is_permitted_but_not_in_effect(self):
        subprocess.run(['setcap', 'cap_sys_ptrace,cap_dac_read_search+p', spyhop.BINARY], check=True)
        pid = self.worker().pid
        found = self.examine(pid, spyhop.NOT_PERMITTED, NOBODY)
        self.assertIn('permitted, but not effective', found['permission']['text'])
        self.do(self.line(found['target'], 'setcap'))
        self.attaches(pid, NOBODY)

    def test_the_capability_to_trace_alone_does_not_open_the_files_of_others(self):
        subprocess.run(['setcap', 'cap_sys_ptrace+ep', spyhop.BINARY], check=True)
        pid = self.worker().pid
        target = self.examine(pid, spyhop.NOT_PERMITTED, NOBODY)['target']
        for command in (['attach', '-d', 1], ['snapshot']):
            result = spyhop.run(*command, '-p', pid, prefix=NOBODY).expect(spyhop.NOT_PERMITTED)
            self.assertIn('cap_dac_read_search', result.err)
        self.do(self.line(target, 'setcap'))
        self.attaches(pid, NOBODY)
        self.attaches(self.worker(prefix=NOBODY).pid, NOBODY)

    def test_root_that_has_lost_its_capabilities(self):
        without = ['setpriv', '--securebits', '+noroot', '--inh-caps=-all']
        pid = self.worker(prefix=NOBODY).pid
        target = self.examine(pid, spyhop.NOT_PERMITTED, without)['target']
        self.assertNotIn('sudo ' + spyhop.BINARY, ' '.join(target['remedy']['lines']), 'it is root')
        self.do(self.line(target, 'setcap'))
        self.attaches(pid, without)

    def test_what_the_bounding_set_lacks_cannot_be_gained_within(self):
        without = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-all']
        pid = self.worker().pid
        remedy = self.examine(pid, spyhop.NOT_PERMITTED, without)['target']['remedy']
        self.assertIn('bounding set', remedy['text'])
        self.assertNotIn('setcap', ' '.join(remedy['lines']))
        pod = mock.patch.dict(os.environ, KUBERNETES_SERVICE_HOST='10.0.0.1')
        with pod:
            found = self.examine(pid, spyhop.NOT_PERMITTED, without)
        self.assertIn('securityContext: {capabilities: {add: [SYS_PTRACE]}}', found['target']['remedy']['lines'])
        self.assertIn('Kubernetes', found['place']['text'])

    def test_no_new_privileges(self):
        pid = self.worker().pid
        found = self.examine(pid, spyhop.NOT_PERMITTED, [*NOBODY, '--no-new-privs'])
        self.assertRegex(found['target']['remedy']['text'], 'no_new_privs.*NoNewPrivileges=no')
        self.assertEqual(found['target']['remedy']['lines'], [], 'neither sudo nor setcap help')
        self.attaches(pid)

    def test_ones_own_process_that_is_not_dumpable(self):
        code = ('import ctypes, sys; ctypes.CDLL(None).prctl(4, 0)\n'
                'def descend():\n    print("up", flush=True)\n    while True: pass\ndescend()')
        with harness.Process([*matrix.debian().command, '-c', code], prefix=NOBODY) as process:
            self.assertEqual(process.read_line(), 'up')
            found = self.examine(process.pid, spyhop.NOT_PERMITTED, NOBODY)
            self.assertIn('not dumpable', found['target']['text'])
            self.assertIn('not dumpable', found['user']['text'])
            self.do(self.line(found['target'], 'setcap'))
            self.attaches(process.pid, NOBODY)

    def test_ones_own_process_with_more_capabilities(self):
        more = [*NOBODY[:-1], '--inh-caps=+net_raw', '--ambient-caps=+net_raw']
        pid = self.worker(prefix=more).pid
        target = self.examine(pid, spyhop.NOT_PERMITTED, NOBODY)['target']
        self.assertRegex(target['text'], 'capabilities that Spyhop has not|not dumpable')
        self.do(self.line(target, 'setcap'))
        self.attaches(pid, NOBODY)

    def test_ones_own_process_needs_nothing(self):
        puppet = self.worker(prefix=NOBODY)
        found = self.examine(puppet.pid, spyhop.DONE, NOBODY)
        self.assertEqual({name for name, each in found.items() if each['verdict'] != 'ok'} - {'cpus'}, set())
        self.attaches(puppet.pid, NOBODY)

    def test_a_user_namespace_holds_its_capabilities_in(self):
        pid = self.worker().pid
        try:
            found = self.examine(pid, spyhop.NOT_PERMITTED, ['unshare', '--user', '--map-root-user'])
        except AssertionError:
            if subprocess.run(['unshare', '--user', 'true']).returncode == 0:
                raise
            self.skipTest('this kernel allows no user namespaces')
        self.assertIn('user namespace', found['target']['text'])
        self.assertIn('outside of its user namespace', found['target']['remedy']['text'])
        self.attaches(pid)


class Filtered(Doctor):
    """Spyhop under a seccomp filter, as in a container with a strict profile."""

    def test_ptrace_is_refused(self):
        pid = self.worker().pid
        found = self.examine(pid, spyhop.DONE, [*WITHOUT_CALLS, PTRACE])
        self.assertEqual(found['seccomp']['verdict'], 'warning')
        option = re.search(r'--pause never', found['seccomp']['remedy']['text']).group().split()
        self.attaches(pid, [*WITHOUT_CALLS, PTRACE], *option)

    def test_the_fast_read_is_refused(self):
        pid = self.worker().pid
        found = self.examine(pid, spyhop.DONE, [*WITHOUT_CALLS, PROCESS_VM_READV])
        self.assertIn('/proc/PID/mem', found['seccomp']['text'])
        self.attaches(pid, [*WITHOUT_CALLS, PROCESS_VM_READV])

    def test_both_are_refused_to_a_user_without_capability(self):
        pid = self.worker().pid
        both = [*WITHOUT_CALLS, f'{PTRACE},{PROCESS_VM_READV}', *NOBODY]
        target = self.examine(pid, spyhop.NOT_PERMITTED, both)['target']
        self.assertIn('seccomp profile', target['remedy']['text'])


class Places(Doctor):
    def test_a_target_in_its_own_namespaces(self):
        puppet = self.worker(prefix=OWN_NAMESPACES)
        problem = self.examine(puppet.pid, spyhop.NOT_PYTHON)['target']
        self.attaches_by(self.line(problem, 'attach --pid'))
        child = proc.children(puppet.pid)[0]
        found = self.examine(child, spyhop.DONE)
        self.assertRegex(found['pids']['text'], rf'as process 1; here .* {child}')
        self.assertIn('mount namespace', found['files']['text'])

    def test_a_pid_as_it_is_inside_the_container(self):
        with open('/proc/sys/kernel/pid_max', encoding='ascii') as file:
            inner = int(file.read()) - 7
        script = f'exec 3<&0; echo {inner - 1} > /proc/sys/kernel/ns_last_pid; "$@" <&3 & wait'
        puppet = self.worker(prefix=[*OWN_NAMESPACES, '/bin/sh', '-c', script, 'sh'])
        outer = next(pid for pid in proc.descendants(puppet.pid) if proc.inner_pid(pid) == inner)
        if os.path.exists(f'/proc/{inner}'):
            self.skipTest(f'there is a process {inner} on this machine')
        problem = self.examine(inner, spyhop.NO_PROCESS)['target']
        self.assertIn(f'has the pid {inner}', problem['text'])
        self.assertIn(str(outer), self.line(problem, 'attach --pid'))
        self.attaches_by(self.line(problem, 'attach --pid'))

    def test_spyhop_in_a_pid_namespace_without_the_target(self):
        pid = self.worker().pid
        found = self.examine(pid, spyhop.NO_PROCESS, OWN_NAMESPACES)
        self.assertIn('only the processes of its own pid namespace', found['target']['text'])
        self.assertRegex(found['target']['remedy']['text'], 'run Spyhop (on the host|outside)')
        self.assertIn('pid namespace', found['place']['text'])
        self.attaches(pid)

    def test_a_proc_of_another_pid_namespace(self):
        elsewhere = ['unshare', '--pid', '--mount', '--fork', '--kill-child']
        result = spyhop.run('doctor', '--json', prefix=elsewhere).expect(spyhop.NOT_PERMITTED)
        found = {each['subject']: each for each in result.json()['findings']}
        mount = self.line(found['proc'], '^sudo mount').replace('sudo ', '')
        result = spyhop.run('doctor', '--json', prefix=[*elsewhere, '/bin/sh', '-c', mount + ' && exec "$@"', 'sh'])
        self.assertNotIn('proc', {each['subject'] for each in result.expect(spyhop.DONE).json()['findings']})

    def test_a_confined_target(self):
        roots = [each for each in interpreters.discover() if each.root]
        if not roots:
            self.skipTest('no Debian root in the cache folder: ' + interpreters.INSTALLER)
        with harness.Puppet(roots[-1], 'worker.py', 1, 5, 0) as puppet:
            found = self.examine(puppet.pid, spyhop.DONE)
            self.assertIn(roots[-1].root, found['files']['text'])
            self.assertEqual(found['sources']['figures']['named'], found['sources']['figures']['readable'])
            self.attaches(puppet.pid)


class Relatives(Doctor):
    """What was named is a wrapper; the one that was meant is named."""

    def test_a_child_of_timeout(self):
        puppet = self.worker(prefix=['timeout', '--foreground', '100'])
        child = proc.children(puppet.pid)[0]
        problem = self.examine(puppet.pid, spyhop.NOT_PYTHON)['target']
        self.assertIn(f'its child {child} ', problem['text'])
        self.attaches_by(self.line(problem, 'attach --pid'))
        for command in ('attach', 'snapshot'):
            result = spyhop.run(command, '-p', puppet.pid).expect(spyhop.NOT_PYTHON)
            self.assertRegex(result.err, rf'its child {child} \(.*\) is: use --pid {child}\n')

    def test_a_grandchild_of_a_shell(self):
        puppet = self.worker(prefix=['/bin/sh', '-c', 'timeout --foreground 100 "$@"; true', 'sh'])
        problem = self.examine(puppet.pid, spyhop.NOT_PYTHON)['target']
        self.assertIn('its descendant', problem['text'])
        self.attaches_by(self.line(problem, 'attach --pid'))

    def test_a_parent(self):
        code = ('import subprocess\nchild = subprocess.Popen(["sleep", "60"])\n'
                'def descend():\n    print(child.pid, flush=True)\n    while True: pass\ndescend()')
        with harness.Process([*matrix.debian().command, '-c', code]) as parent:
            child = int(parent.read_line())
            proc.until(lambda: proc.comm(child, child) == 'sleep', 5, 'sleep runs')
            problem = self.examine(child, spyhop.NOT_PYTHON)['target']
            self.assertIn(f'its parent {parent.pid} ', problem['text'])
            self.attaches_by(self.line(problem, 'attach --pid'))


class States(Doctor):
    def test_stopped(self):
        puppet = self.worker()
        os.kill(puppet.pid, signal.SIGSTOP)
        proc.until(lambda: proc.state(puppet.pid) == 'T', 5, 'stopped')
        found = self.examine(puppet.pid, spyhop.DONE)
        self.assertIn('stopped', found['state']['text'])
        self.assertNotIn('cost', found, 'nothing to measure')
        self.do(self.line(found['state'], 'kill -CONT'))
        self.assertNotIn('state', self.examine(puppet.pid, spyhop.DONE))
        self.attaches(puppet.pid)

    def test_traced(self):
        for tracer in (['strace', '-f', '-o', '/dev/null', '-p'], ['gdb', '-nx', '-q', '-p']):
            with self.subTest(tracer=tracer[0]):
                puppet = self.worker()
                with harness.Process([*tracer, str(puppet.pid)]) as process:
                    proc.until(lambda: proc.status(puppet.pid)['TracerPid'] == str(process.pid), 20, 'traced')
                    found = self.examine(puppet.pid, spyhop.DONE)
                    self.assertIn(f'process {process.pid} ({tracer[0]})', found['tracer']['text'])
                    self.assertIn('--pause never', found['tracer']['remedy']['text'])
                    self.attaches(puppet.pid, [], '--pause', 'never')
                    self.do(self.line(found['tracer'], '^kill '))
                    if tracer[0] == 'gdb':
                        process.popen.stdin.close()
                    proc.until(lambda: proc.status(puppet.pid)['TracerPid'] == '0', 20, 'let go')
                self.assertNotIn('tracer', self.examine(puppet.pid, spyhop.DONE))
                self.attaches(puppet.pid)

    def frozen_group(self, name=''):
        """A control group for one test, and how it is frozen."""
        for folder, file, word in (('/sys/fs/cgroup', 'cgroup.freeze', '1'), ('/sys/fs/cgroup/unified', 'cgroup.freeze', '1'),
                                   ('/sys/fs/cgroup/freezer', 'freezer.state', 'FROZEN')):
            group = os.path.join(folder, name or f'spyhop-test-{os.getpid()}')
            try:
                os.mkdir(group)
            except OSError:
                continue
            self.addCleanup(os.rmdir, group)
            if os.path.exists(os.path.join(group, file)):
                return group, os.path.join(group, file), word
        self.skipTest('no control group can be made that freezes')

    def test_frozen(self):
        group, file, word = self.frozen_group()
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0) as puppet:
            for path, text in ((os.path.join(group, 'cgroup.procs'), str(puppet.pid)), (file, word)):
                with open(path, 'w', encoding='ascii') as control:
                    control.write(text)
            found = self.examine(puppet.pid, spyhop.DONE)
            self.assertIn('no time passes', found['frozen']['text'])
            self.assertNotIn('cost', found, 'nothing to measure')
            self.do(self.line(found['frozen'], 'tee'))
            self.assertNotIn('frozen', self.examine(puppet.pid, spyhop.DONE))
            self.attaches(puppet.pid)

    def test_a_container_is_known_by_its_group(self):
        """No container: a group that is named as docker names its own."""
        identity = ('%x' % os.getpid()).rjust(64, 'd')
        group, file, word = self.frozen_group(f'docker-{identity}.scope')
        join = ['/bin/sh', '-c', f'echo $$ > {group}/cgroup.procs; exec "$@"', 'sh']
        with harness.Puppet(matrix.debian(), 'worker.py', 1, 5, 0, prefix=join) as puppet:
            found = self.examine(puppet.pid, spyhop.DONE)
            self.assertIn(f'a container of Docker ({identity[:12]})', found['container']['text'])
            without = [*join, 'setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-all']
            lines = self.examine(puppet.pid, spyhop.NOT_PERMITTED, without)['target']['remedy']['lines']
            self.assertIn('docker run --cap-add=SYS_PTRACE IMAGE', lines)
            self.assertIn(f'docker exec --privileged {identity[:12]} {spyhop.BINARY} attach --pid {puppet.pid}', lines)
            with open(file, 'w', encoding='ascii') as control:
                control.write(word)
            frozen = self.examine(puppet.pid, spyhop.DONE)['frozen']
            self.assertEqual(self.line(frozen, '^docker'), f'docker unpause {identity[:12]}')
            self.do(self.line(frozen, 'tee'))

    def test_what_is_no_process_any_more(self):
        ended = subprocess.Popen(['true'])
        ended.wait()
        self.examine(ended.pid, spyhop.NO_PROCESS)
        zombie = subprocess.Popen(['true'])
        self.addCleanup(zombie.wait)
        proc.until(lambda: proc.state(zombie.pid) == 'Z', 5, 'a zombie')
        self.assertIn('zombie', self.examine(zombie.pid, spyhop.NO_PROCESS)['target']['text'])

    def test_a_kernel_thread(self):
        threads = [pid for pid in proc.children(2) if proc.state(pid)]
        if not threads:
            self.skipTest('no kernel thread is visible in this pid namespace')
        target = self.examine(threads[0], spyhop.NOT_PYTHON)['target']
        self.assertIn('kernel thread', target['text'])


class Python(Doctor):
    def test_a_version_that_is_not_known(self):
        python = matrix.debian()
        copy = elf.CopiedPython(python, self.folder)
        elf.give_version(copy.executable, python.text_version, '3.99.' + str(python.version[2]))
        puppet = self.worker(command=[copy.executable], **copy.environment)
        target = self.examine(puppet.pid, spyhop.NOT_PYTHON)['target']
        self.assertIn('3.99', target['text'])
        self.assertIn('newer Spyhop', target['remedy']['text'])

    def test_what_is_told_of_one_that_can_be_read(self):
        puppet = self.worker(1, 5, 3)
        found = self.examine(puppet.pid, spyhop.DONE)
        self.assertRegex(found['target']['text'], r'CPython 3\.11\.\d+ \(release\), in /usr/bin/python3\.11')
        self.assertEqual(found['stacks']['figures']['python_threads'], 5)
        self.assertEqual(found['frames']['figures']['with'], found['frames']['figures']['files'])
        cost = found['cost']['figures']
        self.assertGreater(cost['rounds'], 20)
        self.assertGreater(cost['own_cpu_us'], 1)
        self.assertAlmostEqual(cost['own_cpu_share'], cost['own_cpu_us'] * 100 / 1e6, 9)
        self.assertLess(cost['stopped_us'], 10_000)

    def test_a_stripped_interpreter_is_told_what_to_install(self):
        """Its build-id is changed too, so that no debug file on this machine is its own."""
        copy = elf.CopiedPython(matrix.debian(), self.folder)
        elf.strip_all(copy.executable)
        subprocess.run(['objcopy', '--remove-section=.note.gnu.build-id', '--remove-section=.gnu_debuglink',
                        copy.executable], check=True)
        puppet = self.worker(command=[copy.executable], **copy.environment)
        found = self.examine(puppet.pid, spyhop.DONE)
        for subject in ('symbols', 'lines'):
            self.assertIn('not ' + copy.executable, found[subject]['text'])
            self.assertIn('build that file with -g', found[subject]['remedy']['text'])

    def test_a_source_that_is_gone(self):
        script = os.path.join(self.folder, 'gone.py')
        with open(script, 'w', encoding='ascii') as file:
            file.write('def descend():\n    print("up", flush=True)\n    while True: pass\ndescend()\n')
        with harness.Process([*matrix.debian().command, script]) as process:
            self.assertEqual(process.read_line(), 'up')
            os.remove(script)
            found = self.examine(process.pid, spyhop.DONE)['sources']
            self.assertEqual((found['figures']['named'], found['figures']['readable']), (1, 0))
            self.assertIn('not ' + script, found['text'])


if __name__ == '__main__':
    unittest.main()
