"""The body ``application/reginfo+xml``: who is registered, and where (RFC 3680 §5, RFC 5628 §5).

What other specifications put beside it is kept as it came: wildcarded identities (24.229 §5.4.2.1.2) and all
other elements of other namespaces.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from twopair.base import WireError
from twopair.wire.elements import Element, read

CONTENT_TYPE: Final = "application/reginfo+xml"
REGINFO: Final = "urn:ietf:params:xml:ns:reginfo"
GRUUINFO: Final = "urn:ietf:params:xml:ns:gruuinfo"
WILDCARDED: Final = "urn:3gpp:ns:extRegExp:1.0"
"""Namespace of ``wildcardedIdentity`` (24.229 §7.10)."""

_CLAUSE: Final = "RFC 3680 §5"


class RegState(Enum):
    """State of a registration (RFC 3680 §3.5, §5.2)."""

    INIT = "init"
    ACTIVE = "active"
    TERMINATED = "terminated"

    __hash__ = object.__hash__


class ContactEvent(Enum):
    """What has made the state of a contact what it is (RFC 3680 §3.4, §5.3)."""

    REGISTERED = "registered"
    CREATED = "created"
    REFRESHED = "refreshed"
    SHORTENED = "shortened"
    EXPIRED = "expired"
    DEACTIVATED = "deactivated"
    PROBATION = "probation"
    UNREGISTERED = "unregistered"
    REJECTED = "rejected"

    __hash__ = object.__hash__


_STATES: Final = {one.value: one for one in RegState}
_EVENTS: Final = {one.value: one for one in ContactEvent}


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """One contact of a registration.

    Args:
        id: names it in this subscription.
        uri: where it is.
        active: its state: active, or terminated.
        event: why.
        expires_s: seconds until it ends, where told.
        retry_after_s: seconds after which to try again, with `ContactEvent.PROBATION`.
        duration_s: seconds it has been there.
        q: its preference, as written.
        call_id: of the REGISTER that made or refreshed it.
        cseq: number of that REGISTER.
        display_name: of the contact.
        unknown: further Contact parameters, name and value.
        pub_gruu: public GRUU, empty without one.
        temp_gruu: temporary GRUU, empty without one.
        first_cseq: CSeq of the REGISTER for which the first valid temporary GRUU was made.
        others: elements of other namespaces, as they came.
    """

    id: str
    uri: str
    active: bool
    event: ContactEvent
    expires_s: int | None = None
    retry_after_s: int | None = None
    duration_s: int | None = None
    q: str = ""
    call_id: str = ""
    cseq: int | None = None
    display_name: str = ""
    unknown: tuple[tuple[str, str], ...] = ()
    pub_gruu: str = ""
    temp_gruu: str = ""
    first_cseq: int | None = None
    others: tuple[Element, ...] = ()

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class RegistrationInfo:
    """One identity and its contacts.

    Args:
        aor: the identity.
        id: names it in this subscription.
        state: of the registration.
        contacts: those told of; with partial state those that have changed.
        wildcarded: the wildcarded identity that `aor` is one of, empty for none.
        others: elements of other namespaces, as they came.
    """

    aor: str
    id: str
    state: RegState
    contacts: tuple[ContactInfo, ...] = ()
    wildcarded: str = ""
    others: tuple[Element, ...] = ()

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class RegInfo:
    """One document.

    Args:
        version: one more with each document of a subscription.
        full: whether it tells of all registrations, else of those that have changed.
        registrations: one for each identity.
    """

    version: int
    full: bool
    registrations: tuple[RegistrationInfo, ...] = ()

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def parse(cls, body: bytes) -> "RegInfo":
        """Read a body. Raises WireError for any that is none."""
        root = read(body, _CLAUSE)
        if not root.is_a(REGINFO, "reginfo"):
            raise WireError("another root element than reginfo", 0, _CLAUSE)
        state = _needed(root, "state")
        if state not in {"full", "partial"}:
            raise WireError("state is neither full nor partial", 0, "RFC 3680 §5.1")
        version = _number(root, "version")
        if version is None:
            raise WireError("reginfo without version", 0, "RFC 3680 §5.1")
        registrations = [_registration(one) for one in root.children if one.is_a(REGINFO, "registration")]
        return cls(version, state == "full", tuple(registrations))

    def to_bytes(self) -> bytes:
        """The document."""
        attributes = {"version": str(self.version), "state": "full" if self.full else "partial"}
        return Element(REGINFO, "reginfo", attributes, [_of(one) for one in self.registrations]).to_bytes()


def _registration(element: Element) -> RegistrationInfo:
    state = _STATES.get(_needed(element, "state"))
    if state is None:
        raise WireError("no state of a registration", 0, "RFC 3680 §5.2")
    contacts, others, wildcarded = [], [], ""
    for child in element.children:
        if child.is_a(REGINFO, "contact"):
            contacts.append(_contact(child))
        elif child.is_a(WILDCARDED, "wildcardedIdentity"):
            wildcarded = child.text.strip()
        elif child.space != REGINFO:
            others.append(child)
    aor, name = _needed(element, "aor"), _needed(element, "id")
    return RegistrationInfo(aor, name, state, tuple(contacts), wildcarded, tuple(others))


def _contact(element: Element) -> ContactInfo:
    state, event = _needed(element, "state"), _EVENTS.get(_needed(element, "event"))
    if state not in {"active", "terminated"} or event is None:
        raise WireError("no state or event of a contact", 0, "RFC 3680 §5.3")
    uri = display_name = pub_gruu = temp_gruu = ""
    first_cseq: int | None = None
    unknown, others = [], []
    for child in element.children:
        if child.is_a(REGINFO, "uri"):
            uri = child.text.strip()
        elif child.is_a(REGINFO, "display-name"):
            display_name = child.text
        elif child.is_a(REGINFO, "unknown-param"):
            unknown.append((_needed(child, "name"), child.text))
        elif child.is_a(GRUUINFO, "pub-gruu"):
            pub_gruu = _needed(child, "uri")
        elif child.is_a(GRUUINFO, "temp-gruu"):
            temp_gruu, first_cseq = _needed(child, "uri"), _number(child, "first-cseq")
        elif child.space != REGINFO:
            others.append(child)
    if not uri:
        raise WireError("contact without uri", 0, "RFC 3680 §5.3")
    said = element.attributes
    return ContactInfo(
        id=_needed(element, "id"),
        uri=uri,
        active=state == "active",
        event=event,
        expires_s=_number(element, "expires"),
        retry_after_s=_number(element, "retry-after"),
        duration_s=_number(element, "duration-registered"),
        q=said.get("q", ""),
        call_id=said.get("callid", ""),
        cseq=_number(element, "cseq"),
        display_name=display_name,
        unknown=tuple(unknown),
        pub_gruu=pub_gruu,
        temp_gruu=temp_gruu,
        first_cseq=first_cseq,
        others=tuple(others),
    )


def _of(registration: RegistrationInfo) -> Element:
    attributes = {"aor": registration.aor, "id": registration.id, "state": registration.state.value}
    children = [_of_contact(one) for one in registration.contacts]
    if registration.wildcarded:
        children.append(Element(WILDCARDED, "wildcardedIdentity", text=registration.wildcarded))
    return Element(REGINFO, "registration", attributes, [*children, *registration.others])


def _of_contact(contact: ContactInfo) -> Element:
    state = "active" if contact.active else "terminated"
    attributes = {"id": contact.id, "state": state, "event": contact.event.value}
    for name, number in (
        ("duration-registered", contact.duration_s),
        ("expires", contact.expires_s),
        ("retry-after", contact.retry_after_s),
        ("cseq", contact.cseq),
    ):
        if number is not None:
            attributes[name] = str(number)
    attributes.update(_there((("q", contact.q), ("callid", contact.call_id))))
    children = [Element(REGINFO, "uri", text=contact.uri)]
    if contact.display_name:
        children.append(Element(REGINFO, "display-name", text=contact.display_name))
    children += [
        Element(REGINFO, "unknown-param", {"name": name}, text=text) for name, text in contact.unknown
    ]
    if contact.pub_gruu:
        children.append(Element(GRUUINFO, "pub-gruu", {"uri": contact.pub_gruu}))
    if contact.temp_gruu:
        first = {} if contact.first_cseq is None else {"first-cseq": str(contact.first_cseq)}
        children.append(Element(GRUUINFO, "temp-gruu", {"uri": contact.temp_gruu, **first}))
    return Element(REGINFO, "contact", attributes, [*children, *contact.others])


def _there(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in pairs if value}


def _needed(element: Element, name: str) -> str:
    value = element.attributes.get(name)
    if not value:
        raise WireError(f"{element.name} without {name}", 0, _CLAUSE)
    return value


def _number(element: Element, name: str) -> int | None:
    """An attribute of type unsignedLong, None where there is none."""
    text = element.attributes.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise WireError(f"{name} is no number", 0, _CLAUSE)
    return int(text)
