"""What comes in is let in here, or answered and dropped before any transaction begins (33.203 §7.1)."""

import re
from typing import Final

from twopair.base import Endpoint, Flow, Limit, Micros, Refusal, Refused, Report, Transport, WireError
from twopair.core.registration.pcscf_checks import first_refusal
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.access import Arrival, Door, Kind, kind_of
from twopair.nodes.pcscf.gm.answers import Answers, asks_rport
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Message, Request, UnfitRequest, Via, parse

_UDP: Final = Transport.UDP
_CORE: Final = Door.CORE
_CLEAR: Final = Door.CLEAR

_BRANCH: Final = r"branch=[\w.!%*+`'~-]++"
_FRESH: Final = re.compile(rf"({_BRANCH};)rport|rport(;{_BRANCH})", re.ASCII)
"""Parameters of a Via as nearly every UE writes them."""


class Admission:
    """Reads messages, and hands those that access lets in to the transactions."""

    __slots__ = ("_answers", "_tables")

    def __init__(self, tables: Tables, answers: Answers) -> None:
        self._tables = tables
        self._answers = answers

    def take(self, data: bytes, flow: Flow, now: Micros, out: list[Action]) -> None:
        """One message, as it came: a datagram, or cut from a stream."""
        tables = self._tables
        door = tables.doors.get(flow.local)
        try:
            if door is _CLEAR and len(data) > tables.config.limits.clear_message_octets:
                # larger than a REGISTER has to be; streams in the clear are cut to that size
                out.append(Report(Refused(Refusal.OVERSIZED, flow, Limit.CLEAR_MESSAGE_OCTETS.word)))
                return
            message = parse(data)
            tables.traffic.came(message)
            if door is _CORE or self._admitted(message, flow, door, len(data), now, out):
                tables.layer.receive(message, flow, now, out)
        except UnfitRequest as unfit:
            self._unfit(unfit, flow, door, len(data), now, out)
        except WireError as error:
            out.append(Report(Refused(Refusal.MALFORMED_SIP, flow, error.what)))

    def from_core(self, request: Request, flow: Flow) -> None:
        """A new request of the core: Via says where it came from, and its connection may serve both ways.

        RFC 3261 §18.2.1, RFC 3581 §4; RFC 5923.
        """
        via = request.top_via
        if via.host != flow.remote.address or "rport" in via.tail:
            marked = stamped(via, flow.remote)
            if marked is not via:
                request.restamp(marked)
        if flow.transport is not _UDP:
            self._tables.core.advertised(request, flow)

    def _unfit(
        self, error: UnfitRequest, flow: Flow, door: Door | None, octets: int, now: Micros, out: list[Action]
    ) -> None:
        """A request that can be answered but not used, where access would let it in (RFC 4475 §3.1.2)."""
        answer: list[Action] = []
        try:
            request = error.request
            if request.method != "ACK" and self._admitted(request, flow, door, octets, now, answer):
                if door is _CLEAR:
                    self._answers.refuse_in_clear(
                        request, flow, Refusal.BAD_REQUEST, octets, now, answer, detail=error.what
                    )
                else:
                    self._answers.refuse_statelessly(request, flow, Refusal.BAD_REQUEST, answer, error.what)
        except WireError:
            answer = []
        out += answer or (Report(Refused(Refusal.MALFORMED_SIP, flow, error.what)),)

    def _admitted(
        self, message: Message, flow: Flow, door: Door | None, octets: int, now: Micros, out: list[Action]
    ) -> bool:
        """Whether access lets a message in; if not, it is answered or dropped here."""
        if door is _CORE:
            return True
        if door is _CLEAR:
            return self._admitted_clear(message, flow, octets, now, out)
        live = self._tables.sets.at(flow)
        if live is None or door is None:
            out.append(Report(Refused(Refusal.NO_SA_SET, flow)))
            return False
        refusal = first_refusal(self._tables.rules.arrival, Arrival(door, kind_of(message), live, message))
        if refusal is not None:
            out.append(Report(Refused(refusal, flow, type(message).__name__)))
        return refusal is None

    def _admitted_clear(
        self, message: Message, flow: Flow, octets: int, now: Micros, out: list[Action]
    ) -> bool:
        """UNP-01; what is let in gets `received` and `rport` into its Via (PCS-05), unless it is too much."""
        kind = kind_of(message)
        refusal = self._tables.rules.clear[kind, self._tables.sets.count_at(flow.remote.address) > 0]
        if refusal is None:
            via = message.top_via
            marked = stamped(via, flow.remote)
            if marked is not via:
                message.restamp(marked)
            assert isinstance(message, Request), "nothing else is let in"
            excess = self._tables.load.excess(message, flow, now, out)
            if excess is not None:
                limit, wait = excess
                self._answers.refuse_in_clear(
                    message, flow, Refusal.OVERLOADED, octets, now, out, detail=limit.word, wait=wait
                )
            return excess is None
        if refusal.status and kind is Kind.REQUEST and isinstance(message, Request):
            self._answers.refuse_in_clear(message, flow, refusal, octets, now, out)
        else:
            out.append(Report(Refused(refusal, flow)))
        return False


def stamped(via: Via, source: Endpoint) -> Via:
    """With `received` and `rport` as far as they are called for (RFC 3261 §18.2.1, RFC 3581 §4)."""
    fresh = _FRESH.fullmatch(via.tail)
    if fresh is not None:
        tail = f"{fresh[1] or ''}rport={source.port}{fresh[2] or ''};received={source.address}"
        return Via(via.transport, via.host, via.port, tail)
    if asks_rport(via):
        return via.with_params(received=source.address, rport=str(source.port))
    return via if via.host == source.address else via.with_params(received=source.address)
