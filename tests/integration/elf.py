"""Copies of interpreters, altered for a test: stripped, of a version that does not exist; and a 32-bit program by hand."""
import os
import re
import shutil
import struct
import subprocess

import interpreters

PAUSE = b'\xb8\x1d\x00\x00\x00\xcd\x80\xeb\xf7'     # l: mov eax, 29 (pause); int 0x80; jmp l


def write_i386_program(path):
    """A static 32-bit ELF that waits for a signal, for ever."""
    base, size = 0x08048000, 52 + 32
    header = struct.pack('<16sHHIIIIIHHHHHH', b'\x7fELF\x01\x01\x01', 2, 3, 1, base + size, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack('<IIIIIIII', 1, 0, base, base, size + len(PAUSE), size + len(PAUSE), 5, 0x1000)
    with open(path, 'wb') as file:
        file.write(header + segment + PAUSE)
    os.chmod(path, 0o755)


def strip_all(path):
    """Removes all symbols that are not needed to run."""
    os.chmod(path, 0o755)
    subprocess.run(['strip', '-s', path], check=True)


def linked_library(executable):
    """The libpython an executable is linked to, or None for a static one."""
    listed = subprocess.run(['ldd', executable], stdout=subprocess.PIPE, text=True, check=True).stdout
    match = re.search(r'=> (\S*/libpython\S+)', listed)
    return match and match[1]


class CopiedPython:
    """An interpreter's executable and libpython copied to `folder`; its library stays where it was."""

    def __init__(self, python, folder, name='python3'):
        real = os.path.realpath(python.path)
        self.executable = shutil.copy(real, os.path.join(folder, name))
        library = linked_library(real)
        self.shared_object = library and shutil.copy(os.path.realpath(library), os.path.join(folder, os.path.basename(library)))
        prefix = subprocess.run([*python.command, '-c', 'import sys; print(sys.prefix)'], stdout=subprocess.PIPE, text=True,
                                check=True, env=interpreters.environment()).stdout.strip()
        self.environment = {'PYTHONHOME': prefix, 'LD_LIBRARY_PATH': folder}

    def files(self):
        return [path for path in (self.executable, self.shared_object) if path]


def give_version(path, version, invented):
    """Makes a binary call itself `invented`: its version strings and Py_Version. Lengths must be equal."""
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    old, new = version.encode(), invented.encode()
    assert len(old) == len(new)
    for match in list(re.finditer(rb'(?<![\d.])' + re.escape(old) + rb'(?![\d.])', bytes(data))):
        data[match.start():match.end()] = new
    offset = symbol_offset(path, 'Py_Version')
    if offset is not None:
        major, minor, micro = map(int, invented.split('.'))
        data[offset:offset + 4] = struct.pack('<I', major << 24 | minor << 16 | micro << 8 | 0xf0)
    with open(path, 'wb') as file:
        file.write(data)


def symbol_offset(path, name):
    """Where in the file a dynamic symbol's data lies."""
    symbols = subprocess.run(['readelf', '-W', '--dyn-syms', path], stdout=subprocess.PIPE, text=True, check=True).stdout
    address = next((int(line.split()[1], 16) for line in symbols.splitlines()
                    if line.split()[-1:] == [name]), None)
    if address is None:
        return None
    segments = subprocess.run(['readelf', '-W', '-l', path], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in segments.splitlines():
        fields = line.split()
        if fields[:1] == ['LOAD']:
            offset, start, _, size = (int(field, 16) for field in fields[1:5])
            if start <= address < start + size:
                return address - start + offset
    return None
