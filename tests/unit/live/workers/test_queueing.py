"""Which queue the kernel chooses for a packet to a UE: that of the worker which has it."""

import struct
from socket import AF_INET, AF_INET6
from typing import Final

import pytest
from tests.unit.live.workers.test_steering import WORKERS, addresses

from twopair.live.workers.queueing import queue_program
from twopair.live.workers.steering import place_of
from twopair.wire.ip import address_octets

MOST: Final = 0xFFFF_FFFF


def run(program: bytes, packet: bytes) -> int:
    """What the kernel does with it (RFC 9669, and the loads from packets of its legacy part)."""
    steps = [*struct.iter_unpack("=BBhI", program)]
    registers, at = [0] * 11, 0
    while True:
        code, which, offset, value = steps[at]
        to, source = which & 15, which >> 4
        at += 1
        if code == 0x95:
            return registers[0]
        if code in (0x30, 0x20):
            registers[0] = int.from_bytes(packet[value : value + (1 if code == 0x30 else 4)])
        elif code in (0xBF, 0xBC):
            registers[to] = registers[source] & MOST
        elif code == 0xAC:
            registers[to] ^= registers[source]
        elif code == 0x24:
            registers[to] = registers[to] * value & MOST
        elif code == 0x74:
            registers[to] >>= value
        elif code == 0x94:
            registers[to] %= value
        elif code == 0x05 or (code == 0x15 and registers[to] == value):
            at += offset
        else:
            assert code == 0x15


def packet_to(address: str) -> bytes:
    """An IP header with that destination, and something behind it."""
    octets = address_octets(address)
    head = bytes([0x45]) + bytes(15) if len(octets) == 4 else bytes([0x60]) + bytes(23)
    return head + octets + bytes(8)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_it_is_the_queue_of_who_gets_what_the_ue_sends(family: int, workers: int) -> None:
    program = queue_program(workers)
    for address in addresses(family, 300):
        assert run(program, packet_to(address)) == place_of(address, workers)
