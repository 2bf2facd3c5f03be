"""Which worker has a UE: a hash of its source address, in IPv6 of the 64 bits of the prefix (ADR 22, ADR 28).

The kernel computes it for every datagram, and for every connection that comes: a classic BPF program on the
group of sockets that share a port (SO_REUSEPORT) says which of them is meant, by its place in the group. That
is the order in which UDP sockets were bound, and in which TCP sockets began to listen. One that is closed
leaves its place to the last one, so all of them are kept open as long as the group is there (socket(7)).
"""

import ctypes
import struct
from collections.abc import Sequence
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, SOL_SOCKET, socket
from typing import Final, NamedTuple

_SO_ATTACH_FILTER: Final = 26
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
"""Of <asm-generic/socket.h>."""

_NETWORK_HEADER: Final = 0xFFF0_0000
"""SKF_NET_OFF: an offset from here is one into the IP header, wherever the program is run."""

SPREAD: Final = 0x9E37_79B1
"""Odd, and near 2^32 divided by the golden ratio: addresses that follow each other go far apart."""

LOAD, MULTIPLY, SHIFT_RIGHT, MODULO = 0x20, 0x24, 0x74, 0x94
TO_X, XOR_X, RETURN = 0x07, 0xAC, 0x16
EQUAL, GIVE = 0x15, 0x06
"""LD|W|ABS, ALU|MUL|K, ALU|RSH|K, ALU|MOD|K, MISC|TAX, ALU|XOR|X, RET|A, JMP|JEQ|K, RET|K of
<linux/bpf_common.h>."""


class Step(NamedTuple):
    """One instruction of a classic BPF program (struct sock_filter).

    Args:
        code: what is done.
        k: with what.
        otherwise: how many are left out if a comparison fails.
    """

    code: int
    k: int = 0
    otherwise: int = 0


_SOURCE: Final[dict[int, tuple[Step, ...]]] = {
    AF_INET: (Step(LOAD, _NETWORK_HEADER + 12),),
    AF_INET6: (
        Step(LOAD, _NETWORK_HEADER + 8),
        Step(MULTIPLY, SPREAD),
        Step(TO_X),
        Step(LOAD, _NETWORK_HEADER + 12),
        Step(XOR_X),
    ),
}
"""A word of the source address: RFC 791 §3.1, RFC 8200 §3."""


def program(family: int, workers: int) -> tuple[Step, ...]:
    """Gives the place of the worker, from 0 on."""
    return (
        *_SOURCE[family],
        Step(MULTIPLY, SPREAD),
        Step(SHIFT_RIGHT, 16),
        Step(MODULO, workers),
        Step(RETURN),
    )


def accepts(family: int, workers: int, place: int) -> tuple[Step, ...]:
    """A filter that lets pass what comes from UEs of the worker at that place, and nothing else."""
    *hashed, _ = program(family, workers)
    return (*hashed, Step(EQUAL, place, otherwise=1), Step(GIVE, 0xFFFF_FFFF), Step(GIVE, 0))


def place_of(address: str, workers: int) -> int:
    """The same for an address as text: the place of the worker, from 0 on."""
    octets = ip_address(address).packed
    word = int.from_bytes(octets[:4])
    if len(octets) == 16:
        word = (word * SPREAD & 0xFFFF_FFFF) ^ int.from_bytes(octets[4:8])
    return ((word * SPREAD & 0xFFFF_FFFF) >> 16) % workers


def steer(sock: socket, workers: int) -> None:
    """Have the group of a socket be steered. Raises OSError where the kernel cannot (before Linux 4.5)."""
    attach(sock, _SO_ATTACH_REUSEPORT_CBPF, program(sock.family, workers))


def choose(sock: socket, workers: int, place: int) -> None:
    """Have a raw socket take what comes from UEs of the worker at that place. Raises OSError."""
    attach(sock, _SO_ATTACH_FILTER, accepts(sock.family, workers, place))


def attach(sock: socket, option: int, steps: Sequence[Step]) -> None:
    """Give a socket a program (struct sock_fprog). Raises OSError."""
    octets = b"".join(struct.pack("=HBBI", step.code, 0, step.otherwise, step.k) for step in steps)
    held = ctypes.create_string_buffer(octets, len(octets))
    sock.setsockopt(SOL_SOCKET, option, struct.pack("HP", len(steps), ctypes.addressof(held)))
