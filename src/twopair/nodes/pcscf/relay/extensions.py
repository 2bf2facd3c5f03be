"""Option tags: which a request names, and which proxies must have (RFC 3261 §16.3, §20.29; PCS-23)."""

from collections.abc import Iterable
from typing import Final

from twopair.core.secagree.strip import OPTION_TAG, asks_only_agreement
from twopair.wire.sip import Request

OURS: Final = frozenset({OPTION_TAG, "path"})
"""Extensions that a P-CSCF has (24.229 §5.2; RFC 3327, RFC 3329)."""


def known_tags(pass_on: Iterable[str]) -> frozenset[str]:
    """Tags in lower case that a request may ask of us: our own, and those left for the next hop."""
    return OURS.union(tag.lower() for tag in pass_on)


def names_agreement(request: Request, *names: str) -> bool:
    """Whether one of these header fields has the tag sec-agree."""
    for name in names:
        first = request.get(name)
        if first == OPTION_TAG:
            return True
        if first is not None and OPTION_TAG in map(str.lower, request.values(name)):
            return True
    return False


def unknown_tags(request: Request, known: frozenset[str]) -> str:
    """What Proxy-Require asks of us in vain, as Unsupported lists it; as a rule nothing.

    Args:
        request: not ACK or CANCEL, which are never refused for it.
        known: tags in lower case that we have, or leave for the next hop.
    """
    if "proxy-require" not in request.names():
        return ""
    if "proxy-require" in request.once() and asks_only_agreement(request, "Proxy-Require"):
        return ""
    return ", ".join(tag for tag in request.values("Proxy-Require") if tag.lower() not in known)
