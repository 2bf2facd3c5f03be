"""A UE in the simulator that offers what it has already (Q-22, RRG-02)."""

from collections.abc import Sequence

import pytest
from tests.figure1_sets import sa_set

from twopair.base import Endpoint, Flow, Micros, Port, Send, Transport, Woke
from twopair.core.sa import End, InstallSas, PortName, RemoveSas
from twopair.nodes import Action, Event
from twopair.sim.phones import Repeating

MADE = sa_set(end=End.UE)
OVER = MADE.flow(Transport.UDP, PortName.UC, PortName.PS)
CLEAR = Flow(Transport.UDP, Endpoint(MADE.ue, Port(30_000)), Endpoint(MADE.pcscf, Port(5060)))


def register(branch: str) -> bytes:
    return (
        f"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch={branch}\r\nSecurity-Client: ipsec-3gpp;"
        "alg=null;spi-c=70000;spi-s=70001;port-c=7000;port-s=7001\r\nSecurity-Verify: tls;spi-c=5\r\n\r\n"
    ).encode()


class Ue:
    """Does what it is told next."""

    def __init__(self) -> None:
        self.next: list[Action] = []

    def feed(self, _event: Event, _now: Micros) -> Sequence[Action]:
        return self.next

    def next_deadline(self) -> None:
        return None


def sent(ue: Ue, node: Repeating, *actions: Action) -> bytes:
    ue.next = list(actions)
    [last] = node.feed(Woke(), Micros(0))[-1:]
    assert isinstance(last, Send)
    return last.data


@pytest.mark.parametrize("repeats", [True, False])
def test_over_a_set_its_own_values(repeats: bool) -> None:
    """And the same each time it is sent."""
    answers = [repeats, not repeats]
    ue = Ue()
    node = Repeating(ue, lambda: answers.pop(0))
    assert node.next_deadline() is None
    said = sent(ue, node, InstallSas(MADE), Send(OVER, register("z9hG4bKa")))
    own = b"spi-c=%d;spi-s=%d;port-c=%d;port-s=7001\r\n" % (*MADE.spis[:2], MADE.ports.uc)
    assert (own in said) is repeats
    assert b"Security-Verify: tls;spi-c=5\r\n" in said
    assert sent(ue, node, Send(OVER, register("z9hG4bKa"))) == said
    assert answers == [not repeats]


def test_in_the_clear_and_over_a_set_that_is_gone_new_values() -> None:
    ue = Ue()
    node = Repeating(ue, lambda: True)
    assert sent(ue, node, InstallSas(MADE), Send(CLEAR, register("z9hG4bKa"))) == register("z9hG4bKa")
    gone = sent(ue, node, RemoveSas(MADE.set_id), Send(OVER, register("z9hG4bKb")))
    assert gone == register("z9hG4bKb")
    assert sent(ue, node, InstallSas(MADE), Send(OVER, b"MESSAGE sip:x SIP/2.0")) == b"MESSAGE sip:x SIP/2.0"
