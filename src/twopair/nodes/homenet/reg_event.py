"""The S-CSCF as notifier of registrations: package ``reg`` (24.229 §5.4.2.1; RFC 3680, RFC 6665).

Full state first, then what has changed. One NOTIFY of a subscription is out at a time; what changes meanwhile
goes with the next. A NOTIFY that fails ends its subscription: the subscriber learns so at its next SUBSCRIBE.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

from twopair.base import Entropy, Impi, Micros, Refusal, seconds, token
from twopair.core.sip import ServerTransaction, TransactionLayer
from twopair.core.sip.dialog import Dialog, has_to_tag
from twopair.core.subscription import Notifying
from twopair.nodes.actions import Action
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.changes import Change, documents, standing
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.identities import asserted_identity, identity_key
from twopair.nodes.homenet.proxy import Proxy, answer_flow
from twopair.nodes.homenet.registrar import Binding, Registrar
from twopair.nodes.homenet.routes import endpoint_of, hop_of
from twopair.nodes.homenet.routing import EVENT, USER
from twopair.nodes.homenet.verdict import Denied
from twopair.wire.reginfo import CONTENT_TYPE, RegInfo
from twopair.wire.sip import NameAddr, Request, SipUri, make_request, make_response, same_uri

USUAL_S: Final = 3761
"""Interval where SUBSCRIBE names none (RFC 3680 §4.3)."""

LATER_S: Final = 120
"""Retry-After where there is no room."""

MOST_OF_ONE: Final = 32
"""Subscriptions to one user: of their UE's flows, of their P-CSCFs, of application servers."""

UNANSWERED: Final = 408
"""What stands for no answer."""

_ALLOW: Final = (("Allow-Events", EVENT),)


class Watcher(Notifying):
    """One subscription to one user.

    Args:
        impi: whose registrations it is about.
        profile: their identities, as they were known last.
        event: the value of Event, sent back in each NOTIFY.
        pending: what has changed since the last NOTIFY.
        owes_all: whether the next NOTIFY has full state.
    """

    __slots__ = ("event", "impi", "owes_all", "pending", "profile")

    def __init__(
        self, dialog: Dialog, expires_at: Micros, number: int, impi: Impi, profile: Profile, event: str
    ) -> None:
        super().__init__(dialog, expires_at, number)
        self.impi = impi
        self.profile = profile
        self.event = event
        self.pending: list[Change] = []
        self.owes_all = True


