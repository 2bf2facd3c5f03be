"""What a peer may require of the UE, and what it is told of the rest (RFC 3261 §8.2.2.3)."""

import pytest
from tests.unit.nodes.ue.test_messages import registered

from twopair.base import Impu, Received, Transport
from twopair.core.sa import PortName
from twopair.nodes.facts import CallChanged, MessageAnswered, MessageReceived, RegistrationFailed
from twopair.nodes.ue.answering import ANSWERS
from twopair.nodes.ue.calls import METHODS
from twopair.nodes.ue.extensions import ALLOW
from twopair.nodes.wishes import Call, Register, SendMessage

ANY = ("INVITE", "MESSAGE", "OPTIONS", "BYE", "UPDATE", "NOTIFY", "INFO", "SUBSCRIBE", "PLEASE")


@pytest.mark.parametrize("method", ANY)
@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_a_request_that_requires_too_much(method: str, transport: Transport) -> None:
    """K9a, RFC 3261 §8.2.2.3: 420 to any request, with exactly the tags that are not known."""
    bench = registered(transport)
    requires = [("Require", "sec-agree, precondition"), ("Require", "timer, 100rel")]
    bench.request_from_network(method, transport, headers=requires)
    ((response, _),) = bench.responses
    assert (response.status, response.values("Unsupported")) == (420, ["precondition", "100rel"])
    assert not bench.facts_of(CallChanged)
    assert not bench.facts_of(MessageReceived)


@pytest.mark.parametrize("method", ["MESSAGE", "OPTIONS"])
def test_what_the_ue_has_may_be_required(method: str) -> None:
    """RFC 3261 §8.2.2.3: tags in any case; Proxy-Require is for proxies."""
    bench = registered()
    bench.request_from_network(method, headers=[("Require", "TIMER, Sec-Agree"), ("Proxy-Require", "magic")])
    assert [response.status for response, _ in bench.responses] == [200]


def test_ack_and_cancel_are_never_refused_so() -> None:
    """RFC 3261 §8.2.2.3: Require in ACK and CANCEL is left aside."""
    bench = registered()
    bench.request_from_network("ACK", headers=[("Require", "magic")])
    assert not bench.responses
    bench.request_from_network("INVITE", headers=[("Contact", "<sip:b@h>")])
    (sa_set,) = bench.sets.values()
    ringing, _ = bench.responses[-1]
    lines = {name: ringing.get(name) or "" for name in ("Via", "From", "Call-ID")}
    cancel = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    text = f"CANCEL sip:ue@h SIP/2.0\r\n{cancel}To: <sip:a@h>\r\nCSeq: 7 CANCEL\r\nRequire: magic\r\n\r\n"
    bench.feed(Received(sa_set.flow(Transport.UDP, PortName.PC, PortName.US), text.encode()))
    assert [response.status for response, _ in bench.responses[-2:]] == [200, 487]


def test_allow_lists_what_is_served() -> None:
    """RFC 3261 §20.5."""
    assert ALLOW.split(", ") == [*ANSWERS, *METHODS]


@pytest.mark.parametrize(
    ("status", "header", "words"),
    [
        (420, ("Unsupported", "sec-agree"), "does not have sec-agree"),
        (421, ("Require", "100rel, precondition"), "requires 100rel, precondition"),
        (421, ("Server", "x"), "requires an extension it does not name"),
    ],
)
def test_a_request_of_ours_is_refused_so(status: int, header: tuple[str, str], words: str) -> None:
    """RFC 3261 §21.4.15, §21.4.16: the user is told what is missing, of a MESSAGE and of a call."""
    bench = registered()
    bench.feed(SendMessage(Impu("sip:bob@home"), b"x"))
    bench.answer(status, [header])
    assert bench.facts_of(MessageAnswered)[-1].detail == words
    bench.feed(Call(Impu("sip:bob@home")))
    bench.answer(status, [header], to=next(sent for sent in bench.requests if sent[0].method == "INVITE"))
    told = bench.facts_of(CallChanged)[-1]
    assert (told.status, told.detail) == (status, words)
    bench.feed(Register())
    bench.answer(status, [header])
    assert bench.facts_of(RegistrationFailed)[-1].reason.endswith(f": it {words}")
