"""Answers to SM1 that end or repeat an attempt (UEP-13, UEP-14, UNP-03; ERR-25)."""

import pytest
from tests.unit.nodes.ue.failing import BOTH, assert_as_before, attempt, failure, refusals
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.base import Refusal, Transport
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.wishes import Register


@BOTH
@pytest.mark.parametrize("status", [403, 420, 494, 404, 600])
def test_rejected_at_once(status: int, transport: Transport) -> None:
    """ERR-08, UEP-14, UEP-16: no automatic retry, above all not without security."""
    bench = attempt(transport=transport)
    bench.answer(status)
    assert failure(bench).status == status
    assert_as_before(bench, 0)
    bench.pass_time(10_000)
    assert len(bench.requests) == 1


def test_interval_too_brief() -> None:
    """UEP-14: 423 is repeated with Min-Expires; a nonsensical one is not."""
    bench = attempt(expires_s=600)
    first, _ = bench.last
    bench.answer(423, [("Min-Expires", "1200")])
    again, _ = bench.last
    assert again.get("Expires") == "1200"
    assert (again.call_id, again.cseq.number) == (first.call_id, first.cseq.number + 1)
    bench.answer(423, [("Min-Expires", "1200")])
    assert failure(bench).status == 423


def test_unavailable() -> None:
    """UEP-13: 30 to 60 s after a first 5xx, then later and later; Retry-After is obeyed (UEP-14)."""
    bench = attempt()
    bench.answer(500)
    assert failure(bench).status == 500
    bench.pass_time(29)
    assert len(bench.requests) == 1
    bench.pass_time(32)
    assert len(bench.requests) == 2
    bench.answer(503, [("Retry-After", "4000 (maintenance)")])
    bench.pass_time(3999)
    assert len(bench.requests) == 2
    bench.pass_time(2)
    assert len(bench.requests) == 3


def test_no_retries_if_not_wanted() -> None:
    """UEP-13: the automatism can be switched off."""
    bench = attempt(retries=False)
    bench.answer(500)
    bench.pass_time(10_000)
    assert len(bench.requests) == 1


@BOTH
def test_no_answer_to_sm1(transport: Transport) -> None:
    """ERR-25, TMR-04: after timer F, 128 s on Gm; then tried again."""
    bench = attempt(transport=transport)
    bench.pass_time(127)
    assert not bench.facts_of(RegistrationFailed)
    bench.pass_time(2)
    assert failure(bench).status == 0
    assert_as_before(bench, 0)
    bench.pass_time(62)
    assert len(bench.requests) == 2


def test_connection_refused() -> None:
    """ERR-25: TCP says at once what UDP says after 128 s, and why."""
    bench = Bench(transport=Transport.TCP, retries=False)
    bench.listens = False
    bench.feed(Register())
    assert failure(bench).reason == "connection refused"
    assert_as_before(bench, 0)


def test_unprotected_200_registers_nobody() -> None:
    """CLEAR_OK. UNP-03, UNP-04, VAR-60: a 200 to SM1 without authentication is no registration."""
    bench = attempt()
    bench.accept()
    assert not bench.facts_of(Registered)
    assert refusals(bench) == [Refusal.CLEAR_OK]
    assert failure(bench).status == 200
