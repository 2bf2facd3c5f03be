"""Flows: all that a node may know of how a packet travelled.

The SPI is not visible to SIP (paper §3.3; SA-28), so a flow has none: an SA set is found by ports.
"""

import re
from enum import Enum
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple, NewType

from twopair.base.errors import WireError

Port = NewType("Port", int)
"""A UDP or TCP port, 1..65535."""

Spi = NewType("Spi", int)
"""A Security Parameters Index, 256..2^32-1 (RFC 4303 §2.1; SA-17)."""


class Transport(Enum):
    """The transports of SIP on Gm; the value is the token of the Via header."""

    UDP = "UDP"
    TCP = "TCP"

    __hash__ = object.__hash__  # members are single; Enum's own hash is a slow Python function

    @property
    def reliable(self) -> bool:
        """Whether the transport itself repeats what was lost (RFC 3261 §17)."""
        return self is Transport.TCP


class Endpoint(NamedTuple):
    """An IP address in canonical text form, and a port. Printed as ``10.0.0.1:5060``."""

    address: str
    port: Port

    def __str__(self) -> str:
        """``10.0.0.1:5060`` or ``[2001:db8::1]:5060``."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Flow(NamedTuple):
    """Transport and both ends, as one end sees them; for TCP it names one connection."""

    transport: Transport
    local: Endpoint
    remote: Endpoint

    def __str__(self) -> str:
        """``udp 10.0.0.1:5060>10.0.1.1:6100``: local end first."""
        return f"{self.transport.value.lower()} {self.local}>{self.remote}"

    def mirrored(self) -> "Flow":
        """The same flow as the other end sees it."""
        return Flow(self.transport, self.remote, self.local)


_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")


def canonical_address(text: str) -> str:
    """One text form per IP address, so that equal addresses are equal strings (SA-08, Q-12).

    Brackets, zone and letter case go, zero runs are compressed, IPv4-mapped IPv6 becomes IPv4.

    Raises:
        WireError: the text is no IP address.
    """
    if _IPV4.fullmatch(text) is not None:  # every UE's new port asks: 12 times as fast
        return text
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        raise WireError("not an IP address", 0, "RFC 3261 §25.1") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
