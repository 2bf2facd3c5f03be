"""A UE with one pair or two: writes to parties, and answers them. No authentication, no retransmissions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twopair.base import (
    Bind,
    Entropy,
    Flow,
    Micros,
    Received,
    Report,
    Send,
    StreamClosed,
    StreamOpened,
    Transport,
    Unbind,
    token,
)
from twopair.core.sa import End, InstallSas, PortName, RemoveSas, SaSet
from twopair.demo.single_pair.layout import Agreement, Layout, Superseded
from twopair.nodes import Action
from twopair.nodes.facts import MessageReceived
from twopair.nodes.ue.streams import Streams
from twopair.wire.sip import MAGIC, Request, make_request, make_response, parse


@dataclass(frozen=True, slots=True)
class Introduce:
    """Event: write to a party and tell it where you are."""

    party: str


class EarlyUe:
    """A node with no more SIP than the paper's problem needs.

    Args:
        transport: of its requests.
        entropy: branches and tags.
    """

    def __init__(self, transport: Transport, entropy: Entropy) -> None:
        self._transport = transport
        self._entropy = entropy
        self._sets: list[SaSet] = []
        self._streams = Streams()
        self._take: dict[type, Callable[[Any, list[Action]], None]] = {
            Agreement: self._agreed,
            Superseded: self._superseded,
            Introduce: self._introduce,
            Received: self._received,
            StreamOpened: lambda event, _out: self._streams.opened(event.flow),
            StreamClosed: lambda event, _out: self._closed(event.flow),
        }

    def feed(self, event: object, _now: Micros) -> Sequence[Action]:
        """Take one event."""
        out: list[Action] = []
        take = self._take.get(type(event))
        if take is not None:
            take(event, out)
        return out

    def next_deadline(self) -> Micros | None:
        """It waits for nothing."""
        return None

    def _agreed(self, event: Agreement, out: list[Action]) -> None:
        """One port, new each time; or a client port that is new and a server port that stays.

        Where TCP is used the one port opens connections, so it cannot listen as well: a socket API has
        no place for both (the paper's second problem in §2.1).
        """
        sa_set = event.sa_set(End.UE)
        one = event.layout is Layout.ONE_PAIR
        out.append(
            Bind(
                sa_set.endpoint(PortName.UC), protected=True, listen=one and self._transport is Transport.UDP
            )
        )
        if not one and not self._sets:
            out.append(Bind(sa_set.endpoint(PortName.US), protected=True))
        out.append(InstallSas(sa_set))
        self._sets.append(sa_set)

    def _superseded(self, _event: Superseded, out: list[Action]) -> None:
        before = self._sets.pop(0)
        out += (RemoveSas(before.set_id), Unbind(before.endpoint(PortName.UC)))

    def _introduce(self, event: Introduce, out: list[Action]) -> None:
        """A MESSAGE that says where the answer, and whatever comes later, is to go."""
        sa_set = self._sets[-1]
        here = sa_set.endpoint(PortName.US)
        headers = [
            ("Via", f"SIP/2.0/{self._transport.value} {here};branch={MAGIC}{token(self._entropy)}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:ue@{here.address}>;tag={token(self._entropy)}"),
            ("To", f"<sip:{event.party}>"),
            ("Call-ID", token(self._entropy)),
            ("CSeq", "1 SUBSCRIBE"),
            ("Contact", f"<sip:ue@{here}>"),
            ("Event", "presence"),
        ]
        request = make_request("SUBSCRIBE", f"sip:{event.party}", headers)
        self._send(request.to_bytes(), sa_set.flow(self._transport, PortName.UC, PortName.PS), out)

    def _received(self, event: Received, out: list[Action]) -> None:
        flow, data = event.flow, event.data
        for octets in self._streams.feed(flow, data) if flow.transport is Transport.TCP else [data]:
            message = parse(octets)
            if isinstance(message, Request):
                out.append(Report(MessageReceived(message.get("From") or "", message.body, flow)))
                self._send(make_response(message, 200).to_bytes(), self._answer_flow(flow), out)

    def _answer_flow(self, flow: Flow) -> Flow:
        """UDP: to where the P-CSCF listens; TCP: the connection of the request (RFC 3261 §18.2.2)."""
        if flow.transport is Transport.TCP:
            return flow
        return self._sets[-1].flow(flow.transport, PortName.UC, PortName.PS)

    def _send(self, data: bytes, flow: Flow, out: list[Action]) -> None:
        self._streams.ensure(flow, out)
        out.append(Send(flow, data))

    def _closed(self, flow: Flow) -> None:
        self._streams.closed(flow)
