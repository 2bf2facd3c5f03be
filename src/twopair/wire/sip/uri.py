"""SIP URIs (RFC 3261 §19.1)."""

import re
from dataclasses import dataclass, field, replace
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.params import Params, parse_params, print_params

NOT_IN_URI: Final = re.compile(r'[\x00-\x20\x7f"<>]')
"""What must be escaped in any URI."""

_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN: Final = frozenset("-_.!~*'()")
"""Beside letters and digits, what means the same with and without escape (RFC 3261 §19.1.4, §25.1)."""


@dataclass(frozen=True, slots=True)
class SipUri:
    """``sip:user@host:port;params?headers``.

    Args:
        scheme: ``sip`` or ``sips``.
        user: user part as written (with a password, if any), or None.
        host: without brackets, as written.
        port: or None.
        params: in order, names in lower case.
        headers: the text behind the question mark.
    """

    scheme: str
    user: str | None
    host: str
    port: int | None = None
    params: Params = field(default_factory=dict)
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one URI. Raises WireError for anything else, URIs of other schemes included."""
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips") or NOT_IN_URI.search(rest):
            raise WireError("not a SIP URI", 0, "RFC 3261 §19.1.1")
        user, at, behind = rest.partition("@") if "@" in rest else ("", "", rest)
        if (at and not user) or "@" in behind:  # a second @ must be escaped: who is meant would be open
            raise WireError("no user part, or two", 0, "RFC 3261 §19.1.1")
        behind, _, headers = behind.partition("?")
        hostport, _, params = behind.partition(";")
        host, port = parse_hostport(hostport)
        return cls(scheme, user if at else None, host, port, parse_params(params), headers)

    @property
    def hostport(self) -> str:
        """``host:port`` with brackets where needed."""
        return print_hostport(self.host, self.port)

    @property
    def identity(self) -> str:
        """Scheme, user and host only: what identities are compared by (PCS-10; RFC 3261 §19.1.4).

        The host is in lower case, and escapes in the user part that need not be are undone.
        """
        host = print_hostport(self.host.lower(), None)
        if not self.user:
            return f"{self.scheme}:{host}"
        user = _ESCAPE.sub(_unescaped, self.user) if "%" in self.user else self.user
        return f"{self.scheme}:{user}@{host}"

    def with_params(self, **params: str | None) -> "SipUri":
        """The same with these parameters set."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.hostport}{print_params(self.params)}{headers}"


def _unescaped(escape: re.Match[str]) -> str:
    """The character that an escape stands for, or the escape in upper case where it must stay one."""
    character = chr(int(escape[1], 16))
    plain = character.isascii() and (character.isalnum() or character in _PLAIN)
    return character if plain else escape[0].upper()
