"""What the native stacks of a process are, by others: gdb unwinds them, nm names the functions."""
import bisect
import json
import os
import re
import subprocess

import harness

GDB = ['gdb', '-nx', '-batch', '-iex', 'set debuginfod enabled off', '-iex', 'set auto-load off',
       '-ex', 'set backtrace past-main on', '-ex', 'set backtrace past-entry on', '-ex', 'set backtrace limit 0']


def backtraces(python, pid):
    """{tid: [pc, ...]} of every thread, leaf first, by gdb, which stops the process meanwhile."""
    root = ['-iex', f'set sysroot {python.root}'] if python.root else []
    done = subprocess.run([*GDB, *root, os.readlink(f'/proc/{pid}/exe'), str(pid), '-x',
                           os.path.join(harness.HERE, 'gdb_backtrace.py')],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    told = re.search(r'^STACKS (.*)$', done.stdout, re.MULTILINE)
    assert told, f'gdb told nothing of {pid}: {done.stdout[-2000:]} {done.stderr[-2000:]}'
    return {int(tid): pcs for tid, pcs in json.loads(told[1]).items()}


def debug_file(path):
    """Where the symbols that were stripped from a file are on a Debian machine, by build-id."""
    notes = subprocess.run(['readelf', '-n', path], stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r'Build ID: ([0-9a-f]{2})([0-9a-f]+)', notes)
    return f'/usr/lib/debug/.build-id/{found[1]}/{found[2]}.debug' if found else '/nonexistent'


class Functions:
    """The functions of one file, by nm."""

    def __init__(self, path):
        self.named = {}
        for option, table in (('-D', path), ('-a', path), ('-C', path), ('-a', debug_file(path))):
            listed = subprocess.run(['nm', option, '-S', '--defined-only', table], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True).stdout
            for line in listed.splitlines():
                found = re.match(r'([0-9a-f]+) ([0-9a-f]+) [tTwWi] (.+)', line)
                if found and int(found[2], 16):
                    entry = self.named.setdefault(int(found[1], 16), [0, set()])
                    entry[0] = max(entry[0], int(found[2], 16))
                    entry[1].add(found[3].partition('@')[0])
        self.begins = sorted(self.named)
        listed = subprocess.run(['readelf', '-lW', path], stdout=subprocess.PIPE, text=True).stdout
        loads = re.findall(r'LOAD\s+0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ R E', listed)
        self.code = [[int(part, 16) for part in load] for load in loads]

    def names_in_file(self, offset):
        """As names_at, by the place in the file."""
        for at, linked, size in self.code:
            if at <= offset < at + size:
                return self.names_at(offset - at + linked)
        return set()

    def names_at(self, address):
        """All names of the function that holds `address`; empty when nm knows none."""
        at = bisect.bisect_right(self.begins, address) - 1
        if at < 0:
            return set()
        size, names = self.named[self.begins[at]]
        return names if address < self.begins[at] + size else set()


class Process:
    """The code of one process: which function holds an address."""

    def __init__(self, pid):
        self.files = {}
        self.mappings = []
        with open(f'/proc/{pid}/maps', encoding='utf-8') as maps:
            for line in maps:
                fields = line.split(None, 5)
                if len(fields) == 6 and fields[5].startswith('/'):
                    begin, end = (int(part, 16) for part in fields[0].split('-'))
                    self.mappings.append((begin, end, int(fields[2], 16), fields[1], fields[5].strip()))

    def names_at(self, address):
        for begin, end, offset, protection, path in self.mappings:
            if begin <= address < end and 'x' in protection:
                if path not in self.files:
                    self.files[path] = Functions(path)
                return self.files[path].names_in_file(address - begin + offset)
        return set()


PYTHON = ('python',)


def shape_of_shown(frames):
    """Native pcs in order, and PYTHON for each run of Python frames: what both sides can be brought to."""
    shape = []
    for frame in frames:
        if frame['kind'] == 'native':
            shape.append((frame['address'],))
        elif frame['kind'] == 'python' and (not shape or shape[-1] != PYTHON):
            shape.append(PYTHON)
    return shape


def shape_of_told(pcs, evaluates):
    """The same of gdb's: a frame that evaluates Python stands for Python frames."""
    shape = []
    for index, pc in enumerate(pcs):
        # The call is before the place where it goes on.
        if not evaluates(pc - 1 if index else pc):
            shape.append((hex(pc),))
        elif not shape or shape[-1] != PYTHON:
            shape.append(PYTHON)
    return shape


def shape_by(pcs, shown):
    """gdb's frames, those left out of which Python's are shown in their place; more than one is none's."""
    shape, rest = [], [(hex(pc),) for pc in pcs]
    for each in shown:
        if each == PYTHON and rest:
            shape.append(PYTHON)
            del rest[0]
        elif rest and each == rest[0]:
            shape.append(rest.pop(0))
        else:
            break
    return shape + rest
