"""How answers leave: always the way that the request allows, never in the clear to a UE with a set.

33.203 §7.1, MSG-01: over UDP from port_pc to port_us, over TCP on the request's own connection; if that
is gone, on one from port_pc to port_us (MSG-06), over the newest set where the old one is gone (RRG-09).
"""

from collections.abc import Iterable
from hashlib import blake2s
from typing import Final

from twopair.base import (
    Endpoint,
    Flow,
    Micros,
    Port,
    Refusal,
    Refused,
    Report,
    Send,
    Transport,
    WireError,
)
from twopair.core.sa import Stage
from twopair.core.secagree import ServerList, Terms, draw_spis
from twopair.core.secagree.strip import OPTION_TAG
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.access import ANY_PORT, Door
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Message, Request, Response, Via, make_response

SIP_PORT: Final = Port(5060)
"""Where a response goes if the sent-by names no port (RFC 3261 §18.2.2)."""

ASKS_AGREEMENT: Final = frozenset({421, 494})
"""Extension Required, Security Agreement Required."""

_UDP: Final = Transport.UDP
_CORE: Final = Door.CORE
_DELETED: Final = Stage.DELETED
_CURRENT: Final = frozenset({Stage.TEMPORARY, Stage.NEWLY_ESTABLISHED, Stage.IN_USE})


