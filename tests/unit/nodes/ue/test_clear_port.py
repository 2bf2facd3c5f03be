"""A fixed port for REGISTER in the clear (MSG-05): some P-CSCFs want it to be 5060."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import PCSCF, UE, Bench

from twopair.base import Bind, CloseStream, Endpoint, Flow, OpenStream, Port, Transport, Unbind
from twopair.core.secagree import Offer
from twopair.nodes.facts import Registered
from twopair.nodes.ue import UeConfig
from twopair.nodes.wishes import Deregister, Register

BOTH = pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)
CLEAR, GM = Endpoint(UE, Port(5060)), Endpoint(PCSCF, Port(5060))


def bench_on_5060(transport: Transport) -> Bench:
    return Bench(transport=transport, clear_port=Port(5060))


def register(bench: Bench) -> None:
    bench.feed(Register())
    bench.challenge()
    bench.accept()


@BOTH
def test_sm1_leaves_from_it_and_all_else_does_not(transport: Transport) -> None:
    """MSG-05, SA-20, SA-27: Via names it; what is protected is drawn as ever."""
    bench = bench_on_5060(transport)
    register(bench)
    (sm1, in_clear), (sm7, protected) = bench.requests
    assert in_clear == Flow(transport, CLEAR, GM)
    assert (sm1.top_via.host, sm1.top_via.port) == CLEAR
    assert "rport" in sm1.top_via.params
    terms = Offer.parse(sm1.get_all("Security-Client")).terms
    assert terms is not None
    ports = {terms.port_c, terms.port_s, protected.local.port, sm7.top_via.port}
    assert ports <= set(bench.config.ports)
    assert f"@{UE}:{terms.port_s}" in (sm1.get("Contact") or "")
    assert len(bench.facts_of(Registered)) == 1


def test_over_udp_it_is_bound_from_the_start() -> None:
    """If another program has it, that shows before anything is sent; it stays ours between attempts."""
    bench = bench_on_5060(Transport.UDP)
    assert bench.bound[CLEAR] == Bind(CLEAR, protected=False, listen=False)
    for wish in (Register(), Deregister(), Register()):
        bench.feed(wish)
        bench.challenge()
        bench.accept(0 if isinstance(wish, Deregister) else 3600)
        assert CLEAR in bench.bound
    assert Unbind(CLEAR) not in bench.actions
    assert [flow.local for _, flow in bench.requests if flow.remote == GM] == [CLEAR] * 2


def test_over_tcp_a_connection_for_each_attempt() -> None:
    """MSG-05, MSG-07: the connection of an attempt ends with it, and the next has the same ports."""
    bench = bench_on_5060(Transport.TCP)
    flow = Flow(Transport.TCP, CLEAR, GM)
    assert CLEAR not in bench.bound
    for wish in (Register(), Deregister(), Register()):
        bench.feed(wish)
        bench.challenge()
        bench.accept(0 if isinstance(wish, Deregister) else 3600)
    assert flow not in bench.streams
    assert of_flow(bench, flow) == [OpenStream, CloseStream] * 2


@BOTH
def test_a_new_attempt_at_once(transport: Transport) -> None:
    """ERR-10: after 494 the UE begins anew; over TCP one connection closes before the next opens."""
    bench = bench_on_5060(transport)
    bench.feed(Register())
    bench.challenge()
    first = bench.requests[0][0]
    bench.answer(494)
    again, flow = bench.last
    assert flow == Flow(transport, CLEAR, GM)
    assert again.call_id != first.call_id
    if transport is Transport.TCP:
        assert of_flow(bench, flow) == [OpenStream, CloseStream, OpenStream]
    bench.challenge()
    bench.accept()
    assert len(bench.facts_of(Registered)) == 1


def of_flow(bench: Bench, flow: Flow) -> list[type]:
    return [
        type(action) for action in bench.actions if getattr(action, "flow", None) == flow and opens(action)
    ]


def opens(action: Any) -> bool:
    return isinstance(action, OpenStream | CloseStream)


@pytest.mark.parametrize(
    ("port", "words"),
    [(0, "clear_port: 1 to"), (65_536, "clear_port: 1 to"), (20_000, "clear_port: not one of")],
)
def test_ports_it_cannot_be(port: int, words: str) -> None:
    """SA-21: what is protected is not for clear text."""
    with pytest.raises(ValueError, match=words):
        UeConfig(UE, GM, clear_port=Port(port))


@pytest.mark.parametrize("port", [1, 5060, 5061, 10_239, 32_768, 65_535])
def test_ports_it_can_be(port: int) -> None:
    """SA-20 forbids 5060 and 5061 for protected ports only."""
    assert UeConfig(UE, GM, clear_port=Port(port)).clear_port == port
