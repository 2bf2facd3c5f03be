"""The P-CSCF as subscriber to registrations: package ``reg`` (24.229 §5.2.3; RFC 3680; PCS-16, MGP-11).

One subscription for each IMPI that is registered here, for all its flows; none where the operator wants none.
A restart keeps none of them: those of before end with the first NOTIFY that nobody here knows (ADR 32).
"""

from collections.abc import Iterable
from typing import Final

from twopair.base import Impi, Micros, Refusal, Refused, Report, WireError, seconds, token
from twopair.core.registration.reg_state import Applied, RegWatch
from twopair.core.sip import ServerTransaction
from twopair.core.subscription import Phase, Subscription
from twopair.core.subscription.subscriber import NEVER
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.agenda import Errand
from twopair.nodes.pcscf.gm.answers import Answers, tag_for
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.mw.trail import Own
from twopair.nodes.pcscf.register.binding import hop_or, next_hop
from twopair.nodes.pcscf.relay.release import Releases
from twopair.nodes.pcscf.tables import Tables
from twopair.nodes.pcscf.watch.told import LATE, Told
from twopair.wire.reginfo import CONTENT_TYPE, ContactInfo, RegInfo
from twopair.wire.sip import Request, Response, make_request, make_response

LONGER_S: Final = 1200
"""By how much a subscription is to outlive the registration."""

LINGERS: Final = seconds(32)
"""How long the S-CSCF has to end a subscription whose user has gone; it usually does so by itself."""

FRESH: Final = LATE
"""How long after a registration was made or renewed a NOTIFY that ends or shortens it may be a late one."""

SPREAD_S: Final = 60
"""Over how long subscriptions are made anew after a restart."""

GONE: Final = frozenset({403, 404, 480})
"""Answers to SUBSCRIBE of an S-CSCF that has no registration of the user."""


class Watch:
    """One subscription, and what it has told.

    Args:
        impi: whose registrations.
        subscription: to them.

    Attributes:
        known: what it has told.
        renewed: moment at which one of the registrations was made or renewed last.
        expires_at: when the longest of them ends.
        heard: moment of the last NOTIFY.
        silent_until: when word of a renewal must have come, which is always told (RFC 3680 §3.4).
        noted: moment at which it will be looked at.
        doubt: an end, or a sooner one, told of a registration just renewed, until the S-CSCF is asked again.
        leaving: whether it is no longer wanted.
    """

    __slots__ = (
        "doubt",
        "expires_at",
        "heard",
        "impi",
        "known",
        "leaving",
        "noted",
        "renewed",
        "silent_until",
        "subscription",
    )

    def __init__(self, impi: Impi, subscription: Subscription) -> None:
        self.impi = impi
        self.subscription = subscription
        self.known = RegWatch()
        self.renewed = Micros(0)
        self.expires_at = Micros(0)
        self.heard = Micros(0)
        self.silent_until = NEVER
        self.noted = NEVER
        self.doubt: ContactInfo | None = None
        self.leaving = False


