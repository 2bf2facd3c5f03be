"""SIP URIs (RFC 3261 §19.1)."""

from dataclasses import dataclass, field, replace
from typing import Self

from twopair.base import WireError
from twopair.wire.sip.hostport import parse_hostport, print_hostport
from twopair.wire.sip.params import Params, parse_params, print_params


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
        scheme = scheme.strip().lower()
        if not colon or scheme not in ("sip", "sips"):
            raise WireError("not a SIP URI", 0, "RFC 3261 §19.1.1")
        user, at, behind = rest.rpartition("@") if "@" in rest else ("", "", rest)
        if at and not user:
            raise WireError("an empty user part", 0, "RFC 3261 §19.1.1")
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
        """Scheme, user and host only, host in lower case: what identities are compared by (PCS-10)."""
        return (
            f"{self.scheme}:{self.user}@{self.host.lower()}"
            if self.user
            else f"{self.scheme}:{self.host.lower()}"
        )

    def with_params(self, **params: str | None) -> "SipUri":
        """The same with these parameters set."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.hostport}{print_params(self.params)}{headers}"
