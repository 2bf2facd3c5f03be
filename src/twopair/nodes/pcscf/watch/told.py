"""What a document says of the registrations of one IMPI, and what follows (24.229 §5.2.3; PCS-16, MGP-11)."""

from typing import Final

from twopair.base import Impu, Micros, Report, WireError, seconds
from twopair.core.registration.kept import KeptBinding
from twopair.core.registration.pcscf_sets import SIXTY_FOUR_T1, established_until
from twopair.core.registration.reg_state import RegWatch
from twopair.nodes.actions import Action
from twopair.nodes.facts import BY_NETWORK, Deregistered, Notified
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.relay.release import Releases
from twopair.nodes.pcscf.relay.session import Ending
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo, RegState
from twopair.wire.sip import same_uri, uri_key

_WORST: Final = (
    ContactEvent.REJECTED,
    ContactEvent.PROBATION,
    ContactEvent.DEACTIVATED,
    ContactEvent.EXPIRED,
    ContactEvent.UNREGISTERED,
)
"""Which of several ends of one contact is told, the first first."""


LATE: Final = seconds(32)
"""How late a NOTIFY or the answer to a REGISTER can be: 64 * T1."""


class Told:
    """Applies what is told to registrations and their SA sets."""

    __slots__ = ("_lives", "_releases", "_tables")

    def __init__(self, tables: Tables, lives: Lives, releases: Releases) -> None:
        self._tables = tables
        self._lives = lives
        self._releases = releases

    def end_of(self, owner: Subscriber, watch: RegWatch, info: RegInfo) -> ContactInfo | None:
        """The contact of a registration, if it stands for no identity any more; None while it does."""
        ended = [contact for contact in contacts_of(owner, info) if not contact.active]
        if not ended:
            ended = _without_contacts(owner, info)
        if not ended or active(owner, watch):
            return None
        return min(ended, key=lambda contact: _WORST.index(contact.event))

    def sooner(self, owner: Subscriber, info: RegInfo, now: Micros, *, asked: bool) -> ContactInfo | None:
        """The contact of a registration that is to end sooner; None where that is not told.

        Args:
            owner: the registration.
            info: the document.
            now: the moment.
            asked: whether it is full state, asked for because of a shortening that may have been a late one;
                it need not say which event was the last, but when the registration ends.
        """
        for contact in contacts_of(owner, info):
            if contact.active and contact.expires_s is not None:
                ends = now + seconds(contact.expires_s) + LATE
                if contact.event is ContactEvent.SHORTENED or (asked and ends < owner.expires_at):
                    return contact
        return None

    def apply(self, owner: Subscriber, watch: RegWatch, info: RegInfo) -> None:
        """What has changed of the identities of a registration that stands."""
        self._identities(owner, info, active(owner, watch))

    def shorten(
        self, owner: Subscriber, watch: RegWatch, contact: ContactInfo, now: Micros, out: list[Action]
    ) -> None:
        """A registration ends sooner, unless the UE authenticates anew (MGU-14)."""
        assert contact.expires_s is not None, "else it would not have been told to end sooner"
        self._shorten(owner, contact.expires_s, now, out)
        out.append(Report(_notified(owner, contact, active(owner, watch))))

    def dismiss(self, owner: Subscriber, contact: ContactInfo, now: Micros, out: list[Action]) -> None:
        """A registration is over: its sessions, data and routes go, and after 64 * T1 its sets (MGP-11).

        Until then the UE's own NOTIFY and its answer still pass; nothing else does.
        """
        self._releases.release_all(owner, Ending.DEREGISTERED, now, out)
        owner.bind_all(())
        self._fade(owner, Micros(now + SIXTY_FOUR_T1), now, out)
        out.append(Report(_notified(owner, contact, [])))
        out.append(Report(Deregistered(owner.impi, f"{BY_NETWORK}{contact.event.value}", owner.flow)))

    def _identities(self, owner: Subscriber, info: RegInfo, there: list[str]) -> None:
        """Without those that have ended; those that are new may be asserted, too (PCS-10)."""
        keys = {_key(aor) for aor in there}
        ended = {_key(one.aor) for one in info.registrations} - keys
        known = {_key(impu) for impu in owner.associated}
        new = tuple([Impu(aor) for aor in there if _key(aor) not in known])
        if not new and known.isdisjoint(ended):
            return
        bindings = []
        for binding in owner.bindings:
            kept = tuple([impu for impu in binding.associated if _key(impu) not in ended])
            if kept or new:
                bindings.append(KeptBinding(binding.impu, kept + new, binding.expires_at))
        owner.bind_all(tuple(bindings) or owner.bindings)
        self._tables.touch(owner)

    def _shorten(self, owner: Subscriber, expires_s: int, now: Micros, out: list[Action]) -> None:
        until = Micros(now + seconds(expires_s))
        if until >= owner.expires_at:
            return
        sooner = [KeptBinding(b.impu, b.associated, min(b.expires_at, until)) for b in owner.bindings]
        owner.bind_all(tuple(sooner))
        self._fade(owner, established_until(None, expires_s, now), now, out)

    def _fade(self, owner: Subscriber, until: Micros, now: Micros, out: list[Action]) -> None:
        self._tables.touch(owner)
        self._lives.shorten(owner, until, now, out)


def contacts_of(owner: Subscriber, info: RegInfo) -> list[ContactInfo]:
    """What is told of the contact of a registration."""
    contacts = [contact for one in info.registrations for contact in one.contacts]
    return [contact for contact in contacts if same_uri(contact.uri, owner.contact)]


def _without_contacts(owner: Subscriber, info: RegInfo) -> list[ContactInfo]:
    """The end of a registration that full state tells of without its contact, as Kamailio does after RTR."""
    known = {_key(impu) for impu in owner.associated}
    over = info.full and any(
        one.state is RegState.TERMINATED and not one.contacts and _key(one.aor) in known
        for one in info.registrations
    )
    return [ContactInfo("", owner.contact, active=False, event=ContactEvent.UNREGISTERED)] if over else []


def active(owner: Subscriber, watch: RegWatch) -> list[str]:
    """The identities for which the contact of a registration stands."""
    contacts = watch.contacts.items()
    return [aor for aor, known in contacts if any(same_uri(uri, owner.contact) for _, uri in known)]


def _notified(owner: Subscriber, contact: ContactInfo, there: list[str]) -> Notified:
    identities = tuple([Impu(aor) for aor in there])
    event, expires_s, after_s = contact.event.value, contact.expires_s, contact.retry_after_s
    return Notified(owner.impi, event, bool(there), identities, expires_s, after_s, owner.flow)


def _key(uri: str) -> str:
    try:
        return uri_key(uri)
    except WireError:
        return uri
