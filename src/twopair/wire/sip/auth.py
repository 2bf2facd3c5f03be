"""Authorization and WWW-Authenticate: scheme and parameters, kept to the byte (RFC 3261 §20.7, Q-15)."""

import re
from functools import lru_cache
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.wire.sip.lists import LWS, QUOTED, split_unquoted
from twopair.wire.sip.names import TOKEN
from twopair.wire.sip.params import quote, unquote

_SCHEME: Final = re.compile(rf"({TOKEN.pattern})(?:[ \t]+|\Z)")
_ONCE: Final = frozenset("username realm nonce uri response algorithm qop nc cnonce opaque auts".split())
"""What makes up digest credentials (RFC 2617 §3.2.2, RFC 3310 §3.4)."""

_USUAL: Final = _ONCE | {"ik", "ck", "integrity-protected"}
"""Names whose spelling need not be checked."""


class AuthFields:
    """``Digest name=value, …`` with each part as it was written.

    Args:
        scheme: as written, ``Digest``.
        parts: see the property; None where they are those of `text`.
        values: see the property, where they are known already.
        text: all of it as written, with one space behind the scheme.
    """

    __slots__ = ("_parts", "_text", "_values", "scheme")

    def __init__(
        self,
        scheme: str,
        parts: tuple[tuple[str, str], ...] | None,
        values: dict[str, str] | None = None,
        text: str = "",
    ) -> None:
        self.scheme = scheme
        self._parts = parts
        self._values = values
        self._text = text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AuthFields):
            return NotImplemented
        return type(self) is type(other) and (self.scheme, self.parts) == (other.scheme, other.parts)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one header value. Raises WireError for anything else."""
        return cls._read(text)

    @classmethod
    def _read(cls, text: str) -> Self:
        """By its shape, where it has one."""
        pieces = text.split('"')
        outside = '""'.join(pieces[::2])
        shape = _shape(outside) if _may_be_kept(text, outside) and len(pieces) & 1 else None
        if shape is None:
            return cls.parse_any(text)
        values = dict(zip(shape.quoted, pieces[1::2], strict=True))
        values.update(shape.plain)
        return cls(shape.scheme, None, values, text)

    @classmethod
    def parse_any(cls, text: str) -> Self:
        """The same part by part, whatever it is like."""
        scheme = _SCHEME.match(text)
        if scheme is None:
            raise WireError("no authentication scheme", 0, "RFC 3261 §20.7")
        parts = []
        for part in split_unquoted(text[scheme.end() :], ","):
            name, equals, value = part.partition("=")
            name, value = name.strip(LWS).lower(), value.strip(LWS)
            if not name and not equals:
                continue
            if not equals or not _is_value(value) or not (name in _USUAL or TOKEN.fullmatch(name)):
                raise WireError("not an authentication parameter", scheme.end(), "RFC 3261 §25.1")
            parts.append((name, part))
        return cls(scheme[1], tuple(parts))

    @classmethod
    def make(cls, quoted: dict[str, str], plain: dict[str, str] | None = None) -> Self:
        """Digest fields from values: `quoted` ones get quotes, `plain` ones (algorithm, nc, qop) none."""
        parts = [(name, f" {name}={quote(value)}") for name, value in quoted.items()]
        parts += [(name, f" {name}={value}") for name, value in (plain or {}).items()]
        return cls("Digest", tuple(parts))

    @property
    def by_shape(self) -> bool:
        """Whether it was read by its shape, in which no name stands twice."""
        return bool(self._text)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Name in lower case and text between two commas as written, of each parameter in order."""
        if self._parts is None:
            self._parts = AuthFields.parse_any(self._text).parts
        return self._parts

    @property
    def values(self) -> dict[str, str]:
        """Values without quotes by name; the first of equal names counts."""
        if self._values is None:
            self._values = {
                name: unquote(text.partition("=")[2].strip(LWS)) for name, text in reversed(self.parts)
            }
        return self._values

    def get(self, name: str) -> str | None:
        """The value without quotes, or None; the first of equal names counts."""
        return self.values.get(name)

    def without(self, *names: str) -> Self:
        """The same without these parameters; what stays is as it was written."""
        if self.values.keys().isdisjoint(names):
            return self
        if not self._text:
            return type(self)(self.scheme, tuple([part for part in self.parts if part[0] not in names]))
        pieces = self._text.split('"')
        outside, left = _left('""'.join(pieces[::2]), names)
        woven = [outside[0]]
        for place, piece in zip(left, outside[1:], strict=True):
            woven += (pieces[2 * place + 1], piece)
        return type(self)(self.scheme, None, text='"'.join(woven))

    def with_quoted(self, name: str, value: str) -> Self:
        """The same with this parameter, quoted, at the end; an earlier one of that name goes (INT-01)."""
        more = f" {name}={quote(value)}"
        if name in self.values:
            kept = tuple([part for part in self.parts if part[0] != name])
            return type(self)(self.scheme, (*kept, (name, more)))
        if self._text and more.count('"') == 2 and "\\" not in more:
            return type(self)(self.scheme, None, text=f"{self._text},{more}")
        return type(self)(self.scheme, (*self.parts, (name, more)))

    def __str__(self) -> str:
        return self._text or f"{self.scheme} {','.join([text for _, text in self.parts]).strip(LWS)}"


