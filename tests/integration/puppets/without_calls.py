"""without_calls.py NUMBER[,NUMBER] COMMAND...: runs the command with a seccomp filter that refuses these system calls (EPERM)."""
import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, FILTER = 22, 2
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # <linux/bpf_common.h>
ALLOW, REFUSE = 0x7fff0000, 0x00050001  # <linux/seccomp.h>: SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM


class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('instructions', ctypes.c_void_p)]


def main():
    numbers = [int(number) for number in sys.argv[1].split(',')]
    instructions = [(LOAD_NUMBER, 0, 0, 0)]
    instructions += [(JUMP_IF_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    instructions += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    code = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *each) for each in instructions))
    program = Program(len(instructions), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')
    os.execvp(sys.argv[2], sys.argv[2:])


main()
