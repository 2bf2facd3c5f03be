"""The far side of the home network in tests: a P-CSCF that writes its messages by hand, and cards."""

import hashlib
from itertools import count

from tests.unit.fitting_words import look

from twopair.base import (
    Endpoint,
    Flow,
    Impi,
    Impu,
    Micros,
    Port,
    Received,
    Refusal,
    Refused,
    Report,
    Secret,
    Send,
    Transport,
)
from twopair.core.aka import (
    Accepted,
    AkaKeys,
    Card,
    CardProfile,
    Subscriber,
    SyncFailure,
    aka_password,
    decode_nonce,
    digest_response,
    encode_auts,
)
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start, Woke
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore
from twopair.wire.sip import Challenge, Request, Response, make_request, parse

DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
HOME = Endpoint("10.20.0.2", Port(5060))
PCSCF = Endpoint("10.20.0.1", Port(5060))
AT_HOME = Flow(Transport.UDP, HOME, PCSCF)
KEYS = AkaKeys(
    Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
    opc=Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf"),
)
IMSI_1, IMSI_2 = "001010000000001", "001010000000002"
ALICE, BOB = Impu(f"sip:alice@{DOMAIN}"), Impu(f"sip:bob@{DOMAIN}")
TEL_BOB = Impu("tel:+4930123456")


class Numbers:
    """Entropy that gives the same octets in every run."""

    def __init__(self) -> None:
        self._count = count()

    def octets(self, count: int) -> bytes:
        return hashlib.shake_128(str(next(self._count)).encode()).digest(count)

    def below(self, bound: int) -> int:
        return next(self._count) % bound


def subscriber(imsi: str, *aliases: Impu) -> Subscriber:
    return Subscriber.from_imsi(imsi, KEYS, aliases)


class Phone:
    """One user behind the P-CSCF: card, contact, the Call-ID it keeps."""

    def __init__(self, imsi: str, name: str) -> None:
        self.card = Card(CardProfile.from_imsi(imsi, KEYS))
        self.name = name
        self.contact = f"sip:{name}@10.10.1.{1 if name == 'alice' else 2}:6101"
        self.path = f"<sip:{name}-token@10.20.0.1:5060;lr>"
        self.call_id = f"call-of-{name}"
        self.cseq = 0

    @property
    def impi(self) -> Impi:
        return self.card.impi


