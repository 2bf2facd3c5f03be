"""Header names: one lower-case long name per header, however it was written (RFC 3261 §7.3.1, §7.3.3)."""

import re
from typing import Final

from twopair.base import WireError

COMPACT: Final[dict[str, str]] = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition",
    "e": "content-encoding", "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported",
    "l": "content-length", "m": "contact", "n": "identity-info", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires", "y": "identity",
}  # fmt: skip
"""Compact forms and the long names they stand for."""

USUAL: Final = (
    "Via From To Call-ID CSeq Contact Max-Forwards Content-Length Content-Type Route Record-Route Path "
    "Service-Route Authorization WWW-Authenticate Proxy-Authenticate Proxy-Authorization "
    "Authentication-Info Security-Client Security-Server Security-Verify Require Proxy-Require Supported "
    "Unsupported Allow Allow-Events Accept Accept-Contact Event Expires Min-Expires Retry-After "
    "Subscription-State User-Agent Server Date Subject Privacy P-Access-Network-Info P-Asserted-Identity "
    "P-Preferred-Identity P-Associated-URI P-Called-Party-ID P-Charging-Vector "
    "P-Charging-Function-Addresses P-Visited-Network-ID P-Preferred-Service P-Asserted-Service "
    "Session-Expires Min-SE RSeq RAck Reason Timestamp Warning Content-Encoding MIME-Version"
).split()

TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
"""What a header name or a method is made of (RFC 3261 §25.1)."""


METHODS: Final = frozenset(
    "REGISTER INVITE ACK BYE CANCEL MESSAGE OPTIONS SUBSCRIBE NOTIFY PUBLISH INFO PRACK UPDATE REFER".split()
)
"""Methods whose spelling need not be checked."""


class _Canonical(dict[str, str]):
    """Name as written → canonical name; unusual spellings are worked out anew.

    They are not stored: a peer could fill memory with invented names.
    """

    def __missing__(self, written: str) -> str:
        name = written.rstrip(" \t")  # white space before the colon: the header it is (Q list)
        if not TOKEN.fullmatch(name):
            raise WireError("header line without a name", 0, "RFC 3261 §7.3.1")
        name = name.lower()
        return COMPACT.get(name, name)


CANONICAL: Final = _Canonical()
for _name in USUAL:
    CANONICAL[_name] = CANONICAL[_name.lower()] = _name.lower()
for _short, _long in COMPACT.items():
    CANONICAL[_short] = CANONICAL[_short.upper()] = _long


class _Asked(dict[str, str]):
    """A name as our own code writes it → canonical name; the set of those is bounded by the code."""

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        lower = COMPACT.get(lower, lower)
        if len(self) < 1024:
            self[name] = lower
        return lower


ASKED: Final = _Asked()
