"""Answers to what was relayed, and what becomes of it when none comes (RFC 3261 §16.7; PCS-12, PCS-14)."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from twopair.base import Micros, Refusal
from twopair.core.sip import ClientTransaction, ServerTransaction, Why
from twopair.core.sip.trust import FROM_UE
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers, tag_for
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.register.sending import retry_after_s
from twopair.nodes.pcscf.relay.calls import Calls
from twopair.nodes.pcscf.relay.headers import (
    answer_from_ue,
    clean_for_ue,
    rewrite_record_route,
)
from twopair.nodes.pcscf.relay.relayed import (
    Relay,
    SessionRelay,
    another_way,
    cancel,
    cancel_of,
    provisional,
    settled,
)
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import REASON, Edit, Request, Response, make_response

TRYING: Final = 100
UNAVAILABLE: Final = 503


@lru_cache(maxsize=64)
def anew(vias: int, routes: int) -> Edit:
    """What is said anew in answers of a UE: so many Via and, in a dialog, Record-Route lines (PCS-14)."""
    above = ("Via",) * vias + ("Record-Route",) * routes
    without = FROM_UE | {"via", "record-route"} if routes else FROM_UE | {"via"}
    return Edit(without, above, ("P-Asserted-Identity",))


UNREACHED: Final[Mapping[Why, tuple[int, int]]] = {
    Why.NO_STREAM: (480, 480),
    Why.LOST: (480, 408),
    Why.TIMER: (0, 408),
    Why.ABANDONED: (0, 408),
}
"""What the core is told of a UE that could not be reached, for an INVITE in second place (RFC 3261 §16.8).

