"""Whether two URIs name the same: identities and bindings (RFC 3261 §19.1.4, RFC 3966 §4; PCS-10, PCS-27).

RFC 3261 ignores a parameter that stands in one URI only, so its equality is not transitive and has no key.
`uri_key` leaves out all such parameters: it says who is meant, which is what identities are looked up by
(PCS-10). `same_uri` is the whole rule: it is what bindings are compared by (PCS-27).
"""

import re
from functools import lru_cache
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.tel import TelUri
from twopair.wire.sip.uri import SipUri

_LONGEST_KEPT: Final = 256
"""Characters of a URI whose key is remembered: peers must not fill memory."""


def uri_key(text: str) -> str:
    """One text for all URIs that name the same; it is a URI itself, and its own key.

    Raises:
        WireError: no URI, or a SIP or tel URI that cannot be read.
    """
    return _kept_key(text) if len(text) <= _LONGEST_KEPT else _key(text)


def same_uri(one: str, other: str) -> bool:
    """Whether two URIs are equal: texts that cannot be read are equal to themselves only."""
    if one == other:
        return True
    try:
        return uri_key(one) == uri_key(other) and _agree(one, other)
    except WireError:
        return False


_OWN_KEY: Final = re.compile(r"sips?:[\w.+-]+@[a-z0-9.-]+|tel:\+[0-9]+", re.ASCII)
"""URIs that are their own key, as most identities are."""


def _key(text: str) -> str:
    if _OWN_KEY.fullmatch(text):
        return text
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme in ("sip", "sips"):
        return SipUri.parse(text).key
    if scheme == "tel":
        return TelUri.parse(text).key
    if not colon or not rest or not scheme:
        raise WireError("no URI", 0, "RFC 3261 §25.1")
    return f"{scheme}:{rest}"


_kept_key = lru_cache(maxsize=4096)(_key)


def _agree(one: str, other: str) -> bool:
    """Parameters that both have have one value; those that only one has are ignored."""
    if ";" not in one or ";" not in other or one[:3].lower() != "sip":
        return True
    mine, yours = SipUri.parse(one).comparable_params, SipUri.parse(other).comparable_params
    return all(mine[name] == yours[name] for name in mine.keys() & yours.keys())
