"""A bench for one UE: what it sends is collected, and a P-CSCF written by hand answers."""

import random
from collections.abc import Iterable
from typing import Any

from tests.unit.fitting_words import look

from twopair.base import (
    DEFAULT_SUITES,
    Bind,
    CloseStream,
    Endpoint,
    Flow,
    Impi,
    Impu,
    Micros,
    OpenStream,
    Port,
    Received,
    Report,
    Secret,
    Send,
    Spi,
    StreamClosed,
    StreamOpened,
    Suite,
    Transport,
    Unbind,
    Woke,
    seconds,
)
from twopair.core.aka import AkaKeys, Card, CardProfile, SqnHome, encode_nonce, generate_vector
from twopair.core.sa import InstallSas, PortName, RemoveSas, SaSet, SasInstalled, SasRefused
from twopair.core.secagree import ServerList, Terms
from twopair.nodes.events import Event
from twopair.nodes.ue import UeConfig, UserEquipment
from twopair.nodes.wishes import Start
from twopair.wire.sip import Request, Response, make_request, make_response, parse

DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
IMPI = Impi(f"001010000000001@{DOMAIN}")
IMPU = Impu(f"sip:001010000000001@{DOMAIN}")
ALICE = Impu(f"sip:alice@{DOMAIN}")
KEYS = AkaKeys(
    Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
    opc=Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf"),
)
UE, PCSCF = "10.0.1.1", "10.0.0.1"
GRANTED: tuple[tuple[str, str], ...] = (
    ("Service-Route", "<sip:orig@scscf.home;lr>, <sip:second.home;lr>"),
    ("P-Associated-URI", f"<{ALICE}>, <tel:+4930123456>"),
)


