"""Via: the way a response takes back (RFC 3261 §20.42)."""

import re
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.lists import LWS
from twopair.wire.sip.names import TOKEN
from twopair.wire.sip.params import Params, parse_params, print_params

MAGIC: Final = "z9hG4bK"
"""Begins every branch made by RFC 3261 rules (§8.1.1.7)."""

_USUAL: Final = re.compile(r"SIP/2\.0/([A-Za-z]+) ([A-Za-z0-9.-]+)(?::([1-9][0-9]{0,3}))?(?:;(.*)|\Z)", re.S)
_BRANCH: Final = re.compile(r'(?:\A|;)[ \t]*branch[ \t]*=[ \t]*([^ \t;="]+)[ \t]*(?=;|\Z)', re.I)
"""Found before any quoted string, or the parameters are parsed in full."""
_BRANCH_FIRST: Final = re.compile(r"branch=([\w.!%*+`'~-]+)(?=;|\Z)", re.ASCII)


class Via(NamedTuple):
    """One Via element.

    Args:
        transport: upper-case token, ``UDP`` or ``TCP`` here.
        host: sent-by host, without brackets.
        port: sent-by port or None.
        tail: the parameters as written, without the first semicolon.
    """

    transport: str
    host: str
    port: int | None = None
    tail: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one element. Raises WireError for anything else; parameters are read on demand."""
        usual = _USUAL.match(text)
        if usual is not None:
            transport, host, port, tail = usual.groups()
            return cls(transport.upper(), host, int(port) if port else None, tail or "")
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
        first = _BRANCH_FIRST.match(self.tail)
        if first is not None:
            return first[1]
        found = _BRANCH.search(self.tail)
        if found is None or '"' in self.tail[: found.start()]:
            return self.params.get("branch")
        return found[1]

    @property
    def sent_by(self) -> str:
        """``host:port`` in lower case, as transactions are matched by it (RFC 3261 §17.2.3)."""
        return print_hostport(self.host, self.port).lower()

    def with_params(self, **params: str | None) -> "Via":
        """The same with these parameters set."""
        return self._replace(tail=print_params({**self.params, **params})[1:])

    def __str__(self) -> str:
        tail = f";{self.tail}" if self.tail else ""
        return f"SIP/2.0/{self.transport} {print_hostport(self.host, self.port)}{tail}"
