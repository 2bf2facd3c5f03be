"""Somebody at the same address has the client port: other ports, once (33.203 §7.1; SA-22, SA-27)."""

import pytest
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.base import Refusal, Transport
from twopair.core.secagree import Offer
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.wishes import Register

REASON = [("Reason", f'SIP;cause=403;text="{Refusal.PORT_COLLISION.words}"')]


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_after_a_collision_the_ue_tries_other_ports(transport: Transport) -> None:
    """ERR-09: a new attempt with another port_uc and a new Call-ID; the server port stays."""
    bench = Bench(transport=transport)
    bench.feed(Register())
    first, _ = bench.last
    bench.answer(403, REASON)
    again, _ = bench.last
    assert again.call_id != first.call_id
    before, after = (Offer.parse(r.get_all("Security-Client")).terms for r in (first, again))
    assert before is not None
    assert after is not None
    assert before.port_c != after.port_c
    assert before.port_s == after.port_s
    bench.challenge()
    bench.accept()
    assert bench.facts_of(Registered)


def test_only_once() -> None:
    """ERR-09: a second collision in a row ends the attempt."""
    bench = Bench()
    bench.feed(Register())
    bench.answer(403, REASON)
    bench.answer(403, REASON)
    [fact] = bench.facts_of(RegistrationFailed)
    assert fact.status == 403
    assert len(bench.requests) == 2


def test_any_other_403_is_final() -> None:
    """UEP-14: no automatic retry."""
    bench = Bench()
    bench.feed(Register())
    bench.answer(403, [("Reason", 'SIP;cause=403;text="no"')])
    assert len(bench.requests) == 1