class Seeded:
    """Entropy that repeats itself from run to run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def octets(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound)


class Bench:
    """One UE on the table, its back end and network played by hand.

    Attributes:
        requests: requests the UE has sent, with their flows, retransmissions left out.
        responses: responses it has sent.
        facts: what it reported.
        sets: sets that are installed.
        bound: endpoints that are bound.
        actions: everything, in order.
    """

    def __init__(self, **config: Any) -> None:
        self.config = UeConfig(UE, Endpoint(PCSCF, Port(5060)), **config)
        self.card = Card(CardProfile(IMPI, (IMPU,), DOMAIN, KEYS))
        self.ue = UserEquipment(self.config, self.card, Seeded())
        self.home = SqnHome()
        self.rands = random.Random(2)
        self.now = Micros(0)
        self.requests: list[tuple[Request, Flow]] = []
        self.responses: list[tuple[Response, Flow]] = []
        self.facts: list[Any] = []
        self.sets: dict[int, SaSet] = {}
        self.bound: dict[Endpoint, Bind] = {}
        self.streams: set[Flow] = set()
        self.actions: list[Any] = []
        self.backend_refuses = False
        self.listens = True
        self._seen: set[bytes] = set()
        self.feed(Start())

    # -- the world -------------------------------------------------------------------------------

    def feed(self, event: Event) -> None:
        """Feed one event and carry out what follows."""
        events: list[Event] = [event]
        while events:
            event = events.pop(0)
            if isinstance(event, StreamClosed):
                self.streams.discard(event.flow)
            actions = list(self.ue.feed(event, self.now))
            look(event, actions)
            for action in actions:
                self.actions.append(action)
                events += self._carry_out(action)

    def _carry_out(self, action: Any) -> list[Event]:
        match action:
            case Send(flow, data):
                stream = flow.transport is Transport.TCP
                assert flow in self.streams if stream else flow.local in self.bound, f"nothing for {flow}"
                if data.strip():  # a ping is no message
                    self._sent(flow, data)
            case Report(fact):
                self.facts.append(fact)
            case Bind(local):
                self.bound[local] = action
            case Unbind(local):
                del self.bound[local]
            case OpenStream(flow):
                self.streams.add(flow)
                return [StreamOpened(flow) if self.listens else StreamClosed(flow, "connection refused")]
            case CloseStream(flow):
                self.streams.remove(flow)
            case InstallSas(sa_set):
                if self.backend_refuses:
                    return [SasRefused(sa_set.set_id, "no space")]
                self.sets[sa_set.set_id] = sa_set
                return [SasInstalled(sa_set.set_id)]
            case RemoveSas(set_id):
                return self._removed(self.sets.pop(set_id, None))
        return []

    def _removed(self, sa_set: SaSet | None) -> list[Event]:
        if sa_set is None:
            return []
        gone = [
            flow
            for flow in self.streams
            if (flow.local.port, flow.remote.port)
            in ((sa_set.ports.uc, sa_set.ports.ps), (sa_set.ports.us, sa_set.ports.pc))
        ]
        self.streams.difference_update(gone)
        return [StreamClosed(flow, "its SA set was removed") for flow in gone]

    def _sent(self, flow: Flow, data: bytes) -> None:
        if data in self._seen:
            return
        self._seen.add(data)
        message = parse(data)
        if isinstance(message, Request):
            self.requests.append((message, flow))
        else:
            self.responses.append((message, flow))

    def pass_time(self, amount_s: float) -> None:
        """Let time pass, waking the UE whenever it asked for it."""
        until = self.now + seconds(amount_s)
        for _ in range(1000):
            deadline = self.ue.next_deadline()
            if deadline is None or deadline > until:
                break
            self.now = Micros(max(self.now, deadline))
            self.feed(Woke())
        else:
            raise AssertionError("the UE never comes to rest")
        self.now = Micros(until)

    # -- the P-CSCF ------------------------------------------------------------------------------

    @property
    def last(self) -> tuple[Request, Flow]:
        """The latest request of the UE."""
        return self.requests[-1]

    def set_of(self, flow: Flow) -> SaSet | None:
        """The installed set of a flow."""
        for sa_set in self.sets.values():
            ports = sa_set.ports
            if (flow.local.port, flow.remote.port) in ((ports.uc, ports.ps), (ports.us, ports.pc)):
                return sa_set
        return None

    def response_flow(self, flow: Flow) -> Flow:
        """How the answer to a request of the UE comes back (table 3.5)."""
        sa_set = self.set_of(flow)
        if sa_set is None or flow.transport is Transport.TCP:
            return flow
        return sa_set.flow(Transport.UDP, PortName.PC, PortName.US)

    def answer(
        self,
        status: int,
        headers: Iterable[tuple[str, str]] = (),
        *,
        to: tuple[Request, Flow] | None = None,
        over: Flow | None = None,
    ) -> None:
        """Answer the latest request, or another one, in the regular way or over another flow."""
        request, flow = to or self.last
        response = make_response(request, status, to_tag="p", headers=headers)
        self.feed(Received(over or self.response_flow(flow), response.to_bytes()))

    def challenge_headers(
        self,
        *,
        server: Iterable[str] | None = None,
        terms: Terms | None = None,
        suites: tuple[Suite, ...] = DEFAULT_SUITES,
        nonce: str | None = None,
        extra: str = "",
    ) -> list[tuple[str, str]]:
        """Headers of SM6, with a fresh challenge and a Security-Server of our making."""
        lines = ServerList.make(terms or self.fresh_terms(), suites).lines if server is None else server
        text = self.fresh_nonce() if nonce is None else nonce
        return [
            (
                "WWW-Authenticate",
                f'Digest realm="home", nonce="{text}", algorithm=AKAv1-MD5, qop="auth"{extra}',
            ),
            *(("Security-Server", line) for line in lines),
        ]

    def fresh_nonce(self) -> str:
        """A challenge that the card will accept."""
        sqn = self.home.take()
        assert sqn is not None
        vector = generate_vector(KEYS.functions(), sqn, b"\x00\x00", self.rands.randbytes(16))
        return encode_nonce(vector.rand, vector.autn)

    def fresh_terms(self) -> Terms:
        """SPIs and ports of a P-CSCF with a fixed server port and three client ports."""
        used = {sa_set.ports.pc for sa_set in self.sets.values()}
        port_pc = next(port for port in (5064, 5066, 5068, 5070) if port not in used)
        spi = self.rands.randrange(1000, 1 << 31)
        return Terms(Spi(spi), Spi(spi + 1), Port(port_pc), Port(5062))

    def challenge(self, **how: Any) -> None:
        """Answer the latest request with SM6."""
        self.answer(401, self.challenge_headers(**how))

    def accept(self, expires_s: int = 3600, *headers: tuple[str, str]) -> None:
        """Answer the latest REGISTER with SM12."""
        contact = self.last[0].get("Contact")
        self.answer(200, [("Contact", f"{contact};expires={expires_s}"), *GRANTED, *headers])

    def request_from_network(
        self, method: str, transport: Transport = Transport.UDP, headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"", over: Flow | None = None,
    ) -> Flow:  # fmt: skip
        """Send the UE a request from port_pc to port_us of its newest set; returns the flow."""
        sa_set = self.sets[max(self.sets)]
        flow = over or sa_set.flow(transport, PortName.PC, PortName.US)
        if transport is Transport.TCP and flow not in self.streams:
            self.streams.add(flow)
            self.feed(StreamOpened(flow))
        request = make_request(
            method,
            f"sip:ue@{UE}",
            [
                (
                    "Via",
                    f"SIP/2.0/{transport.value} {PCSCF}:5062;branch=z9hG4bK{self.rands.randrange(1 << 40)}",
                ),
                ("From", "<sip:bob@home>;tag=b"),
                ("To", f"<{ALICE}>"),
                ("Call-ID", f"net{self.rands.randrange(1 << 40)}"),
                ("CSeq", f"7 {method}"),
                *headers,
            ],
            body,
        )
        self.feed(Received(flow, request.to_bytes()))
        return flow

    def facts_of(self, kind: type) -> list[Any]:
        """Facts of one kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]
