"""A P-CSCF with UEs and a core that speak by hand: messages in, actions out, nothing else."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.unit.fitting_words import look

from twopair.base import (
    Endpoint,
    Flow,
    Impi,
    Impu,
    Micros,
    OpenStream,
    Port,
    Received,
    Refusal,
    Refused,
    Report,
    Send,
    Spi,
    StreamClosed,
    StreamOpened,
    Transport,
    Woke,
    seconds,
)
from twopair.core.locate import Answer, Fault, Question, Resolve, Resolved
from twopair.core.sa import InstallSas, RemoveSas, SasInstalled, SasRefused, Stage
from twopair.core.secagree import Offer, Terms
from twopair.nodes.events import Event, Start
from twopair.nodes.pcscf import Pcscf, PcscfConfig
from twopair.nodes.pcscf.rules import RULES
from twopair.wire.sip import Request, Response, make_response, parse

GM = "10.10.0.1"
CORE = Endpoint("10.20.0.1", Port(5060))
HOME = Endpoint("10.20.0.2", Port(5060))
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
NAME = f"pcscf1.{DOMAIN}"
CK, IK = "aa" * 16, "bb" * 16
UDP, TCP = Transport.UDP, Transport.TCP
NO_PORT = Port(0)
SERVICE_ROUTE = f"<sip:orig@{HOME};lr>"


class Dice:
    """Seeded entropy; `forced` numbers are drawn first."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self.forced: list[int] = []

    def octets(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def below(self, bound: int) -> int:
        return self.forced.pop(0) if self.forced else self._random.randrange(bound)


def config(**changes: Any) -> PcscfConfig:
    values: dict[str, Any] = {
        "name": NAME,
        "visited_network": DOMAIN,
        "gm_addresses": (GM,),
        "core": CORE,
        "registrar": HOME,
    }
    return PcscfConfig(**{**values, **changes})


@dataclass
class Ue:
    """What a UE knows; it builds its messages as text, so that nothing of ours is tested with itself."""

    number: int = 1
    transport: Transport = UDP
    address: str = ""
    client: str = ""
    server: str = ""
    nonce: str = ""
    cseq: int = 0
    call_id: str = ""
    terms: Terms = field(init=False)
    pc: Port = NO_PORT

    def __post_init__(self) -> None:
        high, low = divmod(self.number, 250)
        self.address = self.address or f"10.10.{1 + high % 250}.{1 + low}"
        self.call_id = self.call_id or f"reg-{self.number}"
        base = 10_000 + 10 * self.number
        self.renew(Terms(Spi(base), Spi(base + 1), Port(6100), Port(6101)))

    @property
    def impi(self) -> Impi:
        return Impi(f"00101{self.number:010d}@{DOMAIN}")

    @property
    def impu(self) -> Impu:
        return Impu(f"sip:00101{self.number:010d}@{DOMAIN}")

    def renew(self, terms: Terms) -> None:
        """New SPIs and ports for the next REGISTER."""
        self.terms = terms
        self.client = Offer.make(terms, bed_suites).lines[0]

    def flow(self, src: int, dst: int, transport: Transport | None = None) -> Flow:
        """A flow as the P-CSCF sees it: to its port `dst` from our port `src`."""
        return Flow(transport or self.transport, Endpoint(GM, Port(dst)), Endpoint(self.address, Port(src)))

    @property
    def clear(self) -> Flow:
        return self.flow(5060, 5060)

    @property
    def uplink(self) -> Flow:
        return self.flow(self.terms.port_c, 5062)

    def register(self, headers: Sequence[str] = (), **changes: str) -> bytes:
        """A REGISTER; `changes` replace single header values, an empty one leaves the header out."""
        self.cseq += 1
        protected = bool(changes.get("port"))
        port = changes.pop("port", "5060")
        response = changes.pop("response", "")
        extra = changes.pop("auth", "")
        expires = changes.pop("expires", "600000")
        fields = {
            "Via": f"SIP/2.0/{self.transport.value} {self.address}:{port};"
            f"branch=z9hG4bKr{self.number}.{self.cseq}" + ("" if protected else ";rport"),
            "Max-Forwards": "70",
            "From": f"<{self.impu}>;tag=f{self.number}",
            "To": f"<{self.impu}>",
            "Call-ID": self.call_id,
            "CSeq": f"{self.cseq} REGISTER",
            "Contact": f"<sip:{self.address}:{self.terms.port_s}>;expires={expires}",
            "Authorization": f'Digest username="{self.impi}",realm="{DOMAIN}",uri="sip:{DOMAIN}",'
            f'nonce="{self.nonce}",response="{response}"{extra}',
            "Require": "sec-agree",
            "Proxy-Require": "sec-agree",
            "Supported": "path",
            "Security-Client": self.client,
            "Security-Verify": self.server,
            "Expires": expires,
            "Content-Length": "0",
        }
        fields.update({name.replace("_", "-"): value for name, value in changes.items()})
        lines = [f"{name}: {value}" for name, value in fields.items() if value]
        return "\r\n".join([f"REGISTER sip:{DOMAIN} SIP/2.0", *lines, *headers, "", ""]).encode()

    def sm7(self, **changes: str) -> bytes:
        """The answer to the challenge."""
        return self.register(**{"port": str(self.terms.port_s), "response": "cc" * 16, **changes})

    def request(
        self, method: str = "MESSAGE", headers: Sequence[str] = (), body: str = "", **changes: str
    ) -> bytes:
        """Any other request over the set."""
        self.cseq += 1
        fields = {
            "Via": f"SIP/2.0/{self.transport.value} {self.address}:{self.terms.port_s};"
            f"branch=z9hG4bKm{self.number}.{self.cseq}",
            "Max-Forwards": "70",
            "Route": f"<sip:{GM}:5062;lr>, {SERVICE_ROUTE}",
            "From": f"<{self.impu}>;tag=m{self.number}",
            "To": f"<sip:someone@{DOMAIN}>",
            "Call-ID": f"call-{self.number}-{self.cseq}",
            "CSeq": f"{self.cseq} {method}",
            "P-Preferred-Identity": f"<{self.impu}>",
            "P-Access-Network-Info": "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01",
            "Require": "sec-agree",
            "Proxy-Require": "sec-agree",
            "Security-Verify": self.server,
            "Content-Type": "text/plain",
            "Content-Length": str(len(body)),
        }
        fields.update({name.replace("_", "-"): value for name, value in changes.items()})
        lines = [f"{name}: {value}" for name, value in fields.items() if value]
        start = f"{method} sip:someone@{DOMAIN} SIP/2.0"
        return ("\r\n".join([start, *lines, *headers, "", ""]) + body).encode()

    def within(self, invite: bytes, method: str, tag: str, **changes: str) -> bytes:
        """A request in the dialog that an INVITE of the UE has made with that tag of the far end."""
        asked = parse(invite)
        dialog = {
            "From": asked.get("From") or "",
            "To": f"{asked.get('To')};tag={tag}",
            "Call_ID": asked.call_id,
        }
        return self.request(method, **dialog | changes)


bed_suites = config().algorithms


def nonce_of(number: int) -> str:
    return b64encode(bytes([number % 256] * 32)).decode()


Zone = Callable[[Question], Answer]
NO_NAME = Answer((), 60, Fault.NO_NAME)


class Bed:
    """The P-CSCF on the bench.

    Attributes:
        actions: all actions so far.
        fresh: the actions of the last `feed`, with those of the installs it led to.
        install: whether `InstallSas` is answered with `SasInstalled` at once.
        service_route: what the S-CSCF grants.
        zone: what the DNS answers at once, at first that there are no names; None: nothing.
    """

    def __init__(self, seed: int = 1, **changes: Any) -> None:
        self.dice = Dice(seed)
        self.pcscf = Pcscf(config(**changes), self.dice, RULES)
        self.now = Micros(1_000_000)
        self.actions: list[Any] = []
        self.fresh: list[Any] = []
        self.install = True
        self.zone: Zone | None = lambda _question: NO_NAME
        self.nonces = 0
        self.service_route = SERVICE_ROUTE
        self.feed(Start())

    def feed(self, event: Event) -> list[Any]:
        self.fresh = list(self.pcscf.feed(event, self.now))
        look(event, self.fresh)
        if self.install:
            for action in [a for a in self.fresh if isinstance(a, InstallSas)]:
                self.fresh += self.pcscf.feed(SasInstalled(action.sa_set.set_id), self.now)
        if self.zone is not None:
            self._ask_zone(self.zone)
        self.actions += self.fresh
        return self.fresh

    def _ask_zone(self, zone: Zone) -> None:
        """Questions to the DNS are answered at once, as far as the zone says something."""
        asked = [action.question for action in self.fresh if isinstance(action, Resolve)]
        while asked:
            question = asked.pop(0)
            more = self.pcscf.feed(Resolved(question, zone(question)), self.now)
            self.fresh += more
            asked += [action.question for action in more if isinstance(action, Resolve)]

    def receive(self, flow: Flow, data: bytes) -> list[Any]:
        return self.feed(Received(flow, data))

    def wait(self, amount_s: float) -> list[Any]:
        """Let time pass, with every deadline on its way."""
        end = Micros(self.now + seconds(amount_s))
        collected: list[Any] = []
        while (deadline := self.pcscf.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            collected += self.feed(Woke())
        self.now = end
        self.fresh = collected
        return collected

    # what came out last

    @property
    def sent(self) -> list[tuple[Flow, Request | Response]]:
        return [(a.flow, parse(a.data)) for a in self.fresh if isinstance(a, Send)]

    def to_core(self) -> Request:
        """The one request that has just gone to the core."""
        [message] = [m for flow, m in self.sent if flow.local == CORE]
        assert isinstance(message, Request)
        return message

    def to_ue(self) -> tuple[Flow, Request | Response]:
        """The one message that has just gone to a UE."""
        [found] = [(flow, m) for flow, m in self.sent if flow.local != CORE]
        return found

    def nothing_sent(self) -> bool:
        return not any(isinstance(a, Send) for a in self.fresh)

    @property
    def refusals(self) -> list[Refusal]:
        facts = [a.fact for a in self.fresh if isinstance(a, Report)]
        return [fact.refusal for fact in facts if isinstance(fact, Refused)]

    def facts(self, kind: type) -> list[Any]:
        return [a.fact for a in self.actions if isinstance(a, Report) and isinstance(a.fact, kind)]

    def stages(self, ue: Ue) -> list[Stage]:
        """Stages of the live sets of a UE, oldest first."""
        subscriber = self.pcscf.tables.subscribers.of(ue.impi)
        return [live.life.stage for live in subscriber.sets] if subscriber else []

    @property
    def installed(self) -> set[int]:
        """Sets that the back end would have now."""
        held: set[int] = set()
        for action in self.actions:
            if isinstance(action, InstallSas):
                held.add(action.sa_set.set_id)
            elif isinstance(action, RemoveSas):
                held.discard(action.set_id)
        return held

    def restarted(self) -> None:
        """As if it had been started with what a predecessor has kept: of sessions it knows nothing."""
        tables = self.pcscf.tables
        tables.sessions.resumed.update(owner.token for owner in tables.subscribers)

    # the core

    def core(self, request: Request, status: int, headers: Sequence[tuple[str, str]] = ()) -> list[Any]:
        """Answer from the core."""
        response = make_response(request, status, to_tag="core", headers=headers)
        return self.receive(Flow(UDP, CORE, HOME), response.to_bytes())

    def challenge(self, request: Request, ck: str = CK, ik: str = IK, more: str = "") -> list[Any]:
        """401 with a new challenge."""
        self.nonces += 1
        value = f'Digest realm="{DOMAIN}",nonce="{nonce_of(self.nonces)}",algorithm=AKAv1-MD5,qop="auth"'
        value += (f',ik="{ik}"' if ik else "") + (f',ck="{ck}"' if ck else "") + more
        return self.core(request, 401, [("WWW-Authenticate", value)])

    def ok(self, request: Request, ue: Ue, expires: int = 600000) -> list[Any]:
        """200 to a REGISTER."""
        contact = request.get("Contact") or ""
        contact = contact.partition(";expires")[0]
        headers = [
            ("Contact", f"{contact};expires={expires}"),
            ("Path", request.get("Path") or ""),
            ("Service-Route", self.service_route),
            ("P-Associated-URI", f"<{ue.impu}>, <tel:+{ue.number}>"),
            ("P-Charging-Vector", "icid-value=x"),
        ]
        return self.core(request, 200, headers)

    # whole steps

    def sm1(self, ue: Ue, flow: Flow | None = None, **changes: str) -> Request:
        """SM1 in, SM2 out."""
        flow = flow or ue.clear
        if flow.transport is TCP and flow not in self.pcscf.tables.streams:
            self.feed(StreamOpened(flow))
        self.receive(flow, ue.register(**changes))
        return self.to_core()

    def sm6(self, ue: Ue, sm2: Request, **changes: Any) -> Response:
        """SM5 in, SM6 out, and taken in by the UE."""
        self.challenge(sm2, **changes)
        _, sm6 = self.to_ue()
        assert isinstance(sm6, Response)
        ue.server = sm6.get("Security-Server") or ""
        ue.nonce = (sm6.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
        ue.pc = Port(int(ue.server.partition("port-c=")[2].partition(";")[0]))
        return sm6

    def sm7(self, ue: Ue, **changes: str) -> Request:
        """SM7 in, SM8 out."""
        if ue.transport is TCP and ue.uplink not in self.pcscf.tables.streams:
            self.feed(StreamOpened(ue.uplink))
        self.receive(ue.uplink, ue.sm7(**changes))
        return self.to_core()

    def register(self, ue: Ue, expires: int = 600000) -> tuple[Flow, Request | Response]:
        """A whole initial registration; returns SM12."""
        ue.server = ""
        self.sm6(ue, self.sm1(ue))
        self.ok(self.sm7(ue), ue, expires)
        return self.to_ue()

    def reregister(self, ue: Ue, expires: int = 600000) -> tuple[Flow, Request | Response]:
        """An authenticated re-registration, SM1 over the set; returns SM12."""
        self.sm6(ue, self.sm1_over(ue))
        self.ok(self.sm7(ue), ue, expires)
        return self.to_ue()

    def sm1_over(self, ue: Ue, **changes: str) -> Request:
        """SM1 of a re-registration over the current set, with new SPIs and a new client port."""
        flow, old = ue.uplink, ue.terms
        ue.renew(
            Terms(Spi(old.spi_c + 2), Spi(old.spi_s + 2), Port(old.port_c + 2), old.port_s),
        )
        return self.sm1(ue, flow, port=str(old.port_s), response="dd" * 16, **changes)

    def from_core(self, ue: Ue, method: str = "MESSAGE", body: str = "", **changes: str) -> list[Any]:
        """A request from the core towards a UE, along its Path."""
        self.nonces += 1
        subscriber = self.pcscf.tables.subscribers.of(ue.impi)
        path = subscriber.path if subscriber else ""
        fields = {
            "Via": f"SIP/2.0/UDP {HOME};branch=z9hG4bKc{self.nonces}",
            "Max-Forwards": "60",
            "Route": path,
            "From": "<sip:bob@elsewhere>;tag=b",
            "To": f"<{ue.impu}>",
            "Call-ID": f"core-{self.nonces}",
            "CSeq": f"1 {method}",
            "P-Asserted-Identity": "<sip:bob@elsewhere>",
            "P-Called-Party-ID": f"<{ue.impu}>",
            "P-Charging-Vector": "icid-value=y",
            "P-Visited-Network-ID": "other",
            "Security-Server": "ipsec-3gpp;alg=null",
            "Content-Length": str(len(body)),
        }
        fields.update({name.replace("_", "-"): value for name, value in changes.items()})
        lines = [f"{name}: {value}" for name, value in fields.items() if value]
        start = f"{method} sip:{ue.address}:{ue.terms.port_s} SIP/2.0"
        return self.receive(Flow(UDP, CORE, HOME), ("\r\n".join([start, *lines, "", ""]) + body).encode())

    def opened(self) -> list[Flow]:
        """Streams just asked for."""
        return [a.flow for a in self.fresh if isinstance(a, OpenStream)]


__all__ = [
    "CK", "CORE", "DOMAIN", "GM", "HOME", "IK", "NAME", "SERVICE_ROUTE", "TCP", "UDP",
    "Bed", "Dice", "SasRefused", "StreamClosed", "Ue", "config", "make_response", "nonce_of",
]  # fmt: skip
