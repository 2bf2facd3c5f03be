"""The UE as subscriber to its own registration: package ``reg`` (24.229 §5.1.1.3, §5.1.1.5A, §5.1.1.7).

UEP-07, MGU-13, MGU-14. Each initial registration has a subscription of its own, re-registrations keep it.
"""

from collections.abc import Callable
from typing import Final

from twopair.base import SECOND, Flow, Impu, Micros, Refusal, Refused, Report, WireError, seconds, token
from twopair.core.registration.reg_state import Applied, RegWatch
from twopair.core.registration.ue import Purpose
from twopair.core.sip import ServerTransaction, Trouble
from twopair.core.subscription import Phase, Subscription
from twopair.nodes.actions import Action
from twopair.nodes.facts import BY_NETWORK, Notified
from twopair.nodes.ue import requests
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.gm import Asker
from twopair.nodes.ue.probe import NOT_REGISTERED, Probe
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.ue.registration import Registration, delta_seconds
from twopair.nodes.ue.sets import LiveSet
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo
from twopair.wire.sip import Request, Response, make_response, same_uri, uri_key

PROBATION_S: Final = 30
"""How long to wait where the network names no time (RFC 3680 §3.4)."""

SILENCE: Final = seconds(32)
"""How long after a re-registration no word of it may come: then the notifier is asked whether it is there.

It may have given the subscription up for a NOTIFY that was lost, or have lost it (RFC 6665 §4.2.2).
"""

_WORST: Final = (
    ContactEvent.REJECTED,
    ContactEvent.PROBATION,
    ContactEvent.DEACTIVATED,
    ContactEvent.EXPIRED,
    ContactEvent.UNREGISTERED,
)
"""What counts where a document tells of several ends, the first first."""

Then = Callable[["RegEvent", ContactInfo, Micros, list[Action]], None]


