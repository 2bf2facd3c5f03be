"""Words of finding a SIP server: what is asked of the DNS, what it says, what comes out (RFC 3263)."""

from enum import Enum
from typing import Final, NamedTuple

from twopair.base import Endpoint, Transport


class Kind(Enum):
    """Kinds of records that are asked for; the value is the mnemonic (RFC 1035, 2782, 3403, 3596)."""

    NAPTR = "NAPTR"
    SRV = "SRV"
    A = "A"
    AAAA = "AAAA"

    __hash__ = object.__hash__


class Question(NamedTuple):
    """One question to the DNS.

    Args:
        name: in lower case, without the dot at its end.
        kind: of the records.
    """

    name: str
    kind: Kind

    def __str__(self) -> str:
        """``icscf.example.net NAPTR``."""
        return f"{self.name} {self.kind.value}"


class Naptr(NamedTuple):
    """One NAPTR record (RFC 3403 §4.1).

    Args:
        order: lower ones first.
        preference: among those of one order, lower ones first.
        flags: ``s``: `replacement` has SRV records; ``a``: it has addresses.
        service: ``SIP+D2U`` and so on (RFC 3263 §4.1).
        replacement: the next name, in lower case.
    """

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(NamedTuple):
    """One SRV record (RFC 2782).

    Args:
        priority: lower ones first.
        weight: share among those of one priority.
        port: of the service.
        target: its host, in lower case; empty: the service is not there.
    """

    priority: int
    weight: int
    port: int
    target: str


class Address(NamedTuple):
    """One A or AAAA record, the address in canonical form."""

    address: str


Record = Naptr | Srv | Address


class Fault(Enum):
    """Why an answer has no records."""

    NO_NAME = "there is no such name"
    NO_DATA = "the name has no such record"
    REFUSED = "the name server could not or would not say"
    SILENT = "no name server answers"
    GARBLED = "the answer cannot be read"
    OVERLOADED = "too many requests wait for names"
    NO_SERVER = "there is a name, but no server behind it that we can reach"

    __hash__ = object.__hash__


class Answer(NamedTuple):
    """What the DNS says.

    Args:
        records: all of the kind that was asked for.
        ttl_s: how long that holds, in seconds; of a fault, how long it need not be asked again (RFC 2308).
        fault: why there are none.
    """

    records: tuple[Record, ...]
    ttl_s: int
    fault: Fault | None = None


class Resolve(NamedTuple):
    """Action: ask the DNS; `Resolved` is the answer, whatever happens."""

    question: Question


class Resolved(NamedTuple):
    """Event: the answer to a `Resolve`."""

    question: Question
    answer: Answer


class Place(NamedTuple):
    """Where a URI leads, before anybody has looked it up.

    Args:
        host: a name in lower case, or an address in canonical form.
        port: 0 where the URI has none.
        transport: that of its parameter, None where it has none.
    """

    host: str
    port: int = 0
    transport: Transport | None = None

    @property
    def address(self) -> str:
        """The host, by the name that an `Endpoint` has for it."""
        return self.host

    def __str__(self) -> str:
        """As it stands in pcscf.toml: ``icscf.example.net:5060;transport=tcp``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{host}{port}{f';transport={self.transport.value.lower()}' if self.transport else ''}"


Hop = Endpoint | Place
"""Where a request goes next: an `Endpoint` over UDP, as a rule; else what is looked up, or goes over TCP."""


class Target(NamedTuple):
    """One server that may be tried.

    Args:
        transport: chosen by URI or DNS; UDP may still give way to TCP for the size of a request.
        endpoint: its address and port.
    """

    transport: Transport
    endpoint: Endpoint

    def __str__(self) -> str:
        """``udp 10.0.0.1:5060``."""
        return f"{self.transport.value.lower()} {self.endpoint}"


SIP_PORT: Final = 5060
"""Where nothing else is said (RFC 3261 §19.1.2)."""
