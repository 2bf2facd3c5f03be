"""Authorization and WWW-Authenticate: scheme and parameters, kept to the byte (RFC 3261 §20.7, Q-15)."""

from dataclasses import dataclass
from typing import Self

from twopair.base import WireError
from twopair.wire.sip.lists import QUOTED, split_unquoted
from twopair.wire.sip.params import quote, unquote


@dataclass(frozen=True, slots=True)
class AuthFields:
    """``Digest name=value, …`` with each part as it was written.

    Args:
        scheme: as written, ``Digest``.
        parts: (name in lower case, text between two commas as written) in order.
    """

    scheme: str
    parts: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one header value. Raises WireError for anything else."""
        scheme, *rest = text.split(None, 1)[:2] or [""]
        if not scheme or "=" in scheme or "," in scheme or '"' in scheme:
            raise WireError("no authentication scheme", 0, "RFC 3261 §20.7")
        parts = []
        for part in split_unquoted(rest[0], ",") if rest else ():
            name, equals, value = part.partition("=")
            name, value = name.strip(), value.strip()
            if not name and not equals:
                continue
            whole = QUOTED.fullmatch(value) if '"' in value else len(value.split()) < 2
            if not whole or not name or not equals or '"' in name or len(name.split()) > 1:
                raise WireError("not an authentication parameter", len(scheme), "RFC 3261 §25.1")
            parts.append((name.lower(), part))
        return cls(scheme, tuple(parts))

    @classmethod
    def make(cls, quoted: dict[str, str], plain: dict[str, str] | None = None) -> Self:
        """Digest fields from values: `quoted` ones get quotes, `plain` ones (algorithm, nc, qop) none."""
        parts = [(name, f" {name}={quote(value)}") for name, value in quoted.items()]
        parts += [(name, f" {name}={value}") for name, value in (plain or {}).items()]
        return cls("Digest", tuple(parts))

    def get(self, name: str) -> str | None:
        """The value without quotes, or None; the first of equal names counts."""
        for have, text in self.parts:
            if have == name:
                return unquote(text.partition("=")[2].strip())
        return None

    def without(self, *names: str) -> Self:
        """The same without these parameters; what stays is as it was written."""
        return type(self)(self.scheme, tuple(part for part in self.parts if part[0] not in names))

    def with_quoted(self, name: str, value: str) -> Self:
        """The same with this parameter, quoted, at the end; an earlier one of that name goes (INT-01)."""
        kept = self.without(name)
        return type(self)(self.scheme, (*kept.parts, (name, f" {name}={quote(value)}")))

    def __str__(self) -> str:
        return f"{self.scheme} {','.join(text for _, text in self.parts).strip()}"


class Challenge(AuthFields):
    """The value of WWW-Authenticate."""

    __slots__ = ()


class Credentials(AuthFields):
    """The value of Authorization."""

    __slots__ = ()
