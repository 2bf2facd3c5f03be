"""Whatever the UE has asked: an answer that its set or registration is of no use makes it begin anew.

494: another agreement (UEP-16). 504 of one who serves it, with the wish for restoration (UEP-15). Silence: a
question over the set, then the same (MGU-10).
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, PCSCF, Bench

from twopair.base import Endpoint, Flow, Port, Received
from twopair.nodes.facts import (
    CallChanged,
    CallStage,
    Deregistered,
    MessageAnswered,
    Registered,
    RegistrationFailed,
)
from twopair.nodes.wishes import Call, Deregister, HangUp, Register, Say, SendMessage
from twopair.wire.sip import Request, make_response

BOB = ALICE
CLEAR = Endpoint(PCSCF, Port(5060))
XML = "application/3gpp-ims+xml"
RESTORE = (
    b'<?xml version="1.0" encoding="UTF-8"?><ims-3gpp version="1"><alternative-service>'
    b"<type>restoration</type><reason>try again</reason><action>initial-registration</action>"
    b"</alternative-service></ims-3gpp>"
)
SERVICE = ("P-Asserted-Identity", "<sip:orig@scscf.home;lr>")
KIND = ("Content-Type", XML)


def registered(**config: Any) -> Bench:
    bench = Bench(**config)
    bench.feed(Register())
    bench.challenge()
    bench.accept(600_000, ("Path", "<sip:token@pcscf.visited;lr>"))
    return bench


def message(bench: Bench) -> None:
    bench.feed(SendMessage(BOB, b"hello"))


def invite(bench: Bench) -> None:
    bench.feed(Call(BOB))


def cancel(bench: Bench) -> None:
    invite(bench)
    bench.answer(180)
    bench.feed(HangUp())


def in_call(bench: Bench, *headers: tuple[str, str]) -> None:
    invite(bench)
    bench.answer(200, [("Contact", "<sip:bob@home>"), *headers])


def bye(bench: Bench) -> None:
    in_call(bench)
    bench.feed(HangUp())


def say(bench: Bench) -> None:
    in_call(bench)
    bench.feed(Say(b"hello"))


def update(bench: Bench) -> None:
    in_call(bench, ("Allow", "UPDATE"), ("Session-Expires", "90;refresher=uac"))
    bench.pass_time(46)


def re_invite(bench: Bench) -> None:
    in_call(bench, ("Session-Expires", "90;refresher=uac"))
    bench.pass_time(46)


def options(bench: Bench) -> None:
    bench.pass_time(101)


ASK: dict[str, tuple[Callable[[Bench], None], str]] = {
    "MESSAGE": (message, "MESSAGE"),
    "INVITE": (invite, "INVITE"),
    "CANCEL": (cancel, "CANCEL"),
    "BYE": (bye, "BYE"),
    "MESSAGE in a call": (say, "MESSAGE"),
    "UPDATE": (update, "UPDATE"),
    "re-INVITE": (re_invite, "INVITE"),
    "OPTIONS": (options, "OPTIONS"),
}
ANY = pytest.mark.parametrize("what", ASK)


def asked(what: str, **config: Any) -> tuple[Bench, tuple[Request, Flow]]:
    """A registered UE that has just asked that, over its set."""
    ask, method = ASK[what]
    if what == "OPTIONS":
        config |= {"keep_alive": "options", "keep_alive_s": 100}
    bench = registered(**config)
    ask(bench)
    assert (bench.last[0].method, bench.last[1].remote.port) == (method, 5062)
    return bench, bench.last


def restore(
    bench: Bench,
    to: tuple[Request, Flow],
    headers: tuple[tuple[str, str], ...] = (SERVICE, KIND),
    body: bytes = RESTORE,
) -> None:
    """504, with a body."""
    request, flow = to
    response = make_response(request, 504, to_tag="p", headers=headers, body=body)
    bench.feed(Received(bench.response_flow(flow), response.to_bytes()))


def registers(bench: Bench) -> list[tuple[Request, Flow]]:
    return [(request, flow) for request, flow in bench.requests if request.method == "REGISTER"]


def assert_anew(bench: Bench) -> None:
    """One REGISTER more, in the clear; the set carries on until another is established (ERR-30)."""
    register, flow = registers(bench)[-1]
    assert len(registers(bench)) == 3
    assert flow.remote == CLEAR
    assert register.get("Security-Verify") is None
    assert register.call_id != registers(bench)[0][0].call_id
    assert list(bench.sets) == [1]
    assert not bench.facts_of(Deregistered)
    bench.answer(401, bench.challenge_headers(), to=(register, flow))
    bench.accept()
    assert list(bench.sets) == [2]
    assert len(bench.facts_of(Registered)) == 2
    calls = bench.facts_of(CallChanged)
    assert not calls or calls[-1].stage is CallStage.ENDED


@ANY
def test_494(what: str) -> None:
    """UEP-16."""
    bench, _ = asked(what)
    bench.answer(494)
    assert_anew(bench)


@pytest.mark.parametrize("what", [what for what in ASK if what != "OPTIONS"])
def test_494_where_nothing_is_tried_again(what: str) -> None:
    """UEP-16: it is no retry of a registration that failed."""
    bench, _ = asked(what, retries=False)
    bench.answer(494)
    assert_anew(bench)


@ANY
def test_504_with_the_wish_for_restoration(what: str) -> None:
    """UEP-15."""
    bench, to = asked(what)
    restore(bench, to)
    assert_anew(bench)


@ANY
def test_silence(what: str) -> None:
    """MGU-10: after at most 25 s the set is given up, and nothing of a call is left."""
    bench, (request, _) = asked(what)
    bench.pass_time(25)
    register, flow = bench.last
    assert (register.method, flow.remote) == ("REGISTER", CLEAR)
    assert not bench.sets
    assert [fact.reason for fact in bench.facts_of(Deregistered)] == ["no answer over the SA set"]
    assert [r.method for r, _ in bench.requests].count("OPTIONS") == 1
    if request.method == "MESSAGE":
        assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [408]
    calls = bench.facts_of(CallChanged)
    assert not calls or calls[-1].stage is CallStage.ENDED


OTHERS = [(what, status) for what in ASK for status in (400, 403, 404, 408, 480, 500, 503, 504, 603)]


@pytest.mark.parametrize(("what", "status"), [one for one in OTHERS if one != ("OPTIONS", 403)])
def test_other_answers(what: str, status: int) -> None:
    """UEP-15, UEP-16: the far end's answer, or one without the words; 403 to a question is PCS-09."""
    bench, _ = asked(what)
    bench.answer(status)
    bench.pass_time(3)
    assert len(registers(bench)) == 2