class RegEvent:
    """All subscriptions at one S-CSCF.

    Args:
        config: bounds and own URIs.
        entropy: where tags come from.
        registrar: who is registered.
        layer: the node's transactions.
        proxy: knows the flows and makes the Via.
    """

    def __init__(
        self,
        config: HomeConfig,
        entropy: Entropy,
        registrar: Registrar,
        layer: TransactionLayer,
        proxy: Proxy,
    ) -> None:
        self._config = config
        self._entropy = entropy
        self._registrar = registrar
        self._layer = layer
        self._proxy = proxy
        self._of: dict[Impi, list[Watcher]] = {}
        self._in: dict[tuple[str, str], Watcher] = {}  # by Call-ID and our tag
        self._due: list[tuple[Micros, int, Watcher]] = []
        self._number = 0
        self._contact = f"<sip:{USER}@{config.core}>"

    def __len__(self) -> int:
        """Subscriptions that stand."""
        return len(self._in)

    def watching(self, impi: Impi) -> int:
        """Subscriptions to one user."""
        return len(self._of.get(impi, ()))

    def next_deadline(self) -> Micros | None:
        """Moment at which the first may end."""
        return self._due[0][0] if self._due else None

    # what comes

    def subscribe(
        self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]
    ) -> Denied | None:
        """Take a SUBSCRIBE; what it is refused for, None where it was answered. Raises WireError."""
        if _package(request) != EVENT:
            return Denied(Refusal.BAD_EVENT, _package(request), _ALLOW)
        asked = _seconds(request.get("Expires"))
        if 0 < asked < self._config.min_expires_s:
            least = (("Min-Expires", str(self._config.min_expires_s)),)
            return Denied(Refusal.INTERVAL_TOO_BRIEF, f"{asked} s", least)
        granted = min(asked, self._config.max_expires_s)
        until = Micros(now + seconds(granted))
        if has_to_tag(request):
            known = self._in.get((request.call_id, _tag(request.get("To"))))
            if known is None or not known.dialog.holds(request):
                return Denied(Refusal.NO_SUBSCRIPTION, request.call_id)
            known.refresh(request.cseq.number, until)
            known.dialog = known.dialog.moved(request)
            self._accept(txn, known, None, granted, now, out)
            return None
        return self._begin(txn, request, granted, until, now, out)

    def _begin(
        self,
        txn: ServerTransaction,
        request: Request,
        granted_s: int,
        until: Micros,
        now: Micros,
        out: list[Action],
    ) -> Denied | None:
        target = identity_key(request.uri)
        bindings = self._registrar.of_identity(target)
        impi = self._registrar.owner(target)
        if impi is None or not bindings:
            return Denied(Refusal.USER_AWAY, request.uri)
        if not self._may(request, impi, bindings):
            return Denied(Refusal.NOT_A_WATCHER, request.get("P-Asserted-Identity") or "nobody is asserted")
        if len(self) >= self._config.max_subscriptions or self.watching(impi) >= MOST_OF_ONE:
            return Denied(Refusal.OVERLOADED, "subscriptions", (("Retry-After", str(LATER_S)),))
        tag = token(self._entropy, 8)
        dialog = Dialog.of_called(request, tag)
        for former in [one for one in self._of.get(impi, ()) if one.dialog.target == dialog.target]:
            self._drop(former)  # its subscriber has begun anew
        event = request.get("Event") or EVENT
        watcher = Watcher(dialog, until, request.cseq.number, impi, bindings[-1].profile, event)
        self._of.setdefault(impi, []).append(watcher)
        self._in[request.call_id, tag] = watcher
        self._note(watcher)
        self._accept(txn, watcher, tag, granted_s, now, out)
        return None

    def _may(self, request: Request, impi: Impi, bindings: Iterable[Binding]) -> bool:
        """Whether its sender may watch that user (24.229 §5.4.2.1.1).

        The user may, a P-CSCF in the Path of a registration, an application server that is configured.
        """
        ways = [NameAddr.parse(element).uri for one in bindings for element in one.path]
        for value in request.values("P-Asserted-Identity"):
            uri = NameAddr.parse(value).uri
            if any(same_uri(uri, watcher) for watcher in self._config.watchers):
                return True
            if any(_same_place(uri, way) for way in ways):
                return True
            who = asserted_identity(value)
            profile = self._profile_of(impi)
            if self._registrar.owner(who) == impi and profile is not None and who not in profile.barred:
                return True
        return False

    def _profile_of(self, impi: Impi) -> Profile | None:
        there = self._registrar.of(impi)
        return there[-1].profile if there else None

    def _accept(
        self,
        txn: ServerTransaction,
        watcher: Watcher,
        tag: str | None,
        granted_s: int,
        now: Micros,
        out: list[Action],
    ) -> None:
        """200, and full state with it (RFC 6665 §4.2.1.2, RFC 3680 §4.7.1); Expires 0 ends it thereby."""
        headers = [("Expires", str(granted_s)), ("Contact", self._contact)]
        response = make_response(txn.request, 200, to_tag=tag, headers=headers)
        txn.respond(response, answer_flow(txn), now, out)
        if not granted_s:
            watcher.over = "timeout"
        watcher.owes_all = True
        self._tell(watcher, now, out)

    # what has changed

    def tell(self, changes: list[Change], now: Micros, out: list[Action]) -> None:
        """Tell all who watch; what has changed of one user goes in one document."""
        told, changes[:] = list(changes), []
        for impi in dict.fromkeys(change.impi for change in told):
            ours = [change for change in told if change.impi == impi]
            there = self._registrar.of(impi)
            for watcher in list(self._of.get(impi, ())):
                watcher.profile = ours[-1].binding.profile
                watcher.pending += ours
                if not there:
                    watcher.over = "noresource"
                elif watcher.over == "noresource":
                    watcher.over = ""  # the user is back, and nobody has heard that they were gone
                self._tell(watcher, now, out)

    def answered(self, watcher: Watcher, status: int, now: Micros, out: list[Action]) -> None:
        """A final answer to a NOTIFY, 408 also where none came.

        Who has refreshed the subscription meanwhile is there, and was promised full state: the NOTIFY that is
        lost was on a way that has gone (RFC 6665 §4.2.1.2, §4.2.2).
        """
        watcher.asked = False
        if status >= 300 and not (status == UNANSWERED and watcher.owes_all):
            self._drop(watcher)
        elif self._is_there(watcher) and (watcher.over or watcher.pending or watcher.owes_all):
            self._tell(watcher, now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """End what was not refreshed (RFC 6665 §4.2.2)."""
        while self._due and self._due[0][0] <= now:
            _, _, watcher = heappop(self._due)
            if not self._is_there(watcher):
                continue
            if watcher.expires_at > now:
                self._note(watcher)
            else:
                watcher.over = "timeout"
                self._tell(watcher, now, out)

    # what goes

    def _tell(self, watcher: Watcher, now: Micros, out: list[Action]) -> None:
        """Send a NOTIFY, unless one is out."""
        if watcher.asked:
            return
        there = self._registrar.of(watcher.impi)
        full, told = watcher.owes_all, _latest(watcher.pending)
        if full:
            told = [*standing(watcher.impi, there), *(one for one in told if one.ends)]
        registrations = documents(watcher.profile, there, told, now)
        body = RegInfo(watcher.next_version(), full, registrations).to_bytes()
        watcher.pending, watcher.owes_all = [], False
        request = self._notify(watcher, body, now)
        route = request.get("Route")
        hop = hop_of(route) if route else endpoint_of(SipUri.parse(request.uri))
        if hop is None:
            self._drop(watcher)  # names are not resolved inside the home network
            return
        self._layer.start(request, self._proxy.flow_to(hop), now, out, watcher)
        if watcher.over:
            self._drop(watcher)

    def _notify(self, watcher: Watcher, body: bytes, now: Micros) -> Request:
        dialog = watcher.dialog
        return make_request(
            "NOTIFY",
            dialog.target,
            [
                ("Via", self._proxy.via()),
                ("Max-Forwards", "70"),
                *(("Route", route) for route in dialog.route),
                ("From", dialog.local),
                ("To", dialog.remote),
                ("Call-ID", dialog.call_id),
                ("CSeq", f"{watcher.next_number()} NOTIFY"),
                ("Contact", self._contact),
                ("Event", watcher.event),
                ("Subscription-State", str(watcher.state(now))),
                ("Content-Type", CONTENT_TYPE),
            ],
            body,
        )

    # the table

    def _is_there(self, watcher: Watcher) -> bool:
        return watcher in self._of.get(watcher.impi, ())

    def _drop(self, watcher: Watcher) -> None:
        there = self._of.get(watcher.impi, [])
        if watcher in there:
            there.remove(watcher)
            self._in.pop((watcher.dialog.call_id, _tag(watcher.dialog.local)), None)
        if not there:
            self._of.pop(watcher.impi, None)

    def _note(self, watcher: Watcher) -> None:
        self._number += 1
        heappush(self._due, (watcher.expires_at, self._number, watcher))


def _latest(changes: Iterable[Change]) -> list[Change]:
    """The last change of each contact."""
    return list({(one.binding.target, one.binding.flow): one for one in changes}.values())


def _tag(value: str | None) -> str:
    return NameAddr.parse(value or "").tag or ""


def _package(request: Request) -> str:
    return (request.get("Event") or "").partition(";")[0].strip().lower()


def _seconds(text: str | None) -> int:
    text = (text or "").strip()
    return min(int(text), 2**32 - 1) if text.isascii() and text.isdigit() and len(text) < 20 else USUAL_S


def _same_place(uri: str, way: str) -> bool:
    """Whether a P-CSCF asserts the URI that it has put into Path: user and host with port (24.229 §5.2.3)."""
    if uri[:4].lower() not in {"sip:", "sips"}:
        return False
    left, right = SipUri.parse(uri), SipUri.parse(way)
    return left.user == right.user and left.hostport.lower() == right.hostport.lower()
