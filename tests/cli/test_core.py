"""`snapshot --core`: what is no core file, or not whole, is refused in words that fit, in good time, with the right status."""
import context  # noqa: F401  isort:skip
import os
import struct
import subprocess
import tempfile
import time
import unittest

import harness
import proc
import spyhop

PROMPT_S = 5
ET_CORE, ET_DYN, EM_X86_64, EM_AARCH64 = 4, 3, 62, 183
PT_LOAD, PT_NOTE, NT_PRSTATUS, PN_XNUM = 1, 4, 1, 0xffff
HEADER, SEGMENT = 64, 56
PRSTATUS = 336


def elf(kind=ET_CORE, machine=EM_X86_64, bits=64, segments=0, sections_at=0):
    return (b'\x7fELF' + bytes([bits // 32, 1, 1]) + bytes(9) +
            struct.pack('<HHIQQQIHHHHHH', kind, machine, 1, 0, HEADER, sections_at, 0, HEADER, SEGMENT, segments, HEADER,
                        1 if sections_at else 0, 0))


def thread(tid):
    """A NT_PRSTATUS note: the id is at 32."""
    return struct.pack('<III', 5, PRSTATUS, NT_PRSTATUS) + b'CORE\0\0\0\0' + bytes(32) + struct.pack('<i', tid) + bytes(PRSTATUS - 36)


def core(notes, segments=(), **header):
    """(address, size in memory, size in the file) of each segment; no bytes."""
    offset = HEADER + SEGMENT * (1 + len(segments))
    parts = [struct.pack('<IIQQQQQQ', PT_NOTE, 4, offset, 0, 0, len(notes), 0, 4)]
    parts += [struct.pack('<IIQQQQQQ', PT_LOAD, 6, offset, at, 0, in_file, size, 4096) for at, size, in_file in segments]
    return elf(segments=len(parts), **header) + b''.join(parts) + notes


class Refused(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix='spyhop-'))
        self.path = os.path.join(self.folder, 'core')

    def refuse(self, content, status, *patterns, more=()):
        if content is not None:
            with open(self.path, 'wb') as file:
                file.write(content)
        start = time.monotonic()
        result = spyhop.run('snapshot', '--core', self.path, *more).expect(status)
        self.assertLess(time.monotonic() - start, PROMPT_S, 'a refusal is prompt')
        self.assertEqual(result.out, '', 'stdout is for data')
        self.assertTrue(result.err.startswith('spyhop: '), result)
        self.assertIn(self.path, result.err, 'which file')
        for pattern in patterns:
            self.assertRegex(result.err, pattern)

    def test_what_cannot_be_read(self):
        self.refuse(None, spyhop.FAILED, 'No such file')
        os.mkdir(self.path)
        self.refuse(None, spyhop.FAILED, 'no regular file')

    def test_a_pipe_is_not_waited_for(self):
        os.mkfifo(self.path)
        self.refuse(None, spyhop.FAILED, 'no regular file')

    def test_what_is_no_core_file(self):
        self.refuse(b'', spyhop.FAILED, 'empty')
        self.refuse(b'#!/bin/sh\n', spyhop.FAILED, 'not a core file', 'not an ELF file')
        self.refuse(b'\x7fELF', spyhop.FAILED, 'not a core file')
        self.refuse(elf(ET_DYN), spyhop.FAILED, 'a program or a library', '--exe FILE')
        self.refuse(b'\x28\xb5\x2f\xfd' + bytes(100), spyhop.FAILED, 'compressed', 'zstd -d')
        self.refuse(b'\x1f\x8b\x08' + bytes(100), spyhop.FAILED, 'compressed', 'gunzip')

    def test_one_of_another_machine(self):
        self.refuse(core(thread(1), machine=EM_AARCH64), spyhop.NOT_PYTHON, 'only x86-64')
        self.refuse(core(thread(1), bits=32), spyhop.NOT_PYTHON, '32-bit')

    def test_one_without_threads(self):
        self.refuse(core(b''), spyhop.FAILED, 'names no thread')
        self.refuse(core(thread(1))[:-100], spyhop.FAILED, '100 bytes are missing at its end')

    def test_one_that_says_too_little(self):
        self.refuse(core(thread(1)), spyhop.NOT_PYTHON, 'does not say which files its process had mapped')

    def test_hostile_ones(self):
        """Sizes that cannot be, segments over one another, a million of them in a file of that size, and in one without."""
        huge = struct.pack('<III', 0xffffffff, 0xffffffff, NT_PRSTATUS)
        self.refuse(core(thread(1) + huge), spyhop.NOT_PYTHON)
        self.refuse(core(thread(1), [(0x1000, 2 ** 63, 2 ** 63), (0x2000, 2 ** 63, 2 ** 62)]), spyhop.NOT_PYTHON, 'cut short')
        self.refuse(core(thread(1), [(0x1000, 0x1000, 0)] * 60_000), spyhop.NOT_PYTHON)
        section = bytes(44) + struct.pack('<I', 4_000_000_000) + bytes(16)
        self.refuse(elf(segments=PN_XNUM, sections_at=HEADER) + section, spyhop.FAILED)

    def test_a_million_segments(self):
        count = 1_000_000
        section = bytes(44) + struct.pack('<I', count) + bytes(16)
        note = struct.pack('<IIQQQQQQ', PT_NOTE, 4, HEADER + SEGMENT * count, 0, 0, len(thread(1)), 0, 4)
        load = b''.join(struct.pack('<IIQQQQQQ', PT_LOAD, 6, 0, 0x1000 * at, 0, 0x1000, 0x1000, 4096) for at in range(1, count))
        end = HEADER + SEGMENT * count + len(thread(1))
        self.refuse(elf(segments=PN_XNUM, sections_at=end) + note + load + thread(1) + section, spyhop.NOT_PYTHON)

    def test_names_cannot_reach_the_terminal(self):
        self.path = os.path.join(self.folder, 'core')
        evil = os.path.join(self.folder, 'a\x1b[31mb\n')
        os.symlink(self.path, evil)
        with open(self.path, 'wb') as file:
            file.write(b'x')
        result = spyhop.run('snapshot', '--core', evil).expect(spyhop.FAILED)
        self.assertNotIn('\x1b', result.err)
        self.assertEqual(1, result.err.count('\n'), result)

    def test_usage(self):
        for options, pattern in ((['--core', 'x', '-p', '1'], 'either --pid or --core'), (['--exe', 'x', '-p', '1'], '--core FILE'),
                                 (['--sysroot', '/', '-p', '1'], '--core FILE'), (['--core'], '--core')):
            result = spyhop.run('snapshot', *options).expect(spyhop.USAGE)
            self.assertRegex(result.err, pattern)

    def test_one_of_another_program(self):
        with harness.Process(['sleep', '1000']) as process:
            proc.wait_all_blocked(process.pid)
            subprocess.run(['gcore', '-o', self.path, str(process.pid)], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=60)
        self.path += f'.{process.pid}'
        self.refuse(None, spyhop.NOT_PYTHON, r'was not a Python process: no CPython found in its \d+ mapped files')
        self.refuse(None, spyhop.FAILED, '--exe /bin/true is not its program', more=['--exe', '/bin/true'])


if __name__ == '__main__':
    unittest.main()
