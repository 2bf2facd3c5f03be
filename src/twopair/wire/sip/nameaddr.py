"""``"Alice" <sip:alice@ims.example>;tag=1``: From, To, Contact, Route, Path (RFC 3261 §20.10)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.lists import LWS, QUOTED, QUOTED_STRING, split_list, without_quoted
from twopair.wire.sip.params import Params, parse_params, print_params
from twopair.wire.sip.uri import NOT_IN_URI, SipUri

_NOT_IN_DISPLAY: Final = re.compile(r'[",;<>]')
"""What a display name without quotes may not have; other characters are seen in the field."""

_UNTIL_BRACKET: Final = rf'(?>(?:[^"<]++|{QUOTED_STRING})*)'
_BRACKETED: Final = re.compile(rf"{_UNTIL_BRACKET}<[^>]*+>(?>(?:[ \t]*+;{_UNTIL_BRACKET})?)", re.S)
"""One address in <>, with what belongs to it: up to the next one, if no comma parts them."""


_URI: Final = r'<([^\x00-\x20\x7f"<>:]++:[^\x00-\x20\x7f"<>]*+)>'
_PARAMS: Final = r"(?>(?:;[\w.!%*+`'~-]++(?:=[\w.!%*+`'~:-]++)?)*)"
_PLAIN: Final = re.compile(rf"{_URI}({_PARAMS})", re.ASCII)
_PARTY: Final = re.compile(rf'(?:"[^"\\]*+" ?)?{_URI}{_PARAMS}', re.ASCII)
"""Addresses as nearly all are: without a display name, and, where only the URI is wanted, with one."""

_LONGEST_KEPT: Final = 512
"""Characters of a value whose addresses are remembered: peers must not fill memory."""


@dataclass(slots=True)
class NameAddr:
    """One address: display name as written, URI text, header parameters.

    Args:
        display: display name with its quotes, or empty.
        uri: text of the URI, or ``*`` for the Contact of that form.
        params: header parameters in order, names in lower case.
    """

    display: str
    uri: str
    params: Params = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one element. Without <> the parameters belong to the header (RFC 3261 §20.10)."""
        plain = _PLAIN.fullmatch(text)
        if plain is not None:
            return cls("", plain[1], _plain_params(plain[2]))
        return cls.parse_any(text)

    @classmethod
    def parse_any(cls, text: str) -> Self:
        """The same, whatever it is like."""
        text = text.strip(LWS)
        quoted = QUOTED.match(text)
        start = quoted.end() if quoted else 0
        opening = text.find("<", start)
        if opening < 0 or (not quoted and ";" in text[:opening]):
            uri, _, params = text.partition(";")
            uri = uri.rstrip(LWS)
            display = ""
            if "?" in uri or "," in uri:  # such a URI needs <>, or its parameters are not its own
                raise WireError("a URI that needs <>", 0, "RFC 3261 §20")
        else:
            closing = text.find(">", opening)
            if closing < 0:
                raise WireError("an address that does not end", opening, "RFC 3261 §20.10")
            display, uri = text[:opening].strip(LWS), text[opening + 1 : closing].strip(LWS)
            if _NOT_IN_DISPLAY.search(text, start, opening):
                raise WireError("a display name that needs quotes", start, "RFC 3261 §25.1")
            tail = text[closing + 1 :].strip(LWS)
            if tail and not tail.startswith(";"):
                raise WireError("text behind an address", closing, "RFC 3261 §20.10")
            if "<" in tail and "<" in without_quoted(tail):
                raise WireError("a second address", closing, "RFC 3261 §20.10")
            params = tail[1:]
        if (uri != "*" and ":" not in uri) or NOT_IN_URI.search(uri):
            raise WireError("no URI in an address", 0, "RFC 3261 §20.10")
        return cls(display, uri, parse_params(params))

    @property
    def tag(self) -> str | None:
        """The tag of From and To."""
        return self.params.get("tag")

    @property
    def sip_uri(self) -> SipUri:
        """The URI parsed. Raises WireError where it is of another scheme."""
        return SipUri.parse(self.uri)

    def __str__(self) -> str:
        display = f"{self.display} " if self.display else ""
        return f"{display}<{self.uri}>{print_params(self.params)}"


def _plain_params(text: str) -> Params:
    """Parameters without quotes and white space; `text` begins with a semicolon, or is empty."""
    found: Params = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        found.setdefault(name.lower(), value if equals else None)
    return found


def uri_in(value: str | None) -> str:
    """The URI of an address, empty where there is none to be read."""
    if not value:
        return ""
    return _kept_uri(value) if len(value) <= _LONGEST_KEPT else _uri_in(value)


def _uri_in(value: str) -> str:
    party = _PARTY.fullmatch(value)
    if party is not None:
        return party[1]
    try:
        return NameAddr.parse(value).uri
    except WireError:
        return ""


_kept_uri = lru_cache(maxsize=1024)(_uri_in)


def addresses(values: Iterable[str]) -> list[NameAddr]:
    """The addresses in these values of one header, in order: P-Associated-URI, Contact, Route and the like.

    Missing commas (``<sip:a@b><tel:+1>``, as registrars write it) do no harm; what is no address is left out.
    """
    found: list[NameAddr] = []
    for value in values:
        found += _kept(value) if len(value) <= _LONGEST_KEPT else _read(value)
    return found


_PLAIN_ADDRESS: Final = r"<(?:sip:[\w.+-]++@[\w.-]++|tel:\+?[0-9]++)>"
_PLAIN_LIST: Final = re.compile(rf"{_PLAIN_ADDRESS}(?>(?:, ?{_PLAIN_ADDRESS})*)", re.ASCII)
"""Identities as nearly all registrars write them."""


def uris_in(values: Sequence[str]) -> list[str]:
    """The URIs of `addresses`."""
    if len(values) == 1 and _PLAIN_LIST.fullmatch(values[0]):
        return [element.strip(" <>") for element in values[0].split(",")]
    return [address.uri for address in addresses(values)]


def _read(value: str) -> tuple[NameAddr, ...]:
    return tuple([address for element in split_list(value) for address in _apart(element)])


_kept = lru_cache(maxsize=1024)(_read)
"""A UE says the same Contact in SM1 and SM7, and its registrar in between."""


def _apart(element: str) -> list[NameAddr]:
    try:
        return [NameAddr.parse(element)]
    except WireError:
        if element.count("<") < 2:
            return []
    found, at = [], 0
    while match := _BRACKETED.match(element, at):  # not searched: each start would read to the end
        at = match.end()
        try:
            found.append(NameAddr.parse(match[0]))
        except WireError:
            continue
    return found
