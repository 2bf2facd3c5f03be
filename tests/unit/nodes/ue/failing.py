"""An attempt of a UE that will fail, and what it should leave."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.base import Port, Refusal, Refused, Spi, Transport
from twopair.core.aka import decode_nonce, encode_nonce
from twopair.core.secagree import Terms
from twopair.nodes.facts import RegistrationFailed
from twopair.nodes.wishes import Register

BOTH = pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])


def attempt(*, registered: bool = False, **config: Any) -> Bench:
    """A UE that has sent SM1: in the clear, or over the set of a registration that stands."""
    bench = Bench(**config)
    bench.feed(Register())
    if registered:
        bench.challenge()
        bench.accept()
        bench.feed(Register())
    return bench


def assert_as_before(bench: Bench, sets: int) -> None:
    """ERR-30, ERR-31: nothing is left of the attempt, and what stood before stands."""
    assert len(bench.sets) == sets
    ports = {bench.ue.profile.port_us} | {sa_set.ports.uc for sa_set in bench.sets.values()}
    assert {endpoint.port for endpoint in bench.bound} == ports
    assert all(bench.set_of(flow) for flow in bench.streams)


def refusals(bench: Bench) -> list[Refusal]:
    return [fact.refusal for fact in bench.facts_of(Refused)]


def failure(bench: Bench) -> RegistrationFailed:
    (fact,) = bench.facts_of(RegistrationFailed)
    assert isinstance(fact, RegistrationFailed)
    return fact


def false_nonce(bench: Bench) -> str:
    rand, autn = decode_nonce(bench.fresh_nonce())
    return encode_nonce(rand, autn[:-1] + bytes([autn[-1] ^ 1]))


def stale_nonce(bench: Bench) -> str:
    """A genuine challenge whose sequence number the card has seen."""
    text = bench.fresh_nonce()
    rand, autn = decode_nonce(text)
    bench.card.authenticate(rand, autn)
    return text


THEIRS = Terms(Spi(8193), Spi(8194), Port(5066), Port(5062))