class RegEvent(Asker):
    """What the network says of this registration.

    Args:
        registrar: whose registration it is.
        probe: asks whether the P-CSCF has a registration.
    """

    def __init__(self, registrar: Registrar, probe: Probe) -> None:
        self._registrar = registrar
        self._probe = probe
        self._subscription: Subscription | None = None
        self._watch = RegWatch()
        self._lineage = registrar.lineage
        self._made_by = 0
        self._silent_until = FOREVER
        self._parting: list[LiveSet] = []
        self._until = FOREVER

    # -- asking ----------------------------------------------------------------------------------

    def check(self, now: Micros, out: list[Action]) -> None:
        """Do what is due: subscribe to a new registration, refresh, remove sets that were dismissed."""
        if self._until <= now:
            self._part(out)
        registrar = self._registrar
        if not registrar.gm.config.reg_event:
            return
        if registrar.lineage != self._lineage:  # what was known before is of another registration
            self._lineage = registrar.lineage
            self._subscription, self._silent_until = None, FOREVER
        if registrar.registration is None:
            self._silent_until = FOREVER
            return
        if self._subscription is None:
            self._subscription = Subscription(token(registrar.gm.entropy, 16), token(registrar.gm.entropy))
            self._subscription.hurry(now)
            self._watch.begin()
            self._made_by = registrar.registration.made_by
        subscription = self._subscription
        if registrar.registration.made_by != self._made_by:  # renewed, which is always told (RFC 3680 §3.4)
            self._made_by = registrar.registration.made_by
            self._silent_until = Micros(now + SILENCE)
        if self._silent_until <= now:
            self._silent_until = FOREVER
            subscription.hurry(now)
        subscription.expired(now)
        if subscription.due_at <= now:
            self._ask(subscription, now, out)

    def _ask(self, subscription: Subscription, now: Micros, out: list[Action]) -> None:
        gm, registration = self._registrar.gm, self._registrar.registration
        live = gm.sets.in_use
        assert registration is not None, "asked for one that stands"
        if live is None or subscription.phase in {Phase.ASKED, Phase.REFRESHED}:
            subscription.plan(FOREVER)
            return
        if subscription.phase is Phase.NONE:
            self._watch.begin()
        own = gm.profile.impu
        to = own if own in registration.associated else registration.associated[0]  # barred (UEP-02)
        request = requests.subscribe(gm, registration, live, to, subscription)
        gm.ask(request, gm.fit(request, live, None), self, now, out)

    def answered(self, response: Response, _flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final answer to SUBSCRIBE; one to that of an earlier registration is no news."""
        subscription = self._subscription
        if subscription is None or response.call_id != subscription.call_id:
            return
        if response.status >= 300:
            after = response.get("Retry-After")
            subscription.refused(response.status, delta_seconds(after, 0) if after else None, now)
            if response.status == NOT_REGISTERED:  # it may be over, and its word have gone to one before it
                self._probe.start(now, out)
            return
        try:
            subscription.accepted(response, now)
        except WireError:
            subscription.refused(500, None, now)

    def unanswered(self, _trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """None came."""
        if self._subscription is not None:
            self._subscription.refused(408, None, now)

    def next_deadline(self) -> Micros:
        """When there is something to do, `FOREVER` for never."""
        due = FOREVER if self._subscription is None else self._subscription.next_deadline()
        return min(self._until, self._silent_until, due)

    # -- being told ------------------------------------------------------------------------------

    def serves(self, request: Request) -> bool:
        """Whether it answers a request: every NOTIFY, where registration events are wanted."""
        return request.method == "NOTIFY" and self._registrar.gm.config.reg_event

    def take(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> None:
        """Answer a NOTIFY, and then do what it says."""
        gm, subscription = self._registrar.gm, self._subscription
        status, info = 481, None
        try:
            if subscription is not None and subscription.holds(request):
                info = RegInfo.parse(request.body) if request.body else None
                status = 200 if subscription.notified(request, now) is not None else 500
        except WireError as error:
            status, info = 400, None
            out.append(Report(Refused(Refusal.BAD_REQUEST, txn.flow, error.what)))
        gm.respond(txn, make_response(request, status, to_tag=token(gm.entropy)), now, out)
        if status == 200 and subscription is not None and subscription.phase is not Phase.NONE:
            self._silent_until = (
                FOREVER  # else what stands is asked about in time: it may be over with another
            )
        if status == 200 and info is not None and subscription is not None:
            applied = self._watch.apply(info)
            if applied is Applied.GAP:
                subscription.hurry(now)
            elif applied is Applied.NEWS:
                self._heed(info, now, out)

    def _heed(self, info: RegInfo, now: Micros, out: list[Action]) -> None:
        """What is told of our own contact."""
        registrar = self._registrar
        standing = registrar.registration
        told = [
            contact for one in info.registrations for contact in one.contacts if self._is_ours(contact.uri)
        ]
        if standing is None or not told:
            return
        there = self._watch.contacts.items()
        active = [aor for aor, contacts in there if any(self._is_ours(uri) for _, uri in contacts)]
        ended = [contact for contact in told if not contact.active and _is_of(contact, standing)]
        worst = min(ended, key=lambda contact: _WORST.index(contact.event), default=None)
        contact = worst if worst is not None and not active else told[0]
        registrar.associate(_identities(standing.associated, info, active))
        out.append(
            Report(
                Notified(
                    registrar.gm.profile.impi,
                    contact.event.value,
                    bool(active),
                    tuple(map(Impu, active)),
                    contact.expires_s,
                    contact.retry_after_s,
                    registrar.gm.sets.flow,
                )
            )
        )
        if not active and worst is not None:
            if not registrar.leaving:  # else the answer to our own REGISTER says the same
                self._dismissed(worst, now, out)
        elif contact.event is ContactEvent.SHORTENED and contact.expires_s is not None:
            registrar.shorten(contact.expires_s, now)

    def _is_ours(self, uri: str) -> bool:
        return same_uri(uri, self._registrar.gm.profile.uri)

    # -- being dismissed -------------------------------------------------------------------------

    def _dismissed(self, contact: ContactInfo, now: Micros, out: list[Action]) -> None:
        """All is de-registered: the sets go when NOTIFY is answered for good (24.229 §5.1.1.7)."""
        registrar = self._registrar
        registrar.dismissed(f"{BY_NETWORK}{contact.event.value}", out)
        self._parting = list(registrar.gm.sets)
        self._until = Micros(now + 64 * registrar.gm.config.timers.t1)
        THEN[contact.event](self, contact, now, out)

    def stay_off(self, _contact: ContactInfo, _now: Micros, _out: list[Action]) -> None:
        """Only its user can register it again."""

    def register_anew(self, _contact: ContactInfo, now: Micros, out: list[Action]) -> None:
        """An initial registration, in the clear; the sets carry what is under way until it stands."""
        self._registrar.wish(Purpose.REGISTER, now, out)

    def register_later(self, contact: ContactInfo, now: Micros, _out: list[Action]) -> None:
        """The same, after Retry-After."""
        after = PROBATION_S if contact.retry_after_s is None else contact.retry_after_s
        self._registrar.put_off(Micros(now + after * SECOND))

    def _part(self, out: list[Action]) -> None:
        parting, self._parting, self._until = self._parting, [], FOREVER
        sets = self._registrar.gm.sets
        there = [live for live in parting if sets.get(live.sa_set.set_id) is live]
        self._registrar.forget(there, "de-registered by the network", out)


THEN: Final[dict[ContactEvent, Then]] = {
    ContactEvent.REJECTED: RegEvent.stay_off,
    ContactEvent.UNREGISTERED: RegEvent.stay_off,
    ContactEvent.DEACTIVATED: RegEvent.register_anew,
    ContactEvent.EXPIRED: RegEvent.register_anew,
    ContactEvent.PROBATION: RegEvent.register_later,
}
"""What follows the end of the registration, by its event (24.229 §5.1.1.7; RFC 3680 §3.4)."""


def _is_of(contact: ContactInfo, standing: Registration) -> bool:
    """Whether it is told of this registration, and not of one before it that a late NOTIFY is about."""
    if not contact.call_id or contact.cseq is None:
        return True
    return contact.call_id == standing.call_id and contact.cseq >= standing.made_by


def _identities(known: tuple[Impu, ...], info: RegInfo, active: list[str]) -> tuple[Impu, ...]:
    """The identities that may be used: without those that have ended, with those that are new at the end."""
    keys = {_key(aor) for aor in active}
    ended = {_key(one.aor) for one in info.registrations} - keys
    kept = tuple(impu for impu in known if _key(impu) not in ended)
    there = {_key(impu) for impu in kept}
    return (*kept, *(Impu(aor) for aor in active if _key(aor) not in there))


def _key(uri: str) -> str:
    try:
        return uri_key(uri)
    except WireError:
        return uri