class Answers:
    """Sends responses, our own and those of others."""

    __slots__ = ("_tables",)

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def send(
        self, txn: ServerTransaction, live: LiveSet | None, response: Response, now: Micros, out: list[Action]
    ) -> None:
        """Answer a request; `live` is the set it came over, None for the clear or the core.

        A response for which no way is left, since all sets of the UE are gone, ends its transaction unsent.
        """
        if live is not None:
            flow = self._way(txn, live, now, out)
        elif txn.answered:
            flow = txn.answer_flow
        else:
            flow = self._way_in_clear(txn, now, out)
        if flow is not None:
            txn.respond(response, flow, now, out)
        else:
            txn.abandon(now, out)

    def refuse(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        refusal: Refusal,
        now: Micros,
        out: list[Action],
        *,
        detail: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer a request with the status of a refusal, and report it.

        421 and 494 show what is agreed to, and ask for the agreement (RFC 3329 §2.3.1; AGR-30, AGR-35).
        """
        out.append(Report(Refused(refusal, txn.flow, detail)))
        if refusal.status in ASKS_AGREEMENT:
            shown = ("Security-Server", self._list_for(live).lines[0])
            headers = [*headers, shown, ("Require", OPTION_TAG)]
        response = make_response(
            txn.request,
            refusal.status or 403,
            to_tag=tag_for(txn.request),
            headers=[*headers, ("Reason", f'SIP;cause={refusal.status or 403};text="{refusal.words}"')],
        )
        self.send(txn, live, response, now, out)

    def _list_for(self, live: LiveSet | None) -> ServerList:
        """All we support; without a set, with SPIs and ports that are good for nothing else (AGR-21)."""
        if live is not None:
            return live.server
        tables, config = self._tables, self._tables.config
        terms = Terms(*draw_spis(tables.entropy, ()), config.port_pc[0], config.port_ps)
        return ServerList.announce(terms, config.policy.priority)

    def refuse_statelessly(
        self, request: Request, flow: Flow, refusal: Refusal, out: list[Action], detail: str = ""
    ) -> None:
        """Answer a request without a transaction (UNP-01; RFC 3261 §8.2.7)."""
        out.append(Report(Refused(refusal, flow, detail)))
        response = make_response(request, refusal.status, to_tag=tag_for(request))
        out.append(Send(self.way_of(request, flow), response.to_bytes()))

    def refuse_in_clear(
        self,
        request: Request,
        flow: Flow,
        refusal: Refusal,
        octets: int,
        now: Micros,
        out: list[Action],
        *,
        detail: str = "",
        wait: Micros | None = None,
    ) -> None:
        """The same, to somebody nobody vouches for: only so many, and no answer larger than what it answers.

        Whoever writes another's address into a packet has no more sent to it than came, and in all not more
        than `Limits.register_rate` (RFC 3261 §26.1.5).

        Args:
            request: what came.
            flow: on which.
            refusal: why it goes no further.
            octets: its size.
            now: the moment.
            out: actions.
            detail: the value at fault, or the limit.
            wait: for the Retry-After of a 503.
        """
        load = self._tables.load
        if load.answers(now):
            headers = [] if wait is None else [load.retry_after(wait)]
            response = make_response(request, refusal.status, to_tag=tag_for(request), headers=headers)
            data = response.to_bytes()
            if len(data) <= octets or flow.transport is not _UDP:
                out.append(Report(Refused(refusal, flow, detail)))
                out.append(Send(self.way_of(request, flow), data))
                return
        unanswered = Refusal.FLOODED if refusal is Refusal.OVERLOADED else refusal
        out.append(Report(Refused(unanswered, flow, detail)))

    def way_of(self, request: Request, flow: Flow) -> Flow:
        """Where the transactions send what they answer by themselves: 100, 400, 481, 503."""
        if flow.transport is not _UDP:
            return flow
        live = self._tables.sets.at(flow)
        if live is None:
            return self.unprotected_way(request, flow)
        current = live.owner.current
        return current.by_udp if current is not None and request.method != "REGISTER" else live.by_udp

    def _way_in_clear(self, txn: ServerTransaction, now: Micros, out: list[Action]) -> Flow | None:
        """Back as it came; where its connection is gone, on a new one to the port of the Via.

        The address is the one that the connection came from, which had to answer to open it. It is asked for
        one connection more, as long as there is room, and never at a port that its SA sets have (RFC 3261
        §18.2.2; SA-21). None: the answer cannot be sent, and what it announces goes with reg-await-auth.
        """
        flow, tables = self.unprotected_way(txn.request, txn.flow), self._tables
        if flow.transport is _UDP or flow in tables.streams:
            return flow
        if tables.doors[flow.local] is _CORE:
            return tables.core.back(txn.request, flow, now, out)
        back = Endpoint(flow.remote.address, Port(txn.request.top_via.port or SIP_PORT))
        pcscf = flow.local.address
        if tables.sets.protects(pcscf, back, (tables.config.port_ps, *tables.config.port_pc)):
            out.append(Report(Refused(Refusal.ANSWER_TO_PROTECTED_PORT, flow, str(back))))
            return None
        lack = tables.streams.lack(back.address)
        if lack is not None:
            out.append(Report(Refused(Refusal.OVERLOADED, flow, lack.word)))
            return None
        anew = Flow(Transport.TCP, Endpoint(pcscf, ANY_PORT), back)
        tables.streams.open(anew, None, now, out)
        return anew

    @staticmethod
    def unprotected_way(request: Message, flow: Flow) -> Flow:
        """Back to the core, or in the clear to a UE (RFC 3261 §18.2.2, RFC 3581 §4; PCS-05, MSG-05)."""
        via, back = request.top_via, flow.remote
        if flow.transport is not _UDP or back.port == (via.port or SIP_PORT) or asks_rport(via):
            return flow
        return Flow(_UDP, flow.local, Endpoint(back.address, Port(via.port or SIP_PORT)))

    def _way(self, txn: ServerTransaction, live: LiveSet, now: Micros, out: list[Action]) -> Flow | None:
        """Inside the sets of one subscriber (MSG-01, MSG-06, MGP-03, FLOW-06, RRG-07..RRG-09)."""
        flow = txn.flow
        live_still = live.life.stage is not _DELETED
        current = live.owner.current
        if flow.transport is _UDP:
            own = live_still and (txn.method == "REGISTER" or current is None)
            heir = live if own else current
            return heir.by_udp if heir else None
        tables = self._tables
        anew = tables.config.response_after_rekey == "new" and live.life.stage is Stage.OLD and current
        if flow in tables.streams and not anew:
            return flow
        heir = live if live.life.stage in _CURRENT else current
        if heir is None:
            return None
        if anew:
            accepted = next((stream for stream in heir.streams if stream != heir.by_tcp), None)
            if accepted is not None:
                return accepted  # RRG-08: to the new client port, on its connection
        tables.streams.open(heir.by_tcp, heir, now, out)
        return heir.by_tcp


def asks_rport(via: Via) -> bool:
    """Whether a Via has ``rport`` (RFC 3581); parameters that cannot be read ask for nothing."""
    if "rport" not in via.tail.lower():
        return False
    try:
        return "rport" in via.params
    except WireError:
        return False


def tag_for(request: Request) -> str:
    """A To tag that is the same for every copy of a request, so that no state is needed (RFC 3261 §8.2.7)."""
    text = f"{request.get('Call-ID')}|{request.get('CSeq')}|{request.get('From')}"
    return blake2s(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
