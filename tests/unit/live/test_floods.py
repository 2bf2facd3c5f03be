"""What is above a limit is two lines of the log, however much of it comes."""

import logging
from collections.abc import Callable

import pytest

from twopair.base import SECOND, Endpoint, Flow, Limit, Micros, Port, Refusal, Refused, Transport
from twopair.live.facts_log import FactLog

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(6000)))
ANSWERED = Refused(Refusal.OVERLOADED, FLOW, Limit.REGISTER_RATE.word)
DROPPED = Refused(Refusal.FLOODED, FLOW, Limit.REGISTER_RATE.word)


class Bench:
    """A log with a clock, and a loop that calls what is due."""

    def __init__(self) -> None:
        self.now = 0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.log = FactLog(lambda: Micros(self.now), lambda after, what: self.due.append((after, what)))

    def flood(self, for_s: int, *facts: Refused) -> None:
        """A hundred a second of each."""
        for _ in range(for_s * 100):
            self.wait(0.01)
            for fact in facts:
                self.log(fact)

    def wait(self, amount_s: float) -> None:
        end = self.now + round(amount_s * SECOND)
        waiting = [(after - amount_s, what) for after, what in self.due]
        self.due = [(after, what) for after, what in waiting if after > 0]
        self.now = end
        for after, what in waiting:
            if after <= 0:
                what()


def test_one_line_when_it_begins_and_one_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.flood(60, ANSWERED, DROPPED)
    [begins] = caplog.messages
    assert begins == (
        "above a limit, REGISTER requests a second in the clear, of all UEs (register_rate), "
        "first on udp 10.0.0.1:5060>10.0.1.1:6000"
    )
    bench.wait(20)
    assert caplog.messages[1:] == [
        "no longer above the limit register_rate: FLOODED 6000, OVERLOADED 6000 in 60 s"
    ]
    assert bench.log.counts == {"OVERLOADED": 6000, "FLOODED": 6000}
    bench.wait(100)
    assert len(caplog.messages) == 2
    assert bench.due == []


def test_a_pause_is_no_end_and_the_next_flood_is_another(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    for _ in range(5):
        bench.flood(1, DROPPED)
        bench.wait(9)
    assert len(caplog.messages) == 1
    bench.wait(20)
    bench.flood(1, DROPPED)
    bench.wait(30)
    assert len(caplog.messages) == 4


def test_limits_beside_each_other_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    other = Refused(Refusal.OVERLOADED, FLOW, Limit.CONNECTIONS.word)
    bench.flood(2, ANSWERED, other)
    bench.flood(20, other)
    bench.wait(11)
    assert [message.partition(":")[0].split()[-1] for message in caplog.messages[2:]] == [
        "register_rate",
        "connections",
    ]


def test_without_a_loop_the_end_is_told_at_the_next(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "twopair.facts")
    now = 0
    log = FactLog(lambda: Micros(now))
    log(DROPPED)
    now = 100 * SECOND
    log(DROPPED)
    assert ["no longer" in message for message in caplog.messages] == [False, True, False]
