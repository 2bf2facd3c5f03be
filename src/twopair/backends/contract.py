"""What an IPsec back end promises, whatever ESP it is made of (product: kernel, userspace, memory)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from twopair.base import Endpoint, Spi, Suite
from twopair.core.esp import Positions
from twopair.core.sa import SaSet


class InstallError(Exception):
    """The set was not installed, and nothing of it is left behind (SA-01, ERR-24). The text says why."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a back end can do, honestly.

    Args:
        name: "memory", "userspace" or "kernel".
        encrypts: False where packets are only marked.
        suites: the algorithm combinations it carries.
    """

    name: str
    encrypts: bool
    suites: tuple[Suite, ...]


@dataclass(frozen=True, slots=True)
class SaCounters:
    """Counters of one installed SA.

    Args:
        set_id: the set it belongs to.
        name: SA1-up, SA1-dn, SA2-dn or SA2-up.
        spi: its SPI.
        packets: that it carried.
        octets: in them.
        replayed: packets dropped as replays.
        bad_icv: packets dropped for their integrity check value.
        mismatched: packets that were whole and dropped for ports or addresses that are not the SA's; the
            kernel does not count them, and has them among `packets`.
    """

    set_id: int
    name: str
    spi: Spi
    packets: int
    octets: int
    replayed: int
    bad_icv: int
    mismatched: int = 0


class IpsecBackend(Protocol):
    """Installs SA sets whole, and keeps clear text away from protected ports."""

    @property
    def features(self) -> Features:
        """What it can do."""
        ...

    def close(self, endpoint: Endpoint) -> None:
        """Close a local port to all that did not come out of ESP, from any source, UDP and TCP (SA-21)."""
        ...

    def reopen(self, endpoint: Endpoint) -> None:
        """Undo `close`."""
        ...

    def install(self, sa_set: SaSet) -> None:
        """Install four SAs and their policies, or raise InstallError and leave nothing behind."""
        ...

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        """Install a set that another host had, to go on at those numbers (MGP-14; ADR 20).

        What was received up to them counts as received. Raises InstallError as `install`.
        """
        ...

    def moved(self) -> Mapping[int, tuple[int, int]]:
        """Sets that have accepted something since the last call: the highest number on each inbound SA.

        A back end whose sets stay with it may have none to tell.
        """
        ...

    def remove(self, set_id: int) -> None:
        """Take a set out. Removing what is not there does nothing."""
        ...

    def query(self) -> Iterable[SaCounters]:
        """Every installed SA with its counters."""
        ...

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        """The SAs of one set with their counters, without a look at the others; none if it is not there."""
        ...

    def drops(self) -> Mapping[str, int]:
        """Silent drops by reason (ERR-32); the names are those of `twopair.core.esp.Drop`."""
        ...
