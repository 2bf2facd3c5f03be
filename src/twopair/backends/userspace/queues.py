"""A TUN device that several processes share: each reads, in a queue of its own, what is for its UEs.

Which queue a packet goes to is said by an eBPF program (TUNSETSTEERINGEBPF): without one the kernel would
spread connections as it likes. The device is there, and a queue has its number, while it is open anywhere.
"""

import ctypes
import errno
import fcntl
import os
import struct
from contextlib import ExitStack
from typing import Final

_TUNSETIFF: Final = 0x400454CA
_TUNSETIFINDEX: Final = 0x400454DA
_TUNSETSTEERINGEBPF: Final = 0x800454E0
_IFF_TUN_NO_PI_MULTI_QUEUE: Final = 0x1101
"""Of <linux/if_tun.h>."""

_BPF_PROG_LOAD: Final = 5
_SOCKET_FILTER: Final = 1
_NUMBER_OF_BPF: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}
"""Of the system call, by the name of the machine."""

BPF: Final = "bpf(2)"
_LICENCE: Final = b"Apache-2.0"
_OCTETS: Final = 8
"""Of an instruction."""


class TunQueues:
    """A TUN device, and its queues.

    Args:
        name: as of `TunPort`.
        count: how many queues.
        index: that the device is to have, if nothing else has it; 0: any.
        program: gives the number of the queue of a packet that is sent, eBPF from its IP header on.

    Attributes:
        name: of the device.
        descriptors: of its queues.

    Raises:
        OSError: /dev/net/tun is missing or may not be used; or no program may be given, `BPF` is its
            file name then.
    """

    def __init__(self, name: str, count: int, index: int, program: bytes) -> None:
        for wanted in (index, 0) if index else (0,):
            try:
                self._make(name, count, wanted, program)
            except OSError as error:
                if not wanted or error.errno in (errno.EACCES, errno.EPERM):
                    raise
            else:
                return

    def _make(self, name: str, count: int, index: int, program: bytes) -> None:
        with ExitStack() as opened:
            self.name, self.descriptors = name, []
            for number in range(count):
                descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
                opened.callback(os.close, descriptor)
                if index and not number:
                    fcntl.ioctl(descriptor, _TUNSETIFINDEX, struct.pack("I", index))
                wanted = struct.pack("16sH22x", self.name.encode(), _IFF_TUN_NO_PI_MULTI_QUEUE)
                self.name = fcntl.ioctl(descriptor, _TUNSETIFF, wanted)[:16].rstrip(b"\0").decode()
                self.descriptors.append(descriptor)
            loaded = _load(program)
            try:  # the device holds it from then on
                fcntl.ioctl(self.descriptors[0], _TUNSETSTEERINGEBPF, struct.pack("i", loaded))
            except OSError as error:
                raise OSError(error.errno, os.strerror(error.errno or 0), BPF) from None
            finally:
                os.close(loaded)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let go of it. A second call does nothing."""
        self._opened.close()


def _load(program: bytes) -> int:
    """A descriptor of the program. Raises OSError."""
    number = _NUMBER_OF_BPF.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, "not known for this processor", BPF)
    held, licence = ctypes.create_string_buffer(program, len(program)), ctypes.create_string_buffer(_LICENCE)
    wanted = struct.pack(
        "=IIQQ", _SOCKET_FILTER, len(program) // _OCTETS, ctypes.addressof(held), ctypes.addressof(licence)
    )
    attributes = ctypes.create_string_buffer(wanted.ljust(48, b"\0"), 48)
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = int(libc.syscall(number, _BPF_PROG_LOAD, attributes, len(attributes)))
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), BPF)
    return descriptor
