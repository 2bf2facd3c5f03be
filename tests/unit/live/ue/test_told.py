"""What is told of each kind of event, and that it is one line."""

import json
import re
from datetime import datetime, timedelta
from typing import get_args

import pytest

from twopair.base import Endpoint, Flow, Impi, Impu, Port, Refusal, Transport
from twopair.core.registration.flows import RegFlow
from twopair.live.ue.happening import Happening
from twopair.live.ue.printer import Printer, one_line
from twopair.live.ue.told import told
from twopair.live.ue.unsuccessful import NotDeregistered, NotRegistered
from twopair.live.ue.verbs import failed
from twopair.nodes.facts import (
    Awaiting,
    CallChanged,
    CallStage,
    Deregistered,
    Lost,
    MessageReceived,
    Notified,
    Refused,
    Registered,
    RegistrationFailed,
    Unreached,
)

FLOW = Flow(Transport.UDP, Endpoint("10.0.1.1", Port(1)), Endpoint("10.0.0.1", Port(2)))
ME, I = Impu("sip:me@h"), Impi("me@h")  # noqa: E741

TOLD: list[tuple[Happening, dict[str, object], str]] = [
    (
        MessageReceived("sip:b@h", "hallo, Bärbel".encode(), FLOW),
        {"event": "message", "from": "sip:b@h", "text": "hallo, Bärbel", "flow": str(FLOW)},
        "message from sip:b@h: hallo, Bärbel",
    ),
    (
        CallChanged("c", CallStage.RINGING, 0, "sip:b@h"),
        {"event": "call", "stage": "ringing", "from": "sip:b@h", "status": 0, "call_id": "c"},
        "call from sip:b@h: ringing",
    ),
    (
        CallChanged("c", CallStage.ENDED, 486, "sip:b@h", ours=True),
        {"event": "call", "stage": "ended", "to": "sip:b@h", "status": 486, "call_id": "c"},
        "call to sip:b@h: ended, 486 Busy Here",
    ),
    (
        CallChanged("c", CallStage.ENDED, 420, "sip:b@h", detail="does not have sec-agree"),
        {
            "event": "call",
            "stage": "ended",
            "from": "sip:b@h",
            "status": 420,
            "call_id": "c",
            "detail": "does not have sec-agree",
        },
        "call from sip:b@h: ended, 420 Bad Extension: does not have sec-agree",
    ),
    (
        Registered(I, ME, 60),
        {"event": "registered", "impu": ME, "expires_s": 60},
        "registered sip:me@h for 60 s",
    ),
    (
        RegistrationFailed(I, "no answer"),
        {"event": "registration_failed", "reason": "no answer"},
        "registration failed: no answer",
    ),
    (
        RegistrationFailed(I, "no answer", retry_s=42),
        {"event": "registration_failed", "reason": "no answer", "retry_s": 42},
        "registration failed: no answer; trying again in 42 s",
    ),
    (
        Unreached(FLOW.remote, "connection refused", protected=False),
        {"event": "unreachable", "peer": "10.0.0.1:2", "reason": "connection refused", "hint": False},
        "10.0.0.1:2 does not get what is sent: the port is closed (connection refused)",
    ),
    (
        Unreached(FLOW.remote, "network is unreachable", protected=True),
        {"event": "unreachable", "peer": "10.0.0.1:2", "reason": "network is unreachable", "hint": True},
        (
            "10.0.0.1:2 does not get what is sent: network is unreachable; "
            "only a hint, as anybody may forge it: asking over the SA set"
        ),
    ),
    (
        Deregistered(I, "the registration expired"),
        {"event": "deregistered", "reason": "the registration expired"},
        "de-registered: the registration expired",
    ),
    (
        Refused(Refusal.CLEAR_TO_UE, FLOW, "OPTIONS"),
        {
            "event": "refused",
            "refusal": "CLEAR_TO_UE",
            "clause": Refusal.CLEAR_TO_UE.clause,
            "detail": "OPTIONS",
            "flow": str(FLOW),
        },
        f"refused CLEAR_TO_UE on {FLOW}: {Refusal.CLEAR_TO_UE.words} ({Refusal.CLEAR_TO_UE.clause}): OPTIONS",
    ),
    (
        Notified(Impi("a"), "shortened", True, (Impu("sip:a@h"),), 60, flow=RegFlow("<urn:uuid:1>", 2)),
        {
            "event": "notified",
            "registration": "shortened",
            "active": True,
            "identities": ["sip:a@h"],
            "flow": "reg-id 2",
            "expires_s": 60,
        },
        "the network says of the registration (reg-id 2): shortened, 60 s are left",
    ),
    (
        Notified(Impi("a"), "probation", False, retry_after_s=30),
        {
            "event": "notified",
            "registration": "probation",
            "active": False,
            "identities": [],
            "retry_after_s": 30,
        },
        "the network says of the registration: probation, to be tried again in 30 s",
    ),
    (
        Deregistered(Impi("a"), "by the network: rejected"),
        {"event": "deregistered", "reason": "by the network: rejected", "by_network": "rejected"},
        "de-registered: by the network: rejected",
    ),
]