0: nothing; it has given up already, and must not be answered 408 (RFC 4320 §4.2).
"""


class Responses:
    """Takes what comes back for relayed requests, and CANCELs of them."""

    __slots__ = ("_answers", "_calls", "_tables")

    def __init__(self, tables: Tables, answers: Answers, calls: Calls) -> None:
        self._tables = tables
        self._answers = answers
        self._calls = calls

    def take(
        self, txn: ClientTransaction, relay: Relay, response: Response, now: Micros, out: list[Action]
    ) -> None:
        """Relay a response; 100 is for one hop only, and a failure waits for other ways that are open."""
        if response.status < 200:
            if relay.txn.answered and txn is not relay.client and txn.method == "INVITE":
                self._tables.layer.start(
                    cancel_of(txn.request), txn.flow, now, out
                )  # another way answered it
                return
            provisional(relay, txn, self._tables, now, out)
        if response.status == TRYING:
            return
        if response.status == UNAVAILABLE and relay.trail is not None and txn is relay.client:
            self._tables.core.spare_for(relay.trail, retry_after_s(response), now)
            another_way(relay, Why.UNAVAILABLE, self._tables, now, out)
        if response.status >= 300 and (relay.earlier or relay.held):
            final = settled(relay, txn, response)
            if final is None:
                return
            response = final
        self._pass_on(relay, response, now, out)
        if response.status >= 200 and txn.method != "INVITE":
            txn.owner = relay.txn.owner = None  # both absorb repetitions, and have no further need of it

    def _pass_on(self, relay: Relay, response: Response, now: Micros, out: list[Action]) -> None:
        if isinstance(relay, SessionRelay):
            self._calls.answered(relay, response, now, out)
        if relay.live is None:
            self._for_core(relay, response)
        else:
            self._for_ue(relay, relay.live, response, hides=self._tables.config.hide_topology)
        gate = self._tables.gate
        if gate is None:
            self._answers.send(relay.txn, relay.live, response, now, out)
            return
        gate.response(
            relay.user,
            relay.sent,
            response,
            partial(self._answers.send, relay.txn, relay.live, response),
            now,
            out,
            from_ue=relay.live is None,
        )

    def silent(self, txn: ClientTransaction, relay: Relay, now: Micros, out: list[Action]) -> None:
        """A UE has not answered what was sent to it twice: it may have dropped the set (PCS-24)."""
        if txn is relay.client:
            another_way(relay, Why.SILENT, self._tables, now, out)

    def lost(self, txn: ClientTransaction, relay: Relay, why: Why, now: Micros, out: list[Action]) -> None:
        """No answer came this way: the next is taken, else whoever asked is told; see `UNREACHED`.

        A UE is told 504 in time, since Gm waits four times as long as the core.
        """
        server = relay.txn
        if txn is relay.client and another_way(relay, why, self._tables, now, out):
            settled(relay, txn, None)
            return
        held = settled(relay, txn, None)
        if relay.client is not None or server.answered:
            return
        self._over(relay, now, out)
        if relay.live is not None and held is None:
            self._answers.refuse(server, relay.live, Refusal.CORE_SILENT, now, out)
            return
        status = UNREACHED[why][txn.method == "INVITE"]
        if status == Refusal.USER_AWAY.status:
            status = relay.user.away.status
        if held is not None:
            self._pass_on(relay, held, now, out)
        elif status:
            response = make_response(server.request, status, to_tag=tag_for(server.request))
            self._answers.send(server, None, response, now, out)
        else:
            server.abandon(now, out)

    def _over(self, relay: Relay, now: Micros, out: list[Action]) -> None:
        if isinstance(relay, SessionRelay):
            self._calls.failed(relay, now, out)

    def nowhere(self, relay: Relay, lack: str, now: Micros, out: list[Action]) -> None:
        """No server of the core is known for it (RFC 3263 §4)."""
        self._over(relay, now, out)
        refusal = Refusal.NAME_UNRESOLVED
        self._answers.refuse(relay.txn, relay.live, refusal, now, out, detail=lack)

    def cancelled(self, relay: Relay, now: Micros, out: list[Action]) -> None:
        """It was cancelled before it could be sent (RFC 3261 §16.10)."""
        self._over(relay, now, out)
        response = make_response(relay.txn.request, 487, to_tag=tag_for(relay.txn.request))
        self._answers.send(relay.txn, relay.live, response, now, out)

    def cancel(
        self,
        cancelled: ServerTransaction,
        txn: ServerTransaction,
        request: Request,
        live: LiveSet | None,
        now: Micros,
        out: list[Action],
    ) -> None:
        """Answer a CANCEL and pass it on, at once or when the INVITE has rung (RFC 3261 §9.2, §16.10)."""
        relay = cancelled.owner
        if not isinstance(relay, Relay) or _stranger(relay, live):
            response = make_response(request, 481, to_tag=tag_for(request))
            self._answers.send(txn, live, response, now, out)
            return
        self._answers.send(txn, live, make_response(request, 200, to_tag=tag_for(request)), now, out)
        if not relay.cancelled:
            cancel(relay, self._tables, now, out)
            if relay.client is None and not relay.txn.answered:  # it has not left yet: it is held
                self.cancelled(relay, now, out)

    @staticmethod
    def _for_ue(relay: Relay, live: LiveSet, response: Response, *, hides: bool) -> None:
        response.pop_value("Via")
        clean_for_ue(response)
        if "record-route" not in response.names():
            return
        if hides:
            response.set("Record-Route", live.route)
        else:
            rewrite_record_route(response, relay.user.path, live.route)

    @staticmethod
    def _for_core(relay: Relay, response: Response) -> None:
        """Via and Record-Route as they were, whatever the UE made of them; its identity asserted (PCS-14)."""
        vias, routes = relay.vias, relay.record_route
        if response.status == UNAVAILABLE:  # it is the UE that is, not we (RFC 3261 §16.7, item 6)
            response.status, response.reason = 500, REASON[500]
        asserted = _asserted(relay, response.values("P-Preferred-Identity"))
        answer_from_ue(response, anew(len(vias), len(routes)), (*vias, *routes), (asserted,))


def _stranger(relay: Relay, live: LiveSet | None) -> bool:
    """Whether a CANCEL came from another side, or another user, than the INVITE (SA-25)."""
    if live is None or relay.live is None:
        return live is not relay.live
    return live.owner is not relay.user


def _asserted(relay: Relay, preferred: list[str]) -> str:
    """Of several preferred the first that is registered, else who was called (PCS-10, PCS-14)."""
    for wanted in (*preferred, relay.called):
        own = relay.user.identity(relay.user.uri_of(wanted))
        if own is not None:
            return f"<{own}>"
    return relay.user.asserted