class Challenge(AuthFields):
    """The value of WWW-Authenticate."""

    __slots__ = ()


class Credentials(AuthFields):
    """The value of Authorization.

    No digest parameter stands twice: who reads it next could take the other one. Those of 24.229 may:
    a P-CSCF takes all of them out (INT-01).
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one header value. Raises WireError for anything else."""
        fields = cls._read(text)
        if fields.by_shape:
            return fields
        names = [name for name, _ in fields.parts if name in _ONCE]
        if len(set(names)) != len(names):
            raise WireError("a parameter that stands twice", 0, "RFC 3261 §7.3.1")
        return fields


_LONGEST_SHAPED: Final = 1024
"""Characters of a value whose shape is remembered: peers must not fill memory."""


class _Shape(NamedTuple):
    """What digest fields say outside of quotes: the scheme, names of quoted values, and all other values."""

    scheme: str
    quoted: tuple[str, ...]
    plain: dict[str, str]


def _may_be_kept(text: str, outside: str) -> bool:
    """Whether that outside of quotes may be remembered: it is not long, and neither CK nor IK is in it."""
    if len(text) > _LONGEST_SHAPED or "\\" in text:
        return False
    rest = outside.replace('ck=""', "").replace('ik=""', "").lower()
    return "ck" not in rest and "ik" not in rest


@lru_cache(maxsize=256)  # at most as many times `_LONGEST_SHAPED` characters, without keys
def _shape(outside: str) -> _Shape | None:
    """The shape of digest fields that are this but for their quoted values; None where they have none.

    The same phones and registrars write the same names in the same order, so nearly all are read by their
    shape. No name of a shape stands twice.
    """
    try:
        fields = AuthFields.parse_any(outside)
    except WireError:
        return None
    names = [name for name, _ in fields.parts]
    quoted = [name for name, part in fields.parts if '"' in part]
    usual = quoted and len(quoted) == outside.count('""') and str(fields) == outside
    if not usual or len(set(names)) < len(names):
        return None
    return _Shape(fields.scheme, tuple(quoted), {n: v for n, v in fields.values.items() if n not in quoted})


@lru_cache(maxsize=256)
def _left(outside: str, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What is outside of quotes once these parameters are gone, and which of the quoted values are left."""
    before, *behind = outside.split('""')
    numbered = before + "".join([f'"{place}"{piece}' for place, piece in enumerate(behind)])
    pieces = str(AuthFields.parse_any(numbered).without(*names)).split('"')
    return tuple(pieces[::2]), tuple(map(int, pieces[1::2]))


def _is_value(text: str) -> bool:
    """Whether it is a quoted string, or has no quote and no white space."""
    if text[:1] != '"':
        return '"' not in text and " " not in text and "\t" not in text
    usual = text[-1] == '"' and "\\" not in text and text.count('"') == 2
    return usual or QUOTED.fullmatch(text) is not None
