"""A socket filter for what the kernel's IPsec does not see: this host's own loopback device."""

import ctypes
import socket
import struct
from typing import Final

_SO_ATTACH_FILTER: Final = 26
_LOOPBACK: Final = 1  # its number in every network namespace

_PROGRAM: Final = struct.pack(
    "=HBBIHBBIHBBIHBBI",
    *(0x20, 0, 0, 0xFFFFF008),  # ld #ifidx: the ancillary word at SKF_AD_OFF + SKF_AD_IFINDEX
    *(0x15, 1, 0, _LOOPBACK),  # jeq #1, refuse
    *(0x06, 0, 0, 0xFFFFFFFF),  # ret whole packet
    *(0x06, 0, 0, 0),  # refuse: ret nothing
)


def refuse_loopback(sock: socket.socket) -> None:
    """Have a socket refuse, in silence, what comes over the loopback device; before it is bound (SA-21).

    That device is exempt from IPsec policies (``disable_policy``), so whatever a program of this host
    sends to a protected port would be delivered in the clear. Accepted connections inherit the filter.
    """
    held = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 4, ctypes.addressof(held)))
