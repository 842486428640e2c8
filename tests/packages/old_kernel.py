"""old_kernel.py COMMAND...: runs it as on Linux 4.4 (January 2016): later system calls fail with ENOSYS.

By a seccomp filter (seccomp(2)) over their numbers, which grow with time. What else a later kernel does differently stays.
"""
import ctypes
import os
import struct
import sys

LAST = 325  # mlock2, of 4.4; arch/x86/entry/syscalls/syscall_64.tbl
ENOSYS = 38
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
BPF_LOAD_WORD, BPF_JUMP_IF_GREATER, BPF_RETURN = 0x20, 0x25, 0x06
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 0x7fff0000, 0x00050000


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack('HBBI', code, if_true, if_false, value)


def restrict():
    program = b''.join([instruction(BPF_LOAD_WORD, 0),  # seccomp_data.nr
                        instruction(BPF_JUMP_IF_GREATER, LAST, 0, 1),
                        instruction(BPF_RETURN, SECCOMP_RET_ERRNO | ENOSYS),
                        instruction(BPF_RETURN, SECCOMP_RET_ALLOW)])
    text = ctypes.create_string_buffer(program)
    filter_program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(program) // 8, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(filter_program)), 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), 'prctl')


if __name__ == '__main__':
    restrict()
    os.execv(sys.argv[1], sys.argv[1:])
