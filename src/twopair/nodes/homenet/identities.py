"""Public identities as keys: one text per identity (TS 23.003 §13.4; RFC 3261 §10.3, RFC 3966 §4)."""

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Final

from twopair.base import Impu, WireError
from twopair.wire.sip import NameAddr, SipUri, TelUri

_CONTEXT: Final = "phone-context"
_LONGEST_KEPT: Final = 256
"""Characters of an identity whose key is remembered: peers must not fill memory."""


def public_identity(uri: str) -> Impu:
    """The identity that a URI names: its key, without port, parameters and headers (RFC 3261 §10.3).

    A SIP URI with ``user=phone`` and a global number, or a local one with its context, names the same as the
    tel URI does; a local number is another one in each context (RFC 3966 §5.1.5).

    Raises:
        WireError: neither a SIP nor a tel URI.
    """
    if uri[:4].lower() == "tel:":
        return _number(TelUri.parse(uri))
    parsed = SipUri.parse(uri)
    if parsed.params.get("user") == "phone" and parsed.user:
        with suppress(WireError):
            number = TelUri.of_subscriber(parsed.user)
            if number.number.startswith("+") or _CONTEXT in number.params:
                return _number(number)
    return Impu(replace(parsed, port=None, params={}, headers="").key)


def _number(number: TelUri) -> Impu:
    """The key of a number: global ones have no parameter that counts, local ones their context."""
    kept = {} if number.number.startswith("+") else {_CONTEXT: number.params.get(_CONTEXT)}
    return Impu(replace(number, params={name: value for name, value in kept.items() if value}).key)


def identity_key(text: str) -> Impu:
    """What an identity is known by, however it is written; a text that names none is known by itself."""
    return _kept_key(text) if len(text) <= _LONGEST_KEPT else _key(text)


def _key(text: str) -> Impu:
    try:
        return public_identity(text)
    except WireError:
        return Impu(text)


_kept_key = lru_cache(maxsize=4096)(_key)


def host_of(uri: str) -> str:
    """Host of a SIP URI in lower case, empty for a tel URI. Raises WireError for any other."""
    return "" if uri[:4].lower() == "tel:" else SipUri.parse(uri).host.lower()


def asserted_identity(value: str) -> Impu:
    """The identity in a P-Asserted-Identity element. Raises WireError."""
    return public_identity(NameAddr.parse(value).uri)
