"""Via: the way a response takes back (RFC 3261 §20.42)."""

from dataclasses import dataclass, field, replace
from typing import Self

from twopair.base import WireError
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.params import Params, parse_params, print_params

MAGIC = "z9hG4bK"
"""Begins every branch made by RFC 3261 rules (§8.1.1.7)."""


@dataclass(frozen=True, slots=True)
class Via:
    """One Via element.

    Args:
        transport: upper-case token, ``UDP`` or ``TCP`` here.
        host: sent-by host, without brackets.
        port: sent-by port or None.
        params: parameters in order, names in lower case.
    """

    transport: str
    host: str
    port: int | None
    params: Params = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one element. Raises WireError for anything else."""
        head, _, params = text.partition(";")
        protocol, _, rest = head.strip().partition(" ")
        parts = protocol.split("/")
        if len(parts) != 3 or not rest:  # white space around the slashes is legal and rare
            parts, rest = _spaced(head)
        if parts[0].upper() != "SIP" or parts[1] != "2.0" or not parts[2]:
            raise WireError("Via of another protocol", 0, "RFC 3261 §20.42")
        host, port = parse_hostport(rest)
        return cls(parts[2].upper(), host, port, parse_params(params))

    @property
    def branch(self) -> str | None:
        """The branch parameter."""
        return self.params.get("branch")

    @property
    def sent_by(self) -> str:
        """``host:port`` in lower case, as transactions are matched by it (RFC 3261 §17.2.3)."""
        return print_hostport(self.host, self.port).lower()

    def with_params(self, **params: str | None) -> "Via":
        """The same with these parameters set."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {print_hostport(self.host, self.port)}{print_params(self.params)}"


def _spaced(head: str) -> tuple[list[str], str]:
    """``SIP / 2.0 / UDP host``: the parts, and what follows the transport."""
    parts = [part.strip() for part in head.split("/", 2)]
    if len(parts) != 3:
        raise WireError("not a Via", 0, "RFC 3261 §20.42")
    transport, _, rest = parts[2].replace("\t", " ").partition(" ")
    return [parts[0], parts[1], transport], rest
