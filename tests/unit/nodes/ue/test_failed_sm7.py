"""Answers to SM7 other than 200, and silence (MGU-07; ERR-01, ERR-02, ERR-10, ERR-24, ERR-26)."""

import pytest
from tests.unit.nodes.ue.failing import BOTH, THEIRS, assert_as_before, attempt, failure, refusals
from tests.unit.nodes.ue.gm_bench import UE

from twopair.base import Refusal, Transport, seconds
from twopair.core.sa import Stage
from twopair.core.secagree import ServerList
from twopair.core.sip import Timers
from twopair.nodes.facts import Deregistered, Registered, SetStage


@BOTH
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("status", [403, 404])
def test_sm7_rejected(status: int, registered: bool, transport: Transport) -> None:
    """ERR-02, MGU-07, INT-06: temporary set deleted, the registration that stood still stands."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    bench.answer(status)
    assert failure(bench).status == status
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)


@BOTH
@pytest.mark.parametrize("registered", [False, True])
def test_sm7_unanswered(registered: bool, transport: Transport) -> None:
    """ERR-01, ERR-05, ERR-13, ERR-15: silence means that the keys or SPIs differ; the old set stays."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    bench.pass_time(129)
    assert failure(bench).reason.startswith("no answer over the new SA set, null/aes-gcm: other keys")
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)
    sent = len(bench.requests)
    bench.pass_time(62)
    again, flow = bench.requests[sent]
    assert (flow.remote.port != 5060) == registered
    assert again.get("Security-Client")


@BOTH
@pytest.mark.parametrize("registered", [False, True])
def test_sm7_disagreed(registered: bool, transport: Transport) -> None:
    """ERR-10, ERR-14, ERR-16, ERR-26: temporary set deleted, one new attempt, then no more."""
    bench = attempt(transport=transport, registered=registered)
    bench.challenge()
    first, _ = bench.last
    bench.answer(494, [("Security-Server", "tls")])
    assert bench.last[0].call_id != first.call_id
    assert len(bench.sets) == registered
    bench.challenge()
    bench.answer(494)
    assert failure(bench).status == 494
    assert_as_before(bench, registered)
    assert not bench.facts_of(Deregistered)


def test_sm7_challenged_again() -> None:
    """ERR-02: a new 401 replaces the temporary set; the third valid challenge is the last answered."""
    bench = attempt()
    for expected in (1, 2, 3):
        bench.challenge()
        assert list(bench.sets) == [expected]
    bench.challenge()
    assert failure(bench).refusal is Refusal.TOO_MANY_CHALLENGES
    assert_as_before(bench, 0)


def test_temporary_set_expires() -> None:
    """TMR-01, MGU-07, ERR-31: 4 minutes, even if the transaction layer waits longer."""
    slow = Timers(seconds(10), seconds(16), seconds(17))
    bench = attempt(timers=slow)
    bench.challenge()
    bench.pass_time(239)
    assert bench.sets
    bench.pass_time(2)
    assert failure(bench).status == 0
    assert_as_before(bench, 0)


@pytest.mark.parametrize("registered", [False, True])
def test_set_cannot_be_installed(registered: bool) -> None:
    """ERR-24, SA-01, SA_INSTALL_FAILED: no SM7, nothing left."""
    bench = attempt(registered=registered)
    bench.backend_refuses = True
    sent = len(bench.requests)
    bench.challenge()
    assert len(bench.requests) == sent
    assert failure(bench).refusal is Refusal.SA_INSTALL_FAILED
    assert_as_before(bench, registered)


def test_final_failure_over_the_old_set() -> None:
    """FLOW-07: an answer to SM7 is taken on either set."""
    bench = attempt(registered=True)
    old = bench.response_flow(bench.last[1])
    bench.challenge()
    bench.answer(403, over=old)
    assert failure(bench).status == 403
    assert_as_before(bench, 1)


def test_stages_of_a_failed_attempt() -> None:
    """ERR-31: the temporary set is seen to come and go."""
    bench = attempt()
    bench.challenge()
    bench.answer(403)
    assert [fact.stage for fact in bench.facts_of(SetStage)] == [Stage.TEMPORARY, Stage.DELETED]


def test_late_answers_to_an_earlier_register_are_no_news() -> None:
    """FLOW-05, RFC 3261 §17.1: an attempt that ended is not revived."""
    bench = attempt()
    bench.challenge()
    sm7 = bench.last
    flow = bench.response_flow(sm7[1])
    bench.answer(403)
    bench.answer(200, to=sm7, over=flow)
    assert not bench.facts_of(Registered)
    assert Refusal.CLEAR_ANSWER_TO_PROTECTED in refusals(bench)


def test_list_of_the_server_is_its_own() -> None:
    """AGR-22, AGR-21: stronger entries than the network would have chosen for a tampered SM1 are used."""
    bench = attempt()
    bench.challenge(terms=THEIRS)
    (sa_set,) = bench.sets.values()
    assert str(sa_set.suite) == "null/aes-gcm"
    assert sa_set.ue == UE
    assert ServerList.make(THEIRS, bench.config.suites).lines == tuple(
        bench.last[0].get_all("Security-Verify")
    )