@pytest.mark.parametrize(
    "said",
    [
        "<sip:orig@scscf.home;lr>",
        '"S-CSCF" <sip:orig@SCSCF.home;lr>',
        "<sip:second.home;lr>",
        "<sip:token@pcscf.visited;lr>",
    ],
)
def test_who_asks_for_restoration(said: str) -> None:
    """UEP-15: S-CSCF or P-CSCF, by a URI of Service-Route or of Path (RFC 3261 §19.1.4)."""
    bench, to = asked("MESSAGE")
    restore(bench, to, (("P-Asserted-Identity", said), ("Content-Type", f"{XML};charset=utf-8")))
    assert_anew(bench)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((KIND,), RESTORE),
        ((("P-Asserted-Identity", "<sip:other@scscf.home>"), KIND), RESTORE),
        ((("P-Asserted-Identity", "<sip:["), KIND), RESTORE),
        ((SERVICE, ("Content-Type", "text/plain")), RESTORE),
        ((SERVICE,), RESTORE),
        ((SERVICE, KIND), b""),
        ((SERVICE, KIND), b"<ims-3gpp>"),
        ((SERVICE, KIND), b'<ims-3gpp version="1"/>'),
        ((SERVICE, KIND), RESTORE.replace(b"<type>restoration", b"<type>emergency")),
        ((SERVICE, KIND), RESTORE.replace(b">initial-registration", b">emergency-registration")),
        ((SERVICE, KIND), RESTORE.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>')),
    ],
)
def test_who_does_not(headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """UEP-15: all of it must be there, for anybody may answer 504."""
    bench, to = asked("MESSAGE")
    restore(bench, to, headers, body)
    assert len(registers(bench)) == 2
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [504]


# what goes on meanwhile


def test_494_to_a_re_registration_is_not_such_an_answer() -> None:
    """ERR-26, ERR-30: the registration stands, as does the set."""
    bench = registered()
    bench.feed(Register())
    bench.answer(494)
    bench.pass_time(60)
    assert len(registers(bench)) == 3
    assert list(bench.sets) == [1]
    assert [fact.status for fact in bench.facts_of(RegistrationFailed)] == [494]


def test_several_answers_are_one_beginning() -> None:
    """UEP-16: an attempt that is under way is to bring the new set."""
    bench = registered()
    for _ in range(3):
        message(bench)
    messages = bench.requests[-3:]
    for one in messages:
        bench.answer(494, to=one)
    assert_anew(bench)
    bench.pass_time(60)
    assert len(registers(bench)) == 4


def test_494_during_a_re_registration_that_fails() -> None:
    """UEP-16: which goes over the same set; what follows goes in the clear."""
    bench = registered()
    message(bench)
    asked_over_set = bench.last
    bench.feed(Register())
    bench.answer(494, to=asked_over_set)
    assert len(registers(bench)) == 3
    bench.answer(494)
    register, flow = bench.last
    assert (register.method, flow.remote) == ("REGISTER", CLEAR)
    bench.challenge()
    bench.accept()
    assert list(bench.sets) == [2]


def test_494_during_a_re_registration_that_succeeds() -> None:
    """UEP-16, MGU-04: it has brought another set, and nothing is left to do."""
    bench = registered()
    message(bench)
    asked_over_set = bench.last
    bench.feed(Register())
    bench.answer(494, to=asked_over_set)
    bench.challenge()
    bench.accept()
    sent = len(bench.requests)
    bench.pass_time(60)
    assert len(bench.requests) == sent
    assert len(bench.facts_of(Registered)) == 2


def test_494_over_a_set_that_is_old_already() -> None:
    """UEP-16: the set in use is another by now."""
    bench = registered()
    message(bench)
    asked_over_set = bench.last
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    sent = len(bench.requests)
    bench.answer(494, to=asked_over_set)
    assert len(bench.requests) == sent


def test_an_attempt_that_fails_is_made_again_in_the_clear() -> None:
    """UEP-13, UEP-16: not at every answer, and never over the set that is of no use."""
    bench = registered()
    message(bench)
    bench.answer(494)
    bench.answer(503)
    [failed] = bench.facts_of(RegistrationFailed)
    sent = len(registers(bench))
    message(bench)
    bench.answer(494)
    assert len(registers(bench)) == sent
    bench.pass_time(failed.retry_s + 1)
    register, flow = bench.last
    assert (register.method, flow.remote) == ("REGISTER", CLEAR)
    bench.challenge()
    bench.accept()
    assert list(bench.sets) == [2]


def test_after_an_attempt_that_was_rejected_the_next_answer_begins_anew() -> None:
    """UEP-14, UEP-16."""
    bench = registered()
    for _ in range(2):
        message(bench)
        bench.answer(494)
        assert bench.last[1].remote == CLEAR
        bench.answer(403)
        assert list(bench.sets) == [1]


def test_who_leaves_meanwhile_does_so_over_the_set() -> None:
    """MGU-12: nobody is de-registered in the clear."""
    bench = registered()
    message(bench)
    bench.answer(494)
    bench.answer(403)
    bench.feed(Deregister())
    register, flow = bench.last
    assert flow.remote.port == 5062
    assert register.get("Expires") == "0"


def test_requests_that_hang_fail_with_the_set() -> None:
    """MGU-10: they are answered by nobody any more; the user hears at SM12, not after 128 s."""
    bench = registered()
    message(bench)
    message(bench)
    bench.answer(494)
    bench.challenge()
    bench.accept()
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [494, 408]
