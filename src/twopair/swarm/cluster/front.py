"""Who serves whom: which partition a UE belongs to, and which machine is next in line for a partition.

Both are hashes that everybody computes alike, so nobody has to be asked.
"""

from collections.abc import Iterable
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Final

PREFIX_OCTETS: Final = 8
"""Of an IPv6 address: a UE has a prefix of 64 bits, and may change the rest (23.060 §9.2.1.1, RFC 8981)."""


def partition_of(ue: str, partitions: int) -> int:
    """The partition of a UE, 0 <= n < partitions, from its source address alone: no port, nothing inside.

    So both pairs of all its SA sets, clear text before them and TCP come to the same P-CSCF. BLAKE2b of the
    address, of the prefix for IPv6.

    Args:
        ue: address of the UE.
        partitions: how many there are; it stays.
    """
    address = ip_address(ue)
    octets = address.packed[:PREFIX_OCTETS] if isinstance(address, IPv6Address) else address.packed
    return _hash(octets) % partitions


def in_line(partition: str, machines: Iterable[str]) -> list[str]:
    """The machines in the order in which they take a partition: the first that is there serves.

    Each partition has an order of its own, so the partitions of a machine that is lost go to all others
    (rendezvous hashing: Thaler and Ravishankar, 1998).

    Args:
        partition: its name.
        machines: names of all machines, there or not.
    """
    return sorted(machines, key=lambda machine: _hash(f"{partition} {machine}".encode()), reverse=True)


def _hash(octets: bytes) -> int:
    return int.from_bytes(blake2b(octets, digest_size=8).digest(), "big")
