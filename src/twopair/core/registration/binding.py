"""What a 200 to REGISTER means for the binding asked for (24.229 §5.2.2.1; RFC 3261 §10.2.4; PCS-27).

UE and P-CSCF ask the same function about the same request and response, so neither believes in a
registration that the other has given up. Registrars write more than one kind of 200 (Q-20): with the Contact
as it was, rewritten, left out, or beside those of other devices. What a 200 does not say ends nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.wire.sip import NameAddr, Request, Response, addresses, same_uri, unquote

DEFAULT_S: Final = 3600
"""Of a contact without any readable expiry (RFC 3261 §10.2.1.1)."""

LONGEST_S: Final = 2**32 - 1
"""RFC 3261 §20.19."""

ALL: Final = "*"
"""The Contact that de-registers all (RFC 3261 §10.2.2)."""


class Asked(NamedTuple):
    """What a REGISTER asked for.

    Args:
        contact: URI of its first Contact, ``*`` for all; empty where it has none, and asks what there is.
        flow: ``+sip.instance`` and ``reg-id`` of that Contact, empty without an instance (RFC 5626 §4.2).
        expires_s: for how long, 0 to de-register.
    """

    contact: str
    flow: str
    expires_s: int

    @classmethod
    def of(cls, request: Request) -> Self:
        """What a request asks for; a Contact that cannot be read is none."""
        return cls.read(request.get_all("Contact"), request.get("Expires"))

    @classmethod
    def read(cls, contacts: Iterable[str], expires: str | None) -> Self:
        """The same of the values of Contact and Expires."""
        found = addresses(contacts)
        if not found:
            return cls("", "", _first_of(expires))
        first = found[0]
        if first.uri == ALL:
            return cls(ALL, "", 0)
        return cls(first.uri, _flow(first), _first_of(first.params.get("expires"), expires))

    def about(self, contact: str) -> "Asked":
        """The same, about a contact that is known from before where it names none."""
        return self if self.contact else self._replace(contact=contact)


def granted_s(asked: Asked, response: Response) -> int:
    """Seconds for which what was asked for stands after this 200; 0: it is ended.

    Args:
        asked: what the REGISTER asked for.
        response: the 200, at the UE or at the P-CSCF.
    """
    if not asked.expires_s:
        return 0
    own = own_binding(asked, addresses(response.get_all("Contact")))
    said = own.params.get("expires") if own is not None else None
    return _first_of(said, response.get("Expires"), otherwise=asked.expires_s)


def own_binding(asked: Asked, bindings: Sequence[NameAddr]) -> NameAddr | None:
    """That of the bindings in a 200 which is the one asked for, None if none can be told to be."""
    if len(bindings) == 1 and bindings[0].uri == asked.contact:
        return bindings[0]  # as nearly always; every way leads there
    for way in WAYS:
        found = way.candidates(asked, bindings)
        if found and (way.first or len(found) == 1):
            return found[0]
    return None


class Way(NamedTuple):
    """One way to tell which binding is the own one.

    Args:
        clause: where it stands.
        candidates: those that it finds.
        first: whether the first of several is good enough; else one must stand alone.
    """

    clause: str
    candidates: Callable[[Asked, Sequence[NameAddr]], Sequence[NameAddr]]
    first: bool


def _equal(asked: Asked, bindings: Sequence[NameAddr]) -> list[NameAddr]:
    """URI equality ignores ``sos``, which one has and the other has not; it does tell registrations apart."""
    equal = [one for one in bindings if same_uri(one.uri, asked.contact)]
    return [one for one in equal if _sos(one.uri) == _sos(asked.contact)] or equal


def _of_the_flow(asked: Asked, bindings: Sequence[NameAddr]) -> list[NameAddr]:
    return [one for one in bindings if asked.flow and _flow(one) == asked.flow]


def _of_the_user(asked: Asked, bindings: Sequence[NameAddr]) -> list[NameAddr]:
    user = _user(asked.contact)
    return [one for one in bindings if user and _user(one.uri) == user]


WAYS: Final[tuple[Way, ...]] = (
    Way("RFC 5626 §6", lambda a, b: _of_the_flow(a, _equal(a, b)), first=True),
    Way("RFC 3261 §10.2.4, §19.1.4", _equal, first=True),
    Way("RFC 5626 §6", _of_the_flow, first=True),
    Way("PCS-27: the only one", lambda _, b: b, first=False),
    Way("the only one of its user part, rewritten beside others", _of_the_user, first=False),
)
"""In this order."""


def _flow(address: NameAddr) -> str:
    """Instance and reg-id as one text."""
    instance = unquote(address.params.get("+sip.instance") or "").strip()
    return f"{instance};{(address.params.get('reg-id') or '').lstrip('0')}".lower() if instance else ""


def _sos(uri: str) -> bool:
    try:
        return "sos" in uri.lower() and "sos" in NameAddr("", uri).sip_uri.params
    except WireError:
        return False


def _user(uri: str) -> str:
    try:
        return NameAddr("", uri).sip_uri.user or ""
    except WireError:
        return ""


def _first_of(*texts: str | None, otherwise: int = DEFAULT_S) -> int:
    """The first of these that is a number of seconds; quotes do no harm."""
    for text in texts:
        if text and text.isdecimal() and text.isascii() and len(text) < 10:  # as nearly always
            return int(text)
        digits = unquote((text or "").strip()).strip()
        if digits.isascii() and digits.isdigit():
            digits = digits.lstrip("0") or "0"
            return min(int(digits), LONGEST_S) if len(digits) <= len(str(LONGEST_S)) else LONGEST_S
    return otherwise
