"""Which worker reads a packet that is sent to a UE: the hash of its destination, in eBPF (RFC 9669).

A queue of a TUN device is chosen by a program of this kind only. It has the same outcome as that of
`steering` for packets that come from the UE.
"""

import struct
from typing import Final

from twopair.live.workers.steering import SPREAD

_FROM_CONTEXT: Final = 6
"""The register in which loads from a packet find it."""

_LOAD_OCTET, _LOAD_WORD, _SHIFT_RIGHT, _MULTIPLY, _MODULO = 0x30, 0x20, 0x74, 0x24, 0x94
_COPY_64, _COPY_32, _XOR_32, _IF_EQUAL, _JUMP, _EXIT = 0xBF, 0xBC, 0xAC, 0x15, 0x05, 0x95
_IPV4_DESTINATION, _IPV6_DESTINATION = 16, 24
"""RFC 791 §3.1, RFC 8200 §3: octets into the header."""


def queue_program(workers: int) -> bytes:
    """Gives the place of the worker, from 0 on; the arithmetic is of 32 bits."""
    return b"".join(
        _step(*step)
        for step in (
            (_COPY_64, _FROM_CONTEXT, 1),
            (_LOAD_OCTET, 0, 0, 0, 0),
            (_SHIFT_RIGHT, 0, 0, 0, 4),
            (_IF_EQUAL, 0, 0, 2, 6),  # IP version 6: beyond the next two
            (_LOAD_WORD, 0, 0, 0, _IPV4_DESTINATION),
            (_JUMP, 0, 0, 5),  # to the last four
            (_LOAD_WORD, 0, 0, 0, _IPV6_DESTINATION),
            (_MULTIPLY, 0, 0, 0, SPREAD),
            (_COPY_32, 7, 0),
            (_LOAD_WORD, 0, 0, 0, _IPV6_DESTINATION + 4),
            (_XOR_32, 0, 7),
            (_MULTIPLY, 0, 0, 0, SPREAD),
            (_SHIFT_RIGHT, 0, 0, 0, 16),
            (_MODULO, 0, 0, 0, workers),
            (_EXIT,),
        )
    )


def _step(code: int, to: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    """One instruction (struct bpf_insn)."""
    return struct.pack("=BBhI", code, source << 4 | to, offset, value)