@pytest.mark.parametrize(("event", "values", "words"), TOLD, ids=lambda of: type(of).__name__)
def test_an_event(event: Happening, values: dict[str, object], words: str) -> None:
    assert told(event) == (values, words)


@pytest.mark.parametrize(("silent_s", "heard"), [(61, "nothing heard for 61 s"), (0, "just heard of")])
def test_a_call_that_was_lost(silent_s: int, heard: str) -> None:
    """Who, why and when: RFC 3261 §15.1.1, RFC 4028 §10."""
    before = datetime.now().astimezone().replace(microsecond=0)
    lost = Lost("no answer to BYE", silent_s)
    values, words = told(CallChanged("c", CallStage.ENDED, 200, "sip:b@h", ours=True, lost=lost))
    at = datetime.fromisoformat(values.pop("at"))
    assert before <= at <= datetime.now().astimezone()
    assert values == {
        "event": "call",
        "stage": "ended",
        "to": "sip:b@h",
        "status": 200,
        "call_id": "c",
        "lost": "no answer to BYE",
        "silent_s": silent_s,
    }
    assert words == f"call to sip:b@h: lost at {at:%H:%M:%S}, no answer to BYE; {heard}"


def test_every_event_has_its_words() -> None:
    assert {type(event) for event, _, _ in TOLD} | {Awaiting} == set(get_args(Happening))


def test_who_is_waited_for_and_until_when() -> None:
    before = datetime.now().astimezone().replace(microsecond=0)
    values, words = told(Awaiting(FLOW.remote, "REGISTER", 4, 124))
    assert values == {
        "event": "waiting",
        "for": "10.0.0.1:2",
        "what": "REGISTER",
        "silent_s": 4,
        "left_s": 124,
    }
    until = re.fullmatch(
        r"waiting for 10\.0\.0\.1:2: no answer to REGISTER for 4 s; giving up at (\S+), in 124 s", words
    )
    assert until is not None
    assert until[1] in {f"{before + timedelta(seconds=124 + late):%H:%M:%S}" for late in range(5)}


def test_why_a_registration_failed() -> None:
    """Status, and refusal with its clause, as far as there are any."""
    refusal = Refusal.SECURITY_SERVER_UNACCEPTABLE
    failure = RegistrationFailed(I, refusal.words, 401, refusal)
    values = {"reason": refusal.words, "status": 401, "refusal": refusal.name, "clause": refusal.clause}
    words = f"not registered: {refusal.words} ({refusal.clause})"
    assert failed(NotRegistered(failure), 1) == (False, values, words)
    still = failed(NotDeregistered(RegistrationFailed(I, "no answer")), 1)
    assert still == (False, {"reason": "no answer"}, "not de-registered: no answer")
    late = "no outcome within 0.5 s"
    assert failed(TimeoutError(), 0.5) == (False, {"reason": late}, late)


def test_a_peer_cannot_write_lines_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A message with a line end would pass for a result of the shell, one with ESC would paint the screen."""
    text = "hello\nok: hung up\r\x1b[2J\u2028end"
    assert one_line(text) == "hello ok: hung up  [2J end"
    for as_json in (False, True):
        Printer(as_json=as_json)(*told(MessageReceived("sip:b@h", text.encode(), FLOW)))
    words, values = capsys.readouterr().out.splitlines()
    assert words == "message from sip:b@h: hello ok: hung up  [2J end"
    assert json.loads(values)["text"] == text