class CoreSide:
    """A home network, and the messages that go to and fro."""

    def __init__(self, config: HomeConfig | None = None, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore([subscriber(IMSI_1, ALICE), subscriber(IMSI_2, BOB, TEL_BOB)])
        self.config = config or HomeConfig(DOMAIN, HOME.address)
        self.home = HomeNetwork(self.config, self.store, Numbers())
        self.now = Micros(0)
        self.facts: list[object] = []
        self._branch = count(1)
        self.alice = Phone(IMSI_1, "alice")
        self.bob = Phone(IMSI_2, "bob")
        self.feed(Start())

    def feed(self, event: Event) -> list[Request | Response]:
        """Feed one event; the messages sent. Facts are kept."""
        actions: list[Action] = list(self.home.feed(event, self.now))
        look(event, actions)
        self.facts += [action.fact for action in actions if isinstance(action, Report)]
        return [parse(action.data) for action in actions if isinstance(action, Send)]

    def send(self, message: Request | Response, flow: Flow = AT_HOME) -> list[Request | Response]:
        return self.feed(Received(flow, message.to_bytes()))

    def ask(self, request: Request, flow: Flow = AT_HOME) -> Response:
        """The one response to a request that the network answers itself."""
        (answer,) = self.send(request, flow)
        assert isinstance(answer, Response)
        return answer

    def later(self, micros: int) -> list[Request | Response]:
        """Let time pass, waking the node at each of its deadlines."""
        end, sent = self.now + micros, []
        while (deadline := self.home.next_deadline()) is not None and deadline <= end:
            self.now = Micros(max(deadline, self.now))
            sent += self.feed(Woke())
        self.now = Micros(end)
        return sent

    def refusals(self) -> list[Refusal]:
        return [fact.refusal for fact in self.facts if isinstance(fact, Refused)]

    # what a P-CSCF would forward

    def request(
        self,
        method: str,
        uri: str,
        *headers: tuple[str, str],
        body: bytes = b"",
        cseq: int = 1,
        call_id: str = "c1",
    ) -> Request:
        branch = f"z9hG4bKtest{next(self._branch)}"
        return make_request(
            method,
            uri,
            [
                ("Via", f"SIP/2.0/UDP 10.20.0.1:5060;branch={branch}"),
                ("Via", "SIP/2.0/UDP 10.10.1.1:6101;branch=z9hG4bKue"),
                ("Max-Forwards", "69"),
                ("From", f"<{ALICE}>;tag=a"),
                ("To", f"<{uri}>"),
                ("Call-ID", call_id),
                ("CSeq", f"{cseq} {method}"),
                *headers,
            ],
            body,
        )

    def register(
        self,
        phone: Phone,
        authorization: str | None = "",
        *,
        protected: str = "no",
        expires: int = 600000,
        contact: str | None = "",
        **changed: str,
    ) -> Request:
        """REGISTER as the P-CSCF passes it on (SM2, SM8).

        Args:
            phone: who registers.
            authorization: digest fields after realm and uri; "" for those of SM1, None for no header.
            protected: value of integrity-protected.
            expires: seconds asked for.
            contact: "" for the phone's own, None for none.
            **changed: header name (underscores for hyphens) and value, put in or replaced.
        """
        phone.cseq += 1
        home = f"sip:{DOMAIN}"
        fields = authorization or 'nonce="", response=""'
        request = self.request("REGISTER", home, cseq=phone.cseq, call_id=phone.call_id)
        request.set("From", f"<{phone.card.impus[0]}>;tag=u")
        request.set("To", f"<{phone.card.impus[0]}>")
        if authorization is not None:
            request.add(
                "Authorization",
                f'Digest username="{phone.impi}", realm="{DOMAIN}", uri="{home}", {fields}, '
                f'integrity-protected="{protected}"',
            )
        if contact is not None:
            request.add("Contact", contact or f"<{phone.contact}>;expires={expires};+g.3gpp.smsip")
        request.add("Require", "path")
        request.add("Path", phone.path)
        request.add("P-Charging-Vector", "icid-value=abc")
        for name, value in changed.items():
            request.set(name.replace("_", "-"), value)
        return request

    def respond(
        self, phone: Phone, challenge: Response, *, res: bytes | None = None, qop: bool = True
    ) -> str:
        """Digest fields that answer a 401, with another RES if one is given."""
        fields = Challenge.parse(challenge.get("WWW-Authenticate") or "")
        nonce = fields.get("nonce") or ""
        algorithm = fields.get("algorithm") or ""
        outcome = phone.card.authenticate(*decode_nonce(nonce))
        if isinstance(outcome, SyncFailure):
            return f'nonce="{nonce}", auts="{encode_auts(outcome.auts)}", response=""'
        assert isinstance(outcome, Accepted), outcome
        password = aka_password(algorithm, outcome.res, outcome.ik, outcome.ck) if res is None else res
        extra = ("auth", "00000001", "0a4f113b") if qop and fields.get("qop") else ()
        response = digest_response(
            algorithm, phone.impi, DOMAIN, password, "REGISTER", f"sip:{DOMAIN}", nonce, *extra
        )
        text = f'nonce="{nonce}", response="{response}", algorithm={algorithm}'
        return text + (', qop=auth, nc=00000001, cnonce="0a4f113b"' if extra else "")

    def registered(self, phone: Phone, to: str = "") -> Response:
        """Register a user in two rounds; the 200. `to` is an IMPU other than the card's."""
        challenge = self.ask(self.register(phone))
        assert challenge.status == 401
        sm8 = self.register(phone, self.respond(phone, challenge), protected="yes")
        if to:
            sm8.set("To", f"<{to}>")
        answer = self.ask(sm8)
        assert answer.status == 200, answer
        return answer
