"""A P-CSCF and a UE that do without a security agreement where none is offered (VAR-60 left out).

Each is a layer around the real node: what has no agreement it deals with itself, all else it passes on.
"""

from collections.abc import Sequence
from typing import Final

from twopair.base import Endpoint, Flow, Impi, Impu, Micros, Received, Report, Send, Transport
from twopair.core.aka import Accepted, Card, aka_password, decode_nonce, digest_response
from twopair.nodes import Action, Event, Node
from twopair.nodes.facts import Registered
from twopair.nodes.pcscf import PcscfConfig
from twopair.wire.sip import Challenge, Credentials, Request, Response, parse

_BRANCH: Final = "z9hG4bKplain"


class PlainPcscf:
    """Passes REGISTER without Security-Client on to the core, in the clear, and vouches for it (AGR-30).

    Args:
        node: the P-CSCF for everything else.
        config: its configuration.
    """

    def __init__(self, node: Node, config: PcscfConfig) -> None:
        self._node = node
        self._config = config
        self._asked: dict[str, Flow] = {}

    def next_deadline(self) -> Micros | None:
        """See `Node`."""
        return self._node.next_deadline()

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """See `Node`."""
        if isinstance(event, Received) and event.data.startswith((b"REGISTER", b"SIP/2.0")):
            message, flow = parse(event.data), event.flow
            if isinstance(message, Request) and flow.local.port == self._config.gm_port:
                if not message.get("Security-Client"):
                    return [self._up(message, flow)]
            elif isinstance(message, Response) and message.top_via.branch in self._asked:
                return [self._down(message)]
        return self._node.feed(event, now)

    def _up(self, request: Request, flow: Flow) -> Send:
        branch = f"{_BRANCH}{len(self._asked)}"
        self._asked[branch] = flow
        for name in ("Require", "Proxy-Require"):
            request.remove(name)
        credentials = Credentials.parse(request.get("Authorization") or "")
        request.set("Authorization", str(credentials.with_quoted("integrity-protected", "yes")))
        request.push("Via", f"SIP/2.0/UDP {self._config.core};branch={branch}")
        registrar = self._config.registrar
        assert isinstance(registrar, Endpoint), "the lab has an address"
        return Send(Flow(Transport.UDP, self._config.core, registrar), request.to_bytes())

    def _down(self, response: Response) -> Send:
        flow = self._asked[response.top_via.branch or ""]
        response.pop_value("Via")
        challenge = response.get("WWW-Authenticate")
        if challenge is not None:
            response.set("WWW-Authenticate", str(Challenge.parse(challenge).without("ik", "ck")))
        return Send(flow, response.to_bytes())


class PlainUe:
    """Answers a challenge that comes without Security-Server all the same, in the clear (AKA-25).

    Args:
        node: the UE for everything else.
        card: its card.
    """

    def __init__(self, node: Node, card: Card) -> None:
        self._node = node
        self._card = card
        self._asked: Send | None = None
        self._answered = False

    def next_deadline(self) -> Micros | None:
        """See `Node`."""
        return self._node.next_deadline()

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """See `Node`."""
        if isinstance(event, Received) and event.data.startswith(b"SIP/2.0") and self._asked is not None:
            response = parse(event.data)
            assert isinstance(response, Response), "it begins like one"
            if response.status == 401 and not response.get("Security-Server"):
                return [] if self._answered else [self._answer(response, self._asked)]
            if response.status == 200 and response.cseq.number > parse(self._asked.data).cseq.number:
                impi, impu = self._card.impi, self._card.impus[0]
                return [Report(Registered(Impi(impi), Impu(impu), 0))]
        actions = self._node.feed(event, now)
        asked = [a for a in actions if isinstance(a, Send) and a.data.startswith(b"REGISTER")]
        self._asked = asked[-1] if asked else self._asked
        return actions

    def _answer(self, response: Response, asked: Send) -> Send:
        self._answered = True
        request = parse(asked.data)
        challenge = Challenge.parse(response.get("WWW-Authenticate") or "")
        nonce, realm = challenge.get("nonce") or "", challenge.get("realm") or ""
        outcome = self._card.authenticate(*decode_nonce(nonce)[:2])
        assert isinstance(outcome, Accepted), "the challenge is genuine"
        algorithm, impi, uri = challenge.get("algorithm") or "", self._card.impi, f"sip:{self._card.domain}"
        password = aka_password(algorithm, outcome.res, outcome.ik, outcome.ck)
        answer = digest_response(
            algorithm, impi, realm, password, "REGISTER", uri, nonce, "auth", "00000001", "plain"
        )
        quoted = {
            "username": impi,
            "realm": realm,
            "nonce": nonce,
            "uri": uri,
            "response": answer,
            "cnonce": "plain",
        }
        plain = {"algorithm": algorithm, "qop": "auth", "nc": "00000001"}
        request.set("Authorization", str(Credentials.make(quoted, plain)))
        request.set("CSeq", f"{request.cseq.number + 1} REGISTER")
        via = request.pop_value("Via") or ""
        request.push("Via", via.replace("z9hG4bK", "z9hG4bKp"))
        return Send(asked.flow, request.to_bytes())