class Watches:
    """All subscriptions of one P-CSCF."""

    __slots__ = ("_answers", "_by_call", "_by_impi", "_tables", "_told", "_when_due")

    def __init__(self, tables: Tables, answers: Answers, lives: Lives, releases: Releases) -> None:
        self._tables = tables
        self._answers = answers
        self._told = Told(tables, lives, releases)
        self._by_impi: dict[Impi, Watch] = {}
        self._by_call: dict[str, Watch] = {}
        self._when_due: Errand = self._due

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_impi)

    @property
    def wanted(self) -> bool:
        """Whether changes of registrations matter to it."""
        return self._tables.config.reg_event or len(self._by_impi) > 0

    # registrations that begin and end

    def look(self, touched: Iterable[Subscriber], now: Micros, out: list[Action]) -> None:
        """Something has changed: subscribe to who is new, give up who has gone (24.229 §5.2.3)."""
        for impi in dict.fromkeys([subscriber.impi for subscriber in touched]):
            expires_at, watch = self._expires_at(impi), self._by_impi.get(impi)
            if not expires_at:
                if watch is not None and not watch.leaving:
                    watch.leaving = True
                    self._note(watch, Micros(now + LINGERS))
            elif watch is None:
                if self._tables.config.reg_event:
                    self._begin(impi, expires_at, now, now)
            else:
                watch.leaving = False
                if expires_at > watch.expires_at:
                    watch.renewed, watch.silent_until = now, Micros(now + FRESH)
                    self._note(watch, watch.silent_until)
                watch.expires_at = expires_at
                lasts = watch.subscription.expires_at
                if watch.subscription.phase is Phase.NONE or lasts < expires_at:
                    watch.subscription.hurry(now)
                    self._note(watch, now)

    def resume(self, now: Micros) -> None:
        """After a restart: subscribe anew to all who are registered, one after the other (ADR 32)."""
        if self._tables.config.reg_event:
            for impi in dict.fromkeys([one.impi for one in self._tables.subscribers if one.bindings]):
                later = self._tables.entropy.below(SPREAD_S * 1000) * 1000
                self._begin(impi, self._expires_at(impi), now, Micros(now + later))

    def _begin(self, impi: Impi, expires_at: Micros, now: Micros, when: Micros) -> None:
        entropy = self._tables.entropy
        watch = Watch(impi, Subscription(token(entropy, 16), token(entropy, 6)))
        watch.renewed, watch.expires_at = now, expires_at
        watch.subscription.hurry(when)
        self._by_impi[impi] = self._by_call[watch.subscription.call_id] = watch
        self._note(watch, when)

    def _expires_at(self, impi: Impi) -> Micros:
        """When the last registration of an IMPI ends, emergency apart; 0 where there is none."""
        ends = [one.expires_at for one in self._tables.subscribers.all_of(impi) if not one.flow.sos]
        return max(ends, default=Micros(0))

    # SUBSCRIBE

    def _note(self, watch: Watch, when: Micros) -> None:
        if when < watch.noted and self._by_impi.get(watch.impi) is watch:
            watch.noted = when
            self._tables.agenda.note(when, self._when_due, watch.impi)

    def _due(self, impi: Impi, now: Micros, out: list[Action]) -> None:
        """Do what is due with a subscription."""
        watch = self._by_impi.get(impi)
        if watch is None or watch.noted > now:
            return
        watch.noted = NEVER
        subscription = watch.subscription
        if not self._tables.config.reg_event:
            watch.leaving = True
        if watch.leaving:
            self._leave(watch, now, out)
            return
        if watch.silent_until <= now:
            watch.silent_until = NEVER
            if watch.heard < watch.renewed:  # it may be lost at the S-CSCF, or given up for a lost NOTIFY
                subscription.hurry(now)
        subscription.expired(now)
        if subscription.due_at <= now:
            if subscription.phase in {Phase.NONE, Phase.STANDS}:
                left_s = max(0, watch.expires_at - now) // seconds(1)
                self._ask(watch, left_s + LONGER_S, now, out)
            else:
                subscription.plan(NEVER)  # the answer to the one that is out says when the next is due
        self._note(watch, min(subscription.next_deadline(), watch.silent_until))

    def _leave(self, watch: Watch, now: Micros, out: list[Action]) -> None:
        """Unsubscribe, unless the S-CSCF has ended it; after the answer to a SUBSCRIBE that is out."""
        phase = watch.subscription.phase
        if phase in {Phase.ASKED, Phase.REFRESHED}:
            self._note(watch, Micros(now + LINGERS))
            return
        if phase is Phase.STANDS:
            self._ask(watch, 0, now, out)
        self._forget(watch)

    def _ask(self, watch: Watch, expires_s: int, now: Micros, out: list[Action]) -> None:
        tables, subscription = self._tables, watch.subscription
        owner = next((one for one in tables.subscribers.all_of(watch.impi) if one.bindings), None)
        if subscription.phase is Phase.NONE:
            if owner is None:
                self._forget(watch)
                return
            watch.known.begin()
        number, dialog = subscription.ask(), subscription.dialog
        if dialog is not None:
            to, sender, uri, routes = dialog.remote, dialog.local, dialog.target, list(dialog.route)
        else:
            assert owner is not None, "there is no dialog before somebody is registered"
            uri, routes = owner.associated[0], []
            to, sender = f"<{uri}>", f"{owner.path};tag={subscription.tag}"
        asserted = owner.path if owner is not None else sender.partition(";tag=")[0]
        request = make_request(
            "SUBSCRIBE",
            uri,
            [
                ("Via", tables.core_via()),
                ("Max-Forwards", "70"),
                *[("Route", route) for route in routes],
                ("From", sender),
                ("To", to),
                ("Call-ID", subscription.call_id),
                ("CSeq", f"{number} SUBSCRIBE"),
                ("Contact", f"<sip:reg-event@{tables.config.core}>"),
                ("Event", "reg"),
                ("Expires", str(expires_s)),
                ("Accept", CONTENT_TYPE),
                ("P-Asserted-Identity", asserted),
                ("P-Charging-Vector", tables.charging()),
            ],
        )
        registrar = tables.config.registrar
        hop = next_hop(routes[0], registrar) if routes else registrar
        if dialog is not None and not routes:
            hop = hop_or(uri, registrar)
        if hop is None:
            hop = hop_or(uri, None)
        if hop is None:
            self.unanswered(watch, now, out)
        else:
            tables.core.find(hop, Own(request, watch), now, out)

    def answered(self, watch: Watch, response: Response, now: Micros, out: list[Action]) -> None:
        """A final answer to SUBSCRIBE."""
        subscription = watch.subscription
        if response.status < 300:
            try:
                subscription.accepted(response, now)
            except WireError:
                subscription.refused(500, None, now)
        else:
            subscription.refused(response.status, _seconds(response.get("Retry-After")), now)
            if watch.doubt is not None and not watch.doubt.active and response.status in GONE:
                self._settle(watch, now, out)
        self._note(watch, subscription.next_deadline())

    def unanswered(self, watch: Watch, now: Micros, out: list[Action]) -> None:
        """No answer came."""
        watch.subscription.refused(408, None, now)
        self._note(watch, watch.subscription.next_deadline())

    def _forget(self, watch: Watch) -> None:
        self._by_impi.pop(watch.impi, None)
        self._by_call.pop(watch.subscription.call_id, None)

    # NOTIFY

    def take(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> bool:
        """Answer a NOTIFY, and do what it says; False for one that is not ours to answer."""
        if not self._by_call or request.get("Route") is not None:
            return False  # on its way to a UE
        watch = self._by_call.get(request.call_id)
        status, info = 481, None
        try:
            if watch is not None and watch.subscription.holds(request):
                info = RegInfo.parse(request.body) if request.body else None
                status = 200 if watch.subscription.notified(request, now) is not None else 500
        except WireError as error:
            status, info = 400, None
            out.append(Report(Refused(Refusal.BAD_REQUEST, txn.flow, error.what)))
        self._answers.send(txn, None, make_response(request, status, to_tag=tag_for(request)), now, out)
        if watch is not None and status == 200:
            watch.heard = now
            if info is not None:
                self._heed(watch, info, now, out)
            self._note(watch, watch.subscription.next_deadline())
        return True

    def _heed(self, watch: Watch, info: RegInfo, now: Micros, out: list[Action]) -> None:
        applied = watch.known.apply(info)
        if applied is Applied.GAP:
            watch.subscription.hurry(now)
        if applied is not Applied.NEWS:
            return
        doubt, watch.doubt = watch.doubt, None
        late = now < watch.renewed + FRESH and not info.full  # it may be told of what was there before
        asked = info.full and doubt is not None and doubt.active
        for owner in self._tables.subscribers.all_of(watch.impi):
            if not owner.bindings or owner.flow.sos:
                continue
            changed = self._told.end_of(owner, watch.known, info)
            if changed is None:
                self._told.apply(owner, watch.known, info)
                changed = self._told.sooner(owner, info, now, asked=asked)
            if changed is None:
                continue
            if late:
                watch.doubt = changed
                watch.subscription.hurry(now)
            elif changed.active:
                self._told.shorten(owner, watch.known, changed, now, out)
            else:
                self._told.dismiss(owner, changed, now, out)
        watch.expires_at = self._expires_at(watch.impi)

    def _settle(self, watch: Watch, now: Micros, out: list[Action]) -> None:
        """The S-CSCF knows nobody of that name: the end that was told of is one."""
        end, watch.doubt = watch.doubt, None
        assert end is not None, "asked by answered()"
        for owner in self._tables.subscribers.all_of(watch.impi):
            if owner.bindings and not owner.flow.sos:
                self._told.dismiss(owner, end, now, out)


def _seconds(text: str | None) -> int | None:
    digits = (text or "").partition(";")[0].partition("(")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
