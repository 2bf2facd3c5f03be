"""What goes on once it is known which servers of the core a request may go to, or that there is none."""

from twopair.base import Micros, Refusal
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.mw.trail import Own, Trail
from twopair.nodes.pcscf.register import sending
from twopair.nodes.pcscf.register.confirm import Confirmations
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.relay.relayed import Relay, go
from twopair.nodes.pcscf.relay.responses import Responses
from twopair.nodes.pcscf.tables import Tables
from twopair.nodes.pcscf.watch.watches import Watch, Watches
from twopair.wire.sip import Request


class Continuing:
    """Goes on with a REGISTER, with what is relayed, with an ACK, and with requests of our own."""

    __slots__ = ("_confirmations", "_responses", "_tables", "_watches")

    def __init__(
        self, tables: Tables, responses: Responses, confirmations: Confirmations, watches: Watches
    ) -> None:
        self._watches = watches
        self._tables = tables
        self._responses = responses
        self._confirmations = confirmations

    def located(self, owner: object, trail: Trail | None, lack: str, now: Micros, out: list[Action]) -> None:
        """See `twopair.nodes.pcscf.mw.side.Wish`."""
        if isinstance(owner, Relay):
            self._relay(owner, trail, lack, now, out)
        elif isinstance(owner, Exchange):
            self._register(owner, trail, lack, now, out)
        elif isinstance(owner, Own):
            if trail is not None:
                self._tables.core.start(trail, owner.request, owner.owner, now, out)
            elif isinstance(owner.owner, Watch):
                self._watches.unanswered(owner.owner, now, out)
        elif isinstance(owner, Request) and trail is not None:
            self._tables.core.send(trail, owner, now, out)

    def _relay(self, relay: Relay, trail: Trail | None, lack: str, now: Micros, out: list[Action]) -> None:
        if relay.txn.answered:
            return  # it was cancelled meanwhile, or ended
        if trail is None:
            self._responses.nowhere(relay, lack, now, out)
        else:
            go(relay, trail, self._tables, now, out)

    def _register(
        self, exchange: Exchange, trail: Trail | None, lack: str, now: Micros, out: list[Action]
    ) -> None:
        if trail is not None:
            sending.go(exchange, trail, self._tables, now, out)
            return
        exchange.ways = 0
        self._tables.wait_no_more(exchange)
        self._confirmations.unanswered(exchange, now, out, Refusal.NAME_UNRESOLVED, lack)
