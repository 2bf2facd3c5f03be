"""Public identities as keys: one text per identity (TS 23.003 §13.4; RFC 3966 §4)."""

from typing import Final

from twopair.base import Impu, WireError
from twopair.wire.sip import NameAddr, SipUri

_SEPARATORS: Final = str.maketrans("", "", "-.()")


def public_identity(uri: str) -> Impu:
    """The identity that a URI names: without port, parameters and headers, host in lower case.

    A SIP URI with ``user=phone`` and a global number names the same identity as the tel URI.

    Raises:
        WireError: neither a SIP nor a tel URI.
    """
    if uri[:4].lower() == "tel:":
        number = uri[4:].partition(";")[0].translate(_SEPARATORS)
        if not number:
            raise WireError("a tel URI without a number", 0, "RFC 3966 §3")
        return Impu(f"tel:{number}")
    parsed = SipUri.parse(uri)
    if parsed.params.get("user") == "phone" and parsed.user and parsed.user.startswith("+"):
        return Impu(f"tel:{parsed.user.partition(';')[0].translate(_SEPARATORS)}")
    return Impu(parsed.identity)


def host_of(uri: str) -> str:
    """Host of a SIP URI in lower case, empty for a tel URI. Raises WireError for any other."""
    return "" if uri[:4].lower() == "tel:" else SipUri.parse(uri).host.lower()


def asserted_identity(value: str) -> Impu:
    """The identity in a P-Asserted-Identity element. Raises WireError."""
    return public_identity(NameAddr.parse(value).uri)
