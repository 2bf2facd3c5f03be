"""P-CSCF and home network, joined; the UEs are texts, so that each may have the registrations it likes."""

from typing import Any

from tests.unit.nodes.homenet.core_side import KEYS, Numbers, subscriber
from tests.unit.nodes.pcscf.bed import CORE, DOMAIN, HOME, TCP, UDP, Dice, Ue, config
from tests.unit.nodes.pcscf.flow_bed import FlowBed, FlowUe

from twopair.base import Flow, Impu, Micros, Port, Received, Report, Send, Spi, seconds
from twopair.core.aka import Accepted, Card, CardProfile, aka_password, decode_nonce, digest_response
from twopair.core.registration.flows import RegFlow, is_anew
from twopair.core.secagree import Terms
from twopair.nodes.events import Event, SendMessage, Start, StreamOpened, Woke
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.wire.sip import Request, Response, make_response, parse

IMSI = "001010000000001"
USER = Impu(f"sip:{IMSI}@{DOMAIN}")
FROM_HOME, TO_HOME = Flow(UDP, CORE, HOME), Flow(UDP, HOME, CORE)


class PcscfAndHome(FlowBed):
    """Both nodes, and the card of the one user, who has as many phones as a test needs.

    Attributes:
        from_home: what the home network has sent last, answers and requests.
        told: facts of the home network.
    """

    def __init__(self, **changes: Any) -> None:
        self.home = HomeNetwork(
            HomeConfig(DOMAIN, HOME.address, **changes), MemoryStore([subscriber(IMSI)]), Numbers()
        )
        self.card = Card(CardProfile.from_imsi(IMSI, KEYS))
        self.told: list[Any] = []
        self.from_home: list[Request | Response] = []
        super().__init__()
        self._home(Start())

    def feed(self, event: Event) -> list[Any]:
        """What both do, until nothing goes between them any more."""
        done = list(super().feed(event))
        for action in list(done):
            if isinstance(action, Send) and action.flow.remote == HOME:
                done += self._home(Received(TO_HOME, action.data))
        self.fresh = done
        return done

    def _home(self, event: Event) -> list[Any]:
        self.from_home, done = [], []
        for action in self.home.feed(event, self.now):
            if isinstance(action, Send):
                self.from_home.append(parse(action.data))
                done += self.feed(Received(FROM_HOME, action.data))
            elif isinstance(action, Report):
                self.told.append(action.fact)
        return done

    def wait(self, amount_s: float) -> list[Any]:
        """Let time pass at both."""
        end, done = Micros(self.now + seconds(amount_s)), []
        while True:
            own, of_home = self.pcscf.next_deadline(), self.home.next_deadline()
            due = min((when for when in (own, of_home) if when is not None), default=None)
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            done += self.feed(Woke()) + self._home(Woke())
        self.now = end
        self.fresh = done
        return done

    # what a phone does

    def answer(self, ue: Ue) -> dict[str, str]:
        """The proof that this is the card, for SM7."""
        outcome = self.card.authenticate(*decode_nonce(ue.nonce))
        assert isinstance(outcome, Accepted), outcome
        password = aka_password("AKAv1-MD5", outcome.res, outcome.ik, outcome.ck)
        extra = ("auth", "00000001", "0a4f113b")
        response = digest_response(
            "AKAv1-MD5", ue.impi, DOMAIN, password, "REGISTER", f"sip:{DOMAIN}", ue.nonce, *extra
        )
        return {"response": response, "auth": ',algorithm=AKAv1-MD5,qop=auth,nc=00000001,cnonce="0a4f113b"'}

    def enter(self, ue: FlowUe, **changes: str) -> Response:
        """SM1 to SM12 of an initial registration."""
        _renew(ue)
        ue.server = ue.nonce = ""
        self._over(ue, ue.clear, ue.register(**changes))
        return self.proves(ue, self.last(ue), **changes)

    def again(self, ue: FlowUe, **changes: str) -> Response:
        """A REGISTER over the set, and where it is challenged the answer; the last response."""
        flow, before = ue.uplink, ue.terms
        _renew(ue)
        self.receive(flow, ue.register(port=str(ue.terms.port_s), response="dd" * 16, **changes))
        last = self.last(ue)
        if last.status == 401:
            return self.proves(ue, self.last(ue), **changes)
        ue.renew(before)  # no set was made of the new values
        return last

    def proves(self, ue: FlowUe, sm6: Response, **changes: str) -> Response:
        """SM7 for that SM6, and its answer; another answer than SM6 as it is."""
        if sm6.status != 401:
            return sm6
        ue.server = sm6.get("Security-Server") or ""
        ue.nonce = (sm6.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
        ue.pc = Port(int(ue.server.partition("port-c=")[2].partition(";")[0]))
        self._over(ue, ue.uplink, ue.sm7(**{**self.answer(ue), **changes}))
        return self.last(ue)

    def _over(self, ue: FlowUe, flow: Flow, data: bytes) -> None:
        if ue.transport is TCP and flow not in self.pcscf.tables.streams:
            self.feed(StreamOpened(flow))
        self.receive(flow, data)

    def last(self, ue: FlowUe) -> Response:
        """What the phone was answered."""
        [message] = [m for flow, m in self.sent if flow.remote.address == ue.address]
        assert isinstance(message, Response)
        return message

    def message(self) -> list[tuple[str, Request]]:
        """The network sends the user a MESSAGE; what goes down because of it."""
        self.fresh = self._home(SendMessage(USER, b"hello"))
        return self.down

    @property
    def down(self) -> list[tuple[str, Request]]:
        """Requests that have just gone to phones, by address."""
        return [(to.remote.address, m) for to, m in self.sent if isinstance(m, Request) and to.remote != HOME]

    def answers(self, ue: FlowUe, request: Request, status: int) -> None:
        """A phone answers a request that came over its set."""
        response = make_response(request, status, to_tag="u")
        self.receive(ue.flow(ue.terms.port_s, ue.pc), response.to_bytes())

    def restart_pcscf(self) -> None:
        """It has forgotten everything."""
        self.pcscf = Pcscf(config(), Dice(2))
        self.feed(Start())

    # what both believe

    @property
    def at_pcscf(self) -> list[RegFlow]:
        """Registrations that the P-CSCF serves now."""
        known = self.pcscf.tables.subscribers.all_of(FlowUe().impi)
        return sorted(one.flow for one in known if one.registered(self.now))

    @property
    def at_home(self) -> list[RegFlow]:
        """Registrations that the home network has told of, and not of their end or of one anew."""
        flows: list[RegFlow] = []
        for fact in self.told:
            if isinstance(fact, Registered | Deregistered):
                flows = [flow for flow in flows if not is_anew(fact.flow, flow)]
            if isinstance(fact, Registered):
                flows.append(fact.flow)
        return sorted(flows)


def _renew(ue: FlowUe) -> None:
    """SPIs and client port that it has not had; the server port stays (RRG-01, RRG-03)."""
    old = ue.terms
    ue.renew(Terms(Spi(old.spi_c + 2), Spi(old.spi_s + 2), Port(old.port_c + 2), old.port_s))
