"""One request between its two transactions: what a stateful proxy must remember (RFC 3261 §16; PCS-22)."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from twopair.base import Endpoint, Flow, Micros, Port, Report, Transport, seconds
from twopair.core.locate import Place
from twopair.core.registration.pcscf_sets import SIXTY_FOUR_T1
from twopair.core.sip import ClientTransaction, ServerTransaction, Why
from twopair.nodes.actions import Action
from twopair.nodes.facts import Rerouted
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.media.gate import Onward
from twopair.nodes.pcscf.mw.trail import Trail
from twopair.nodes.pcscf.relay.session import Session
from twopair.nodes.pcscf.relay.ways import OTHER_WAY, Way, onward
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Request, Response, make_request

TIMER_C: Final = seconds(200)
"""How long an INVITE may ring without a word; more than three minutes (RFC 3261 §16.6)."""

LOOP: Final = 482

_NOT_YET: Final = Flow(Transport.UDP, Endpoint("", Port(0)), Endpoint("", Port(0)))
"""Of a request whose server is not known."""


class Relay:
    """A request that was forwarded and awaits its answer.

    Args:
        txn: the server transaction.
        live: the SA set it came over, None from the core.
        user: the subscriber at the UE's end.
        sent: the request as it was forwarded; its CANCEL is made from it (RFC 3261 §9.1).
        flow: where it went, or a place towards the core that must be looked up first.
        way: that towards the UE, None towards the core.
        called: identity that was called, as the core says, or nothing (PCS-14).
        vias: the Via lines of the request, to be found again in its answers (PCS-14).
        record_route: Record-Route as the core is to see it in answers; empty where none was added (PCS-12).

    Attributes:
        client: the client transaction; where a request went several ways, the one that rang, else the latest.
        earlier: other client transactions that have no final response yet.
        held: a failure that is not passed on while another way is open.
        patience: moment at which an INVITE has rung long enough: timer C.
        rung: whether any provisional response has come; a CANCEL waits for it.
        cancelled: whether a CANCEL is waiting, or has left.
        place: that place, None where there was none.
        trail: the servers of the core it may go to; None: there is one, or they are not known yet.
    """

    __slots__ = (
        "called",
        "cancelled",
        "client",
        "earlier",
        "flow",
        "held",
        "live",
        "patience",
        "place",
        "record_route",
        "rung",
        "sent",
        "trail",
        "txn",
        "user",
        "vias",
        "way",
    )

    def __init__(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        user: Subscriber,
        sent: Request,
        flow: Flow | Place,
        way: Way | None = None,
        called: str = "",
        vias: Sequence[str] = (),
        record_route: Sequence[str] = (),
    ) -> None:
        self.txn = txn
        self.live = live
        self.user = user
        self.sent = sent
        self.place: Place | None = None
        if isinstance(flow, Place):
            self.place, flow = flow, _NOT_YET
        self.flow: Flow = flow
        self.trail: Trail | None = None
        self.way = way
        self.called = called
        self.vias = vias
        self.record_route = record_route
        self.client: ClientTransaction | None = None
        self.earlier: tuple[ClientTransaction, ...] = ()
        self.held: Response | None = None
        self.patience = Micros(0)
        self.rung = False
        self.cancelled = False


class SessionRelay(Relay):
    """An INVITE, or an UPDATE within a session, on its way (ADR 31).

    Attributes:
        begins: whether it is to begin a session: it has no tag in To.
        sessions: those it has begun, one for each dialog (RFC 3261 §13.2.2.4); or the one that it refreshes.
    """

    __slots__ = ("begins", "sessions")

    def __init__(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        user: Subscriber,
        sent: Request,
        flow: Flow | Place,
        way: Way | None = None,
        called: str = "",
        vias: Sequence[str] = (),
        record_route: Sequence[str] = (),
    ) -> None:
        super().__init__(txn, live, user, sent, flow, way, called, vias, record_route)
        self.begins = False
        self.sessions: tuple[Session, ...] = ()


def forward(relay: Relay, tables: Tables, now: Micros, out: list[Action]) -> None:
    """Send the request on; an INVITE may ring for as long as timer C allows (RFC 3261 §16.6, item 11)."""
    relay.txn.owner = relay
    gate = tables.gate
    if gate is None:
        _send(relay, tables, now, out)
        return
    live = relay.live
    address = relay.flow.remote.address if live is None else live.us.address
    onward = partial(_send, relay, tables)
    gate.request(relay.user, address, relay.sent, relay.txn, onward, now, out, from_ue=live is not None)


def _send(relay: Relay, tables: Tables, now: Micros, out: list[Action]) -> None:
    """Send it, unless it was answered while it was held."""
    if relay.txn.answered:
        return
    core = tables.core
    if relay.way is not None or (relay.place is None and relay.sent.octets <= core.large):
        relay.client = tables.layer.start(relay.sent, relay.flow, now, out, relay)
    else:
        core.find(relay.place or relay.flow.remote, relay, now, out)
    if relay.sent.method == "INVITE":
        relay.patience = Micros(now + TIMER_C)
        tables.agenda.note(relay.patience, _ringing, (relay, tables))


def go(relay: Relay, trail: Trail, tables: Tables, now: Micros, out: list[Action]) -> None:
    """The servers of the core are known: send it to the first."""
    relay.trail = trail
    relay.client = tables.core.start(trail, relay.sent, relay, now, out)
    relay.flow = relay.client.flow


def another_server(relay: Relay, why: Why, tables: Tables, now: Micros, out: list[Action]) -> bool:
    """Send the request to the next server of the core, in a transaction of its own (RFC 3263 §4.3)."""
    trail = relay.trail
    if trail is None or relay.cancelled or relay.txn.answered:
        return False
    if (relay.rung and why is not Why.UNAVAILABLE) or not tables.core.after(trail, why, now, out):
        return False
    relay.sent = relay.sent.copy()
    if relay.client is not None:
        relay.earlier += (relay.client,)
    relay.client = tables.core.start(trail, relay.sent, relay, now, out, again=True)
    relay.flow = relay.client.flow
    return True


def ack(
    sent: Request,
    onward: Onward,
    user: Subscriber,
    address: str,
    tables: Tables,
    now: Micros,
    out: list[Action],
    *,
    from_ue: bool,
) -> None:
    """Send the ACK to a 2xx on: the answer may be in it (RFC 3261 §13.2.2.4)."""
    if tables.gate is None:
        onward(now, out)
    else:
        tables.gate.request(user, address, sent, None, onward, now, out, from_ue=from_ue)


def another_way(relay: Relay, why: Why, tables: Tables, now: Micros, out: list[Action]) -> bool:
    """Send the request another way, in a transaction of its own, if there is one (PCS-24, PCS-26).

    The UE has nothing of a request that rings, and is to get nothing of one that is cancelled.
    """
    way = relay.way
    if relay.live is not None:
        return another_server(relay, why, tables, now, out)
    if way is None or relay.rung or relay.cancelled or relay.txn.answered:
        return False
    if why is Why.SILENT and relay.txn.request.get("Max-Breadth") == OTHER_WAY:
        return False  # the first is open still: two branches would be more than it may have
    way = onward(way, why, relay.user, relay.sent.octets, now)
    if way is None:
        return False
    live, flow = way.live, way.flow
    if flow.transport is Transport.TCP:
        tables.streams.open(flow, live, now, out)
    relay.sent = sent = relay.sent.copy()
    if why is Why.SILENT:
        sent.set("Max-Breadth", OTHER_WAY)
    sent.pop_value("Via")
    sent.push("Via", f"SIP/2.0/{flow.transport.value} {live.via}{tables.branch_end()}")
    relay.way, relay.flow = way, flow
    out.append(Report(Rerouted(relay.user.impi, live.life.set_id, flow.transport, why)))
    if relay.client is not None:
        relay.earlier += (relay.client,)
    relay.client = tables.layer.start(sent, flow, now, out, relay)
    return True


def settled(relay: Relay, txn: ClientTransaction, response: Response | None) -> Response | None:
    """One of the ways has come to its end; what to pass on, None while another is open (RFC 3261 §16.7).

    A UE that has the request twice answers one copy with 482 (RFC 3261 §8.2.2.2); that is no answer.

    Args:
        relay: the request.
        txn: the way.
        response: a failure, None where nothing came.
    """
    ways = [way for way in (*relay.earlier, relay.client) if way is not None and way is not txn]
    relay.earlier = tuple(ways[:-1])
    relay.client = ways[-1] if ways else None
    held = relay.held
    if response is not None and (held is None or held.status == LOOP):
        relay.held = held = response
    return None if ways else held


def provisional(relay: Relay, txn: ClientTransaction, tables: Tables, now: Micros, out: list[Action]) -> None:
    """It rings; what was cancelled before is cancelled now, else timer C starts anew (RFC 3261 §16.7)."""
    if txn is not relay.client and relay.client is not None:  # the way that led to the UE
        relay.earlier = (*(way for way in relay.earlier if way is not txn), relay.client)
        relay.client, relay.sent, relay.flow = txn, txn.request, txn.flow
    first, relay.rung = not relay.rung, True
    if not relay.cancelled:
        relay.patience = Micros(now + TIMER_C)
    elif first:
        cancel(relay, tables, now, out)


def cancel(relay: Relay, tables: Tables, now: Micros, out: list[Action]) -> None:
    """Cancel it at once, or when a provisional response allows it (RFC 3261 §9.1)."""
    relay.cancelled = True
    if not relay.rung or relay.client is None or not relay.client.open:
        return
    flow = relay.flow
    if flow.transport is Transport.UDP or tables.reach(flow, now, out):
        tables.layer.start(cancel_of(relay.sent), relay.flow, now, out)


def _ringing(subject: tuple[Relay, Tables], now: Micros, out: list[Action]) -> None:
    """Timer C: cancel, and if 64 * T1 later that has had no effect, give up (RFC 3261 §9.1, §16.8).

    Who asked may have been answered before, as the session was ended, and the CANCEL of then have had none.
    """
    relay, tables = subject
    if relay.client is None or (relay.txn.answered and not relay.client.open):
        return
    if relay.patience <= now:
        if relay.cancelled:
            relay.client.abandon(now, out)
            return
        cancel(relay, tables, now, out)
        relay.patience = Micros(now + SIXTY_FOUR_T1)
    tables.agenda.note(relay.patience, _ringing, (relay, tables))


def cancel_of(sent: Request) -> Request:
    """The CANCEL of a request that was forwarded: same hop, same branch (RFC 3261 §9.1)."""
    headers = [
        ("Via", str(sent.top_via)),
        ("Max-Forwards", "70"),
        ("From", sent.get("From") or ""),
        ("To", sent.get("To") or ""),
        ("Call-ID", sent.call_id),
        ("CSeq", f"{sent.cseq.number} CANCEL"),
        *(("Route", route) for route in sent.get_all("Route")),
    ]
    return make_request("CANCEL", sent.uri, headers)
