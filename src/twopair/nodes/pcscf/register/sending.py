"""REGISTER on its way to the core: to the first server, and to those after it (PCS-06; RFC 3263 §4.3)."""

from typing import Final

from twopair.base import Endpoint, Micros
from twopair.core.locate import Hop
from twopair.core.sip import ClientTransaction, Why
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.mw.trail import Trail
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Request, Response

UNAVAILABLE: Final = 503
_LONGEST_S: Final = 3600


def send(
    exchange: Exchange, sent: Request, hop: Hop | None, tables: Tables, now: Micros, out: list[Action]
) -> None:
    """Send a REGISTER to the next hop, or find that first."""
    tables.wait(exchange)
    exchange.ways = 1
    core = tables.core
    if isinstance(hop, Endpoint) and sent.octets <= core.large:
        tables.layer.start(sent, core.ends.udp(hop), now, out, exchange)
        return
    exchange.sent = sent
    if hop is not None:
        core.find(hop, exchange, now, out)
    elif core.located is not None:
        core.located(exchange, None, "no name", now, out)


def go(exchange: Exchange, trail: Trail, tables: Tables, now: Micros, out: list[Action]) -> None:
    """The servers are known."""
    if exchange.sent is not None and not exchange.txn.answered:
        exchange.trail = trail
        exchange.client = tables.core.start(trail, exchange.sent, exchange, now, out)


def elsewhere(exchange: Exchange, why: Why, tables: Tables, now: Micros, out: list[Action]) -> bool:
    """Send it to the next server, with a branch of its own, if there is one; what is under way goes on."""
    trail, sent = exchange.trail, exchange.sent
    if trail is None or sent is None or not tables.core.after(trail, why, now, out):
        return False
    exchange.sent = sent = sent.copy()
    exchange.ways += 1
    exchange.client = tables.core.start(trail, sent, exchange, now, out, again=True)
    return True


def answered_by_none(
    exchange: Exchange, txn: ClientTransaction, why: Why, tables: Tables, now: Micros, out: list[Action]
) -> bool:
    """One of the ways has come to its end without an answer; whether it was the last one."""
    if exchange.ways == 0:
        return False
    if exchange.client in (txn, None) and elsewhere(exchange, why, tables, now, out):
        exchange.ways -= 1
        return False
    exchange.ways -= 1
    return exchange.ways == 0


def settles(exchange: Exchange, response: Response, tables: Tables, now: Micros, out: list[Action]) -> bool:
    """Whether a final response is the answer; one of a server that is out of service asks for the next."""
    if exchange.ways == 0:
        return False
    if response.status == UNAVAILABLE and exchange.trail is not None:
        tables.core.spare_for(exchange.trail, retry_after_s(response), now)
        if elsewhere(exchange, Why.UNAVAILABLE, tables, now, out) or exchange.ways > 1:
            exchange.ways -= 1
            return False
    exchange.ways = 0
    exchange.sent = None
    return True


def retry_after_s(response: Response) -> int:
    """Retry-After in seconds, 0 where there is none that can be read (RFC 3261 §20.33)."""
    text = (response.get("Retry-After") or "").partition(";")[0].partition("(")[0].strip()
    return min(int(text), _LONGEST_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0
