"""Runs spyhop under strace and answers questions about its system calls."""
import collections
import os
import re
import tempfile

import spyhop

LINE = re.compile(r'^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)$')
STOPPING = ('PTRACE_INTERRUPT', 'PTRACE_SEIZE', 'PTRACE_ATTACH')
WRITING = ('PTRACE_POKETEXT', 'PTRACE_POKEDATA', 'PTRACE_POKEUSER', 'PTRACE_SETREGS', 'PTRACE_SETREGSET')

Call = collections.namedtuple('Call', 'tid name arguments')


class Trace:
    """The calls of one run, in the order they began."""

    def __init__(self, text):
        self.calls = []
        for line in text.splitlines():
            match = LINE.match(line)
            if match and ' resumed>' not in line:
                self.calls.append(Call(int(match[1]), match[2], match[3]))

    def counts(self):
        return collections.Counter(call.name for call in self.calls)

    def ptrace(self, *requests):
        """[(request, tid)] of the ptrace calls, all or those named."""
        found = []
        for call in self.calls:
            if call.name == 'ptrace':
                request, target = re.match(r'(\w+), (\d+)', call.arguments).groups()
                if not requests or request in requests:
                    found.append((request, int(target)))
        return found

    def harmful(self, pid, tids):
        """Calls that no sampler may make: signals to the target, writes to its memory, the old attach."""
        targets = {str(each) for each in (pid, *tids)}
        wrong = [f'ptrace {request} {tid}' for request, tid in self.ptrace(*WRITING, 'PTRACE_ATTACH')]
        for call in self.calls:
            numbers = set(re.findall(r'\d+', call.arguments))
            if call.name in ('kill', 'tgkill', 'tkill', 'rt_tgsigqueueinfo', 'rt_sigqueueinfo') and numbers & targets:
                if not re.search(r', 0\)', call.arguments):
                    wrong.append(f'{call.name}({call.arguments}')
            if call.name in ('process_vm_writev', 'pidfd_send_signal'):
                wrong.append(f'{call.name}({call.arguments}')
            if call.name in ('open', 'openat') and re.search(r'/proc/\d+/(task/\d+/)?mem".*O_(RDWR|WRONLY)', call.arguments):
                wrong.append(f'{call.name}({call.arguments}')
        return wrong

    def while_stopped(self):
        """Names of the calls that a thread made between a stop and its end, with how often."""
        names, stopping = collections.Counter(), set()
        for call in self.calls:
            if call.name == 'ptrace' and call.arguments.startswith('PTRACE_INTERRUPT'):
                stopping.add(call.tid)
            elif call.name == 'ptrace' and call.arguments.startswith('PTRACE_DETACH'):
                stopping.discard(call.tid)
            elif call.tid in stopping:
                names[call.name] += 1
        return names

    def unpaired(self):
        """Threads seized more often than let go; empty when each stop was ended."""
        balance = collections.Counter()
        for request, tid in self.ptrace('PTRACE_SEIZE', 'PTRACE_DETACH'):
            balance[tid] += 1 if request == 'PTRACE_SEIZE' else -1
        return {tid: left for tid, left in balance.items() if left > 0}


# LeakSanitizer traces its own process, which strace has already.
WITHOUT_LEAKS = ['-E', 'ASAN_OPTIONS=' + ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))]


def attach(pid, rate, duration, *more, calls='all'):
    """(Trace, profile) of one `spyhop attach`."""
    with tempfile.TemporaryDirectory(prefix='spyhop-') as folder:
        log, path = os.path.join(folder, 'strace'), os.path.join(folder, 'profile.json')
        prefix = ['strace', '-f', '-qq', '-s', '256', '-o', log, '-e', f'trace={calls}', *WITHOUT_LEAKS]
        result = spyhop.run('attach', '-p', pid, '-r', rate, '-d', duration, '-f', 'json', '-o', path, *more,
                            prefix=prefix, seconds=duration * 4 + 60).expect(spyhop.DONE)
        with open(log, encoding='utf-8', errors='replace') as file:
            return Trace(file.read()), spyhop.load(path, result)
