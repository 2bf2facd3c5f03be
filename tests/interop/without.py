"""Run a command in a kernel that refuses something: what it lacks, or what a filter of systemd leaves out.

python -m tests.interop.without steering COMMAND …
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final, NamedTuple


class Call(NamedTuple):
    """A system call that is refused.

    Args:
        x86_64: its number there.
        others: that of most others (<asm-generic/unistd.h>).
        argument: the number of the argument that is looked at, None for any arguments.
        value: that it has.
        code: what it is refused with.
    """

    x86_64: int
    others: int
    argument: int | None
    value: int
    code: int


CALLS: Final = {
    "steering": Call(54, 208, 2, 51, errno.ENOPROTOOPT),  # setsockopt, SO_ATTACH_REUSEPORT_CBPF
    "sharing": Call(54, 208, 2, 15, errno.ENOPROTOOPT),  # setsockopt, SO_REUSEPORT
    "bpf": Call(321, 280, None, 0, errno.EPERM),
}

_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF_0000, 0x0005_0000
_ARGUMENTS: Final = 16
"""Octets into struct seccomp_data; eight each, the lower half first."""


def refuse(call: Call) -> None:
    """Have it refused to this process and all that it starts (seccomp(2))."""
    number = call.x86_64 if os.uname().machine == "x86_64" else call.others
    steps = [(_LOAD, 0, 0, 0), (_EQUAL, 0, 1 if call.argument is None else 3, number)]
    if call.argument is not None:
        steps += [(_LOAD, 0, 0, _ARGUMENTS + 8 * call.argument), (_EQUAL, 0, 1, call.value)]
    steps += [(_RETURN, 0, 0, _ERRNO | call.code), (_RETURN, 0, 0, _ALLOW)]
    octets = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(octets, len(octets))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    _, which, *command = sys.argv
    refuse(CALLS[which])
    os.execvp(command[0], command)
