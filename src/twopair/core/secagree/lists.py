"""Security-Client and Security-Server as values: what one end puts on the table (33.203 Annex H)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Self

from twopair.base import STATUS, Port, Spi, Suite, WireError
from twopair.core.secagree.mechanism import DEFAULTS, IPSEC, NUMERIC, Mechanism, parse_mechanisms

UNPROTECTED_PORTS: Final = (5060, 5061)
"""Ports that are never protected ones (SA-20)."""

FIRST_SPI: Final = 256
"""0 to 255 are reserved (RFC 4303 §2.1; SA-17)."""

LAST_SPI: Final = 2**32 - 1

REQUIRED: Final = ("alg", "spi-c", "spi-s", "port-c", "port-s")
"""Parameters without which no SA set can be made (AGR-04)."""

NO_Q: Final = -1
"""An element without a q value comes last (Q-07)."""


MOST_WORDS: Final = 12
"""Elements of one list that are told to people; all that we know are nine."""

LONGEST_WORD: Final = 60
"""Characters of an element that is told, as a peer may write anything."""


class Terms(NamedTuple):
    """SPIs and ports of one end: c for its client port, s for its server port (AGR-03)."""

    spi_c: Spi
    spi_s: Spi
    port_c: Port
    port_s: Port

    @property
    def usable(self) -> bool:
        """Whether an SA set can be made with them (SA-15, SA-16, SA-17, SA-20; AGR-02)."""
        return (
            self.spi_c != self.spi_s
            and FIRST_SPI <= self.spi_c <= LAST_SPI
            and FIRST_SPI <= self.spi_s <= LAST_SPI
            and self.port_c != self.port_s
            and 0 < self.port_c < 1 << 16
            and 0 < self.port_s < 1 << 16
            and self.port_c not in UNPROTECTED_PORTS
            and self.port_s not in UNPROTECTED_PORTS
        )


class Entry(NamedTuple):
    """An ipsec-3gpp element that can be used: algorithms known, ESP in transport mode, terms usable.

    Args:
        suite: the algorithms.
        terms: SPIs and ports.
        q: preference in thousandths, `NO_Q` where none was given.
    """

    suite: Suite
    terms: Terms
    q: int


@dataclass(slots=True, unsafe_hash=True)
class SecurityList:
    """The content of a Security-* header field.

    Args:
        lines: its values as they stood, one per header line; sent back unchanged in Security-Verify.
        entries: the elements that can be used, in order of appearance (AGR-01, AGR-02, AGR-06, Q-06).
        complete: whether any ipsec-3gpp element has all parameters that an SA set needs (AKA-25).
        spoiled: whether an element of known algorithms was left out for its SPIs or ports (Q-09).
    """

    lines: tuple[str, ...]
    entries: tuple[Entry, ...]
    complete: bool = True
    spoiled: bool = False

    @classmethod
    def parse(cls, values: Sequence[str]) -> Self:
        """Read a header field given as one text per line; no lines give an empty list.

        Raises:
            WireError: not the grammar, or a parameter twice in one element (AGR-38).
        """
        usual = _usual(values[0]) if len(values) == 1 else None
        return cls.parse_any(values) if usual is None else cls(tuple(values), usual)

    @classmethod
    def parse_any(cls, values: Sequence[str]) -> Self:
        """The same, part by part, whatever it is like."""
        mechanisms = parse_mechanisms(values)
        known = [entry for m in mechanisms if (entry := _entry(m)) is not None]
        usable = {terms: terms.usable for terms in dict.fromkeys(entry.terms for entry in known)}
        entries = tuple(entry for entry in known if usable[entry.terms])
        return cls(
            tuple(values),
            entries,
            complete=bool(entries) or any(_complete(m) for m in mechanisms),
            spoiled=len(entries) < len(known),
        )

    @classmethod
    def _made(cls, suites: Sequence[Suite], terms: Terms, ranks: Sequence[int]) -> Self:
        said = tuple(zip(suites, ranks, strict=True))
        return cls((_text(said, terms),), tuple([Entry(suite, terms, q) for suite, q in said]))

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """All elements, also those that mean nothing to us: they count in the comparison (AGR-08, AGR-32)."""
        return parse_mechanisms(self.lines)

    @property
    def terms(self) -> Terms | None:
        """The terms that all entries share; None if there are none, or they differ (AGR-04)."""
        first = self.entries[0].terms if self.entries else None
        for entry in self.entries:
            if entry.terms is not first and entry.terms != first:
                return None
        return first

    @property
    def words(self) -> str:
        """Its algorithms for people, each once and in order, also those that nobody knows, as written."""
        said = [*dict.fromkeys(_words(m) for m in self.mechanisms if not m.for_media)]
        more = len(said) - MOST_WORDS
        return ", ".join(said[:MOST_WORDS]) + (f" and {more} more" if more > 0 else "") or "nothing"


class Offer(SecurityList):
    """Security-Client: what the UE offers, in its order of preference (AGR-20)."""

    __slots__ = ()

    @classmethod
    def make(cls, terms: Terms, suites: Sequence[Suite]) -> Self:
        """The offer of these algorithms (at least one) with one pair of SPIs and ports."""
        return cls._made(suites, terms, [NO_Q] * len(suites))


class ServerList(SecurityList):
    """Security-Server: the static list of what a P-CSCF supports, best first (AGR-21)."""

    __slots__ = ()

    @classmethod
    def make(cls, terms: Terms, suites: Sequence[Suite]) -> Self:
        """The list of all `suites` (one to nine) of a policy, with q values that fall from 0.9."""
        return cls._made(suites, terms, _FALLING[: len(suites)])

    @classmethod
    def announce(cls, terms: Terms, suites: Sequence[Suite]) -> Self:
        """The same for who will compare it by its lines alone: without entries (AGR-31)."""
        return cls((_text(tuple(zip(suites, _FALLING, strict=False)), terms),), ())


_FALLING: Final = tuple(range(900, 0, -100))
"""The q values of a static list, in thousandths."""

Said = tuple[tuple[Suite, int], ...]
"""Algorithms and preference of each element of a list, without the terms that they share."""


def _text(said: Said, terms: Terms) -> str:
    """A list of our own as a header value."""
    spi_c, spi_s, port_c, port_s = terms
    return f"spi-c={spi_c};spi-s={spi_s};port-c={port_c};port-s={port_s}".join(_pieces(said))


@lru_cache(maxsize=64)  # the lists of our own policies
def _pieces(said: Said) -> tuple[str, ...]:
    """What stands before, between and behind the terms of a list of our own."""
    elements = [
        f"{IPSEC};{'' if q == NO_Q else f'q=0.{q // 100};'}"
        f"alg={suite.alg};ealg={suite.ealg};prot=esp;mod=trans;"
        for suite, q in said
    ]
    return (elements[0], *[f", {element}" for element in elements[1:]], "")


_TERMS: Final = re.compile(
    r"(?<=[; ])spi-c=([0-9]{1,10}); ?spi-s=([0-9]{1,10}); ?port-c=([0-9]{1,10}); ?port-s=([0-9]{1,10})"
    r"(?=[;,]|\Z)"
)
_ANY: Final = Terms(Spi(1001), Spi(1002), Port(6001), Port(6002))
_ANY_TEXT: Final = f"spi-c={_ANY.spi_c};spi-s={_ANY.spi_s};port-c={_ANY.port_c};port-s={_ANY.port_s}"
_LONGEST_SHAPE: Final = 1024
"""Characters of a shape that is remembered: peers must not fill memory."""


def _usual(line: str) -> tuple[Entry, ...] | None:
    """The entries of a line whose elements all have the same usable terms; None for any other line.

    The same phones say the same but for their terms: without them it is a shape, which is read once.
    """
    found = _TERMS.search(line)
    if found is None or "\0" in line:
        return None
    shape = line.replace(found[0], "\0")
    said = _said(shape) if len(shape) <= _LONGEST_SHAPE else None
    if said is None:
        return None
    spi_c, spi_s, port_c, port_s = map(int, found.groups())
    terms = Terms(Spi(spi_c), Spi(spi_s), Port(port_c), Port(port_s))
    return tuple([Entry(suite, terms, q) for suite, q in said]) if terms.usable else None


@lru_cache(maxsize=256)  # at most as many times `_LONGEST_SHAPE` characters; no terms, and no keys
def _said(shape: str) -> Said | None:
    """What a shape says; None where not all terms are where its marks are, or nothing of it can be used."""
    if any(name in shape.lower() for name in NUMERIC):
        return None
    try:
        read = SecurityList.parse_any([shape.replace("\0", _ANY_TEXT)])
    except WireError:
        return None
    if read.spoiled or not read.entries or any(entry.terms != _ANY for entry in read.entries):
        return None
    return tuple((entry.suite, entry.q) for entry in read.entries)


def _words(mechanism: Mechanism) -> str:
    """``hmac-sha-1-96/null``; what is no ipsec-3gpp by its name; what differs from the usual is added."""
    words = mechanism.name
    if words == IPSEC:
        params = {**DEFAULTS, **mechanism.params}
        unusual = [name for name in ("prot", "mod") if params[name] != DEFAULTS[name]]
        words = f"{params.get('alg') or ''}/{params['ealg'] or ''}"
        words += "".join(f";{name}={params[name] or ''}" for name in unusual)
        if not _terms(*map(params.get, ("spi-c", "spi-s", "port-c", "port-s"))).usable:
            words += " (SPIs or ports of no use)"
    shown = "".join(sign if sign.isprintable() else "?" for sign in words)
    return shown if len(shown) <= LONGEST_WORD else f"{shown[: LONGEST_WORD - 1]}…"


def _complete(mechanism: Mechanism) -> bool:
    return mechanism.name == IPSEC and all(mechanism.params.get(name) for name in REQUIRED)


def _entry(mechanism: Mechanism) -> Entry | None:
    """The entry an element stands for, None if it is to be skipped, which is never an error (AGR-01)."""
    params = mechanism.params
    if mechanism.name != IPSEC or mechanism.for_media:
        return None
    suite = Suite(params.get("alg") or "", params.get("ealg", DEFAULTS["ealg"]) or "")
    if (
        suite not in STATUS
        or params.get("prot", DEFAULTS["prot"]) != DEFAULTS["prot"]
        or params.get("mod", DEFAULTS["mod"]) != DEFAULTS["mod"]
    ):
        return None
    written = params.get
    terms = _terms(written("spi-c"), written("spi-s"), written("port-c"), written("port-s"))
    return Entry(suite, terms, _thousandths(written("q")))


@lru_cache(maxsize=16)  # the elements of one list share their terms (AGR-04)
def _terms(spi_c: str | None, spi_s: str | None, port_c: str | None, port_s: str | None) -> Terms:
    return Terms(Spi(_number(spi_c)), Spi(_number(spi_s)), Port(_number(port_c)), Port(_number(port_s)))


def _number(text: str | None) -> int:
    """One to ten digits as a number, anything else as 0, which no SPI and no port is (AGR-02)."""
    return int(text) if text and len(text) <= 10 and text.isdecimal() else 0


def _thousandths(text: str | None) -> int:
    """A qvalue in thousandths; one that cannot be read counts as none (Q-07; RFC 3261 §25.1)."""
    if text is None:
        return NO_Q
    whole, _, fraction = text.partition(".")
    if whole not in {"0", "1"} or len(fraction) > 3 or (fraction and not fraction.isdecimal()):
        return NO_Q
    value = int(whole) * 1000 + int((fraction + "000")[:3])
    return value if value <= 1000 else NO_Q
