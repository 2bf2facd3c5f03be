"""SIP URIs (RFC 3261 §19.1)."""

import re
from dataclasses import dataclass, field, replace
from typing import Final, Self

from twopair.base import WireError, canonical_address
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.params import Params, parse_params, print_params
from twopair.wire.sip.tel import TelUri

NOT_IN_URI: Final = re.compile(r'[\x00-\x20\x7f"<>]')
"""What must be escaped in any URI."""

_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN: Final = frozenset("-_.!~*'()")
"""Beside letters and digits, what means the same with and without escape (RFC 3261 §19.1.4, §25.1)."""

_NEVER_IGNORED: Final = frozenset({"maddr", "method", "transport", "ttl", "user"})
"""Parameters that make a difference even where one URI has none (RFC 3261 §19.1.4)."""


@dataclass(slots=True)
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
    def key(self) -> str:
        """One text for all URIs that name the same (RFC 3261 §19.1.4).

        The host is in lower case, an address in one form (Q-12); escapes that need not be are undone; of the
        parameters those are left that are never ignored, in one order. With ``user=phone`` the user part is
        a telephone number (RFC 3261 §19.1.6, RFC 3966 §4).
        """
        host = print_hostport(canonical_host(self.host), self.port)
        if not self.params and not self.headers:
            return f"{self.scheme}:{self._who}@{host}" if self.user else f"{self.scheme}:{host}"
        params = {k: v for k, v in self.comparable_params.items() if k in _NEVER_IGNORED}
        who = f"{self._number if params.get('user') == 'phone' else self._who}@" if self.user else ""
        headers = f"?{'&'.join(sorted(map(_header, self.headers.split('&'))))}" if self.headers else ""
        return f"{self.scheme}:{who}{host}{print_params(dict(sorted(params.items())))}{headers}"

    @property
    def comparable_params(self) -> Params:
        """The parameters, with equal values where they mean the same: lower case, no needless escape."""
        return {
            _unescape(name): None if value is None else _unescape(value).lower()
            for name, value in self.params.items()
        }

    @property
    def _who(self) -> str:
        """The user part without needless escapes; its case counts."""
        return _unescape(self.user or "")

    @property
    def _number(self) -> str:
        """The user part as a telephone number, or as it is where it is none."""
        try:
            return TelUri.of_subscriber(self._who).subscriber_key
        except WireError:
            return self._who

    def with_params(self, **params: str | None) -> "SipUri":
        """The same with these parameters set."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.hostport}{print_params(self.params)}{headers}"


def canonical_host(host: str) -> str:
    """A host name in lower case, or an address in its one form (Q-12)."""
    if ":" not in host:
        return host.lower()
    try:
        return canonical_address(host)
    except WireError:
        return host.lower()


def _header(text: str) -> str:
    name, equals, value = text.partition("=")
    return f"{_unescape(name).lower()}{equals}{_unescape(value)}"


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "%" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    """The character that an escape stands for, or the escape in upper case where it must stay one."""
    character = chr(int(escape[1], 16))
    plain = character.isascii() and (character.isalnum() or character in _PLAIN)
    return character if plain else escape[0].upper()
