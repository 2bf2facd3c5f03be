"""A P-CSCF with one pair or two: passes messages on between UE and core, without transactions."""

from collections.abc import Callable, Sequence
from typing import Any

from twopair.base import (
    Bind,
    Endpoint,
    Entropy,
    Flow,
    Micros,
    Port,
    Received,
    Refusal,
    Refused,
    Report,
    Send,
    StreamClosed,
    StreamOpened,
    Transport,
    Unbind,
    token,
)
from twopair.core.sa import End, InstallSas, PortName, RemoveSas, SaSet
from twopair.demo.single_pair.layout import (
    ANY_PORT,
    PORT_P,
    Agreement,
    Layout,
    SinglePair,
    Superseded,
    towards_ue,
)
from twopair.nodes import Action
from twopair.nodes.ue.streams import Streams
from twopair.wire.sip import MAGIC, Request, Response, SipUri, parse


class EarlyPcscf:
    """A node with no more SIP than the paper's problem needs.

    Args:
        address: towards the UE.
        core: its own end of the core.
        home: the other end.
        transport: of its requests to the UE.
        entropy: branches.
    """

    def __init__(
        self, address: str, core: Endpoint, home: Endpoint, transport: Transport, entropy: Entropy
    ) -> None:
        self._here = Endpoint(address, PORT_P)
        self._core = Flow(Transport.UDP, core, home)
        self._transport = transport
        self._entropy = entropy
        self._sets: list[SaSet] = []
        self._streams = Streams()
        self._asked: dict[str, Flow] = {}
        self._take: dict[type, Callable[[Any, list[Action]], None]] = {
            Agreement: self._agreed,
            Superseded: self._superseded,
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
        sa_set = event.sa_set(End.PCSCF)
        if not self._sets:
            any_port = Endpoint(self._here.address, ANY_PORT)
            out += (Bind(self._core.local), Bind(self._here, protected=True))
            if event.layout is Layout.ONE_PAIR:  # closed too: what no SA covers does not leave in the clear
                out.append(Bind(any_port, protected=True, listen=False))
        if event.layout is Layout.TWO_PAIRS:
            out.append(Bind(sa_set.endpoint(PortName.PC), protected=True, listen=False))
        out.append(InstallSas(sa_set))
        self._sets.append(sa_set)

    def _superseded(self, _event: Superseded, out: list[Action]) -> None:
        before = self._sets.pop(0)
        out.append(RemoveSas(before.set_id))
        if not isinstance(before, SinglePair):
            out.append(Unbind(before.endpoint(PortName.PC)))

    def _received(self, event: Received, out: list[Action]) -> None:
        flow, data = event.flow, event.data
        for octets in self._streams.feed(flow, data) if flow.transport is Transport.TCP else [data]:
            message = parse(octets)
            if flow.local != self._core.local:
                self._from_ue(message, flow, out)
            elif isinstance(message, Request):
                self._to_ue(message, out)
            else:
                self._back_to_ue(message, out)

    def _from_ue(self, message: Request | Response, flow: Flow, out: list[Action]) -> None:
        if isinstance(message, Request):
            branch = token(self._entropy)
            self._asked[branch] = flow
            message.push("Via", f"SIP/2.0/UDP {self._core.local};branch={MAGIC}{branch}")
        else:
            message.pop_value("Via")
        out.append(Send(self._core, message.to_bytes()))

    def _back_to_ue(self, response: Response, out: list[Action]) -> None:
        """TCP: the connection of the request; UDP: the port that its Via names (RFC 3261 §18.2.2)."""
        flow = self._asked.pop((response.top_via.branch or "").removeprefix(MAGIC))
        response.pop_value("Via")
        if flow.transport is Transport.UDP:
            flow = towards_ue(self._sets[-1], flow.transport)
        out.append(Send(flow, response.to_bytes()))

    def _to_ue(self, request: Request, out: list[Action]) -> None:
        """To the port in the Request-URI: the Contact that the sender holds (RFC 3261 §12.2)."""
        uri = SipUri.parse(request.uri)
        flow = towards_ue(self._sets[-1], self._transport)
        flow = flow._replace(remote=Endpoint(uri.host.strip("[]"), Port(uri.port or 5060)))
        if not self._covered(flow):
            out.append(Report(Refused(Refusal.NO_SA_SET, flow, "no SA for these ports")))
        self._streams.ensure(flow, out)
        request.push(
            "Via", f"SIP/2.0/{flow.transport.value} {self._here};branch={MAGIC}{token(self._entropy)}"
        )
        out.append(Send(flow, request.to_bytes()))

    def _covered(self, flow: Flow) -> bool:
        """Whether an SA of a live set has these ports."""
        ends = flow.local, flow.remote
        return any(
            ends == (sa_set.endpoint(arrow.ports.src), sa_set.endpoint(arrow.ports.dst))
            for sa_set in self._sets
            for arrow in sa_set.arrows
        )

    def _closed(self, flow: Flow) -> None:
        self._streams.closed(flow)
