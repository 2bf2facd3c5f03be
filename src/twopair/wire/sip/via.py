"""Via: the way a response takes back (RFC 3261 §20.42)."""

import re
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.lists import LWS
from twopair.wire.sip.names import TOKEN
from twopair.wire.sip.params import Params, parse_params, print_params

MAGIC: Final = "z9hG4bK"
"""Begins every branch made by RFC 3261 rules (§8.1.1.7)."""

_USUAL: Final = re.compile(
    r"SIP/2\.0/([A-Za-z]+) ([A-Za-z0-9.-]+)(?::([1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
    r"(?:;((?:branch=([A-Za-z0-9_.!%*+`'~-]+)(?=;|\Z))?.*)|\Z)",
    re.S,
)
_BRANCH: Final = re.compile(r'(?:\A|;)[ \t]*branch[ \t]*=[ \t]*([^ \t;="]+)[ \t]*(?=;|\Z)', re.I)
"""Found before any quoted string, or the parameters are parsed in full."""


class Via:
    """One Via element. A value: it is compared by what it says, and not changed.

    Args:
        transport: upper-case token, ``UDP`` or ``TCP`` here.
        host: sent-by host, without brackets.
        port: sent-by port or None.
        tail: the parameters as written, without the first semicolon.
        branch: the branch parameter, if whoever makes the value has it at hand.
    """

    __slots__ = ("_branch", "host", "port", "tail", "transport")

    def __init__(
        self, transport: str, host: str, port: int | None = None, tail: str = "", branch: str | None = None
    ) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        self.tail = tail
        self._branch = branch

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one element. Raises WireError for anything else; parameters are read on demand."""
        usual = _USUAL.match(text)
        if usual is not None:
            transport, host, port, tail, branch = usual.groups()
            return cls(transport.upper(), host, int(port) if port else None, tail or "", branch)
        head, _, tail = text.partition(";")
        parts = [part.strip(LWS) for part in head.split("/", 2)]
        if len(parts) != 3:
            raise WireError("not a Via", 0, "RFC 3261 §20.42")
        transport, _, sent_by = parts[2].replace("\t", " ").partition(" ")
        if parts[0].upper() != "SIP" or parts[1] != "2.0" or not TOKEN.fullmatch(transport):
            raise WireError("Via of another protocol", 0, "RFC 3261 §20.42")
        host, port_number = parse_hostport(sent_by)
        return cls(transport.upper(), host, port_number, tail)

    @property
    def params(self) -> Params:
        """The parameters. Raises WireError if they are none."""
        return parse_params(self.tail)

    @property
    def branch(self) -> str | None:
        """The branch parameter. Raises WireError if the parameters are none."""
        if self._branch is None and self.tail:
            found = _BRANCH.search(self.tail)
            if found is None or '"' in self.tail[: found.start()]:
                return self.params.get("branch")
            self._branch = found[1]
        return self._branch

    @property
    def sent_by(self) -> str:
        """``host:port`` in lower case, as transactions are matched by it (RFC 3261 §17.2.3)."""
        return print_hostport(self.host, self.port).lower()

    def with_params(self, **params: str | None) -> "Via":
        """The same with these parameters set."""
        return Via(self.transport, self.host, self.port, print_params({**self.params, **params})[1:])

    def __str__(self) -> str:
        tail = f";{self.tail}" if self.tail else ""
        return f"SIP/2.0/{self.transport} {print_hostport(self.host, self.port)}{tail}"

    def __repr__(self) -> str:
        return f"<Via {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Via) and (self.transport, self.host, self.port, self.tail) == (
            other.transport,
            other.host,
            other.port,
            other.tail,
        )

    def __hash__(self) -> int:
        return hash((self.transport, self.host, self.port, self.tail))
