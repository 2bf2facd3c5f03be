"""CPU time of the P-CSCF node itself, without I/O and without ESP: registrations and relayed MESSAGEs.

Run: ``python -m benchmarks.pcscf_node [UEs…]``. For each number of registered UEs it prints microseconds
per registration (four messages in, four out, one installed set), per re-registration, and per relayed
MESSAGE with its 200 in both directions (two messages in, two out): medians over batches. Messages are
made beforehand; only `feed` is timed.
"""

import gc
import sys
from collections.abc import Iterable
from statistics import median
from time import thread_time
from typing import Any

from tests.unit.nodes.pcscf.bed import CORE, HOME, UDP, Bed, Ue

from benchmarks.machine import machine_line
from twopair.base import Flow, Received, Send, seconds
from twopair.core.sa import InstallSas, SasInstalled
from twopair.live.collector import spare_what_stays
from twopair.nodes.events import Woke
from twopair.wire.sip import Request, make_response, parse

BODY = "x" * 200
BATCH = 200
BATCHES = 25
REGISTRATIONS = 500
FROM_CORE = Flow(UDP, CORE, HOME)


class Meter:
    """Stands in for the bed's `feed` and counts the time."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.spent = 0.0
        bed.feed = self.feed  # type: ignore[method-assign]
        bed.install = False

    def feed(self, event: Any) -> list[Any]:
        """One event, and the outcome of the install it led to."""
        pcscf, now = self.bed.pcscf, self.bed.now
        start = thread_time()
        actions = list(pcscf.feed(event, now))
        self.spent += thread_time() - start
        for action in actions:
            if isinstance(action, InstallSas):
                actions += self.feed(SasInstalled(action.sa_set.set_id))
        self.bed.fresh = self.bed.actions = actions
        return actions

    def all(self, events: Iterable[Any]) -> list[Any]:
        """A batch of events without installs."""
        pcscf, now = self.bed.pcscf, self.bed.now
        start = thread_time()
        actions = [pcscf.feed(event, now) for event in events]
        self.spent += thread_time() - start
        return [action for some in actions for action in some]

    def take(self) -> float:
        """Microseconds since the last call."""
        spent, self.spent = self.spent, 0.0
        return spent * 1e6


def register(meter: Meter, ue: Ue, *, again: bool) -> float:
    """One registration, in the clear or over the set."""
    bed = meter.bed
    meter.take()
    bed.sm6(ue, bed.sm1_over(ue) if again else bed.sm1(ue))
    bed.ok(bed.sm7(ue), ue)
    return meter.take()


def settle(bed: Bed) -> None:
    """Let the timers of answered transactions run out."""
    bed.now += seconds(200)  # type: ignore[assignment]
    bed.pcscf.feed(Woke(), bed.now)


def answers(actions: Iterable[Any]) -> list[bytes]:
    """A 200 to every request among the actions."""
    found = [parse(action.data) for action in actions if isinstance(action, Send)]
    return [make_response(m, 200, to_tag="x").to_bytes() for m in found if isinstance(m, Request)]


def upward(meter: Meter, ues: list[Ue]) -> float:
    """MESSAGEs to the core and back."""
    events = [Received(ue.uplink, ue.request(body=BODY)) for ue in ues]
    meter.take()
    sent = meter.all(events)
    meter.all([Received(FROM_CORE, data) for data in answers(sent)])
    return meter.take() / len(ues)


def downward(meter: Meter, ues: list[Ue]) -> float:
    """MESSAGEs from the core and back."""
    bed = meter.bed
    events: list[Received] = []
    bed.feed = events.append  # type: ignore[method-assign,assignment]
    for ue in ues:
        bed.from_core(ue)
    bed.feed = meter.feed  # type: ignore[method-assign]
    meter.take()
    sent = meter.all(events)
    meter.all([Received(ue.uplink, data) for ue, data in zip(ues, answers(sent), strict=True)])
    return meter.take() / len(ues)


def yardstick(ue: Ue) -> float:
    """Microseconds to parse one MESSAGE now: how fast the machine is at this moment."""
    data = ue.request(body=BODY)
    start = thread_time()
    for _ in range(5000):
        parse(data)
    return (thread_time() - start) / 5000 * 1e6


def registered(count: int) -> tuple[Meter, list[Ue], list[float]]:
    """A P-CSCF with so many UEs, and what each registration cost."""
    meter = Meter(Bed())
    ues = [Ue(number) for number in range(count)]
    costs = []
    for number, ue in enumerate(ues):
        costs.append(register(meter, ue, again=False))
        if number % 500 == 499:
            settle(meter.bed)
    settle(meter.bed)
    return meter, ues, costs


def measure(count: int) -> None:
    """One line of figures.

    With few UEs there are several P-CSCFs one after the other: the first registrations of a process cost
    five times as much as the hundredth, since the interpreter specialises code as it runs.
    """
    first: list[float] = []
    while len(first) < REGISTRATIONS:
        meter, ues, costs = registered(count)
        first += costs
    bed = meter.bed
    gc.collect()
    again = []
    for ue in [ues[i % count] for i in range(300)]:
        again.append(register(meter, ue, again=True))
        upward(meter, [ue])
        settle(bed)
    batches = [[ues[(i * 7919 + b * BATCH) % count] for i in range(BATCH)] for b in range(BATCHES)]
    up = [upward(meter, batch) for batch in batches]
    settle(bed)
    down = [downward(meter, batch) for batch in batches]
    columns = (
        ("registration", first[-2000:]),
        ("re-registration", again),
        ("MESSAGE up", up),
        ("down", down),
    )
    figures = ", ".join(f"{name} {median(times):5.1f} ({min(times):5.1f})" for name, times in columns)
    print(f"{count:>6} UEs, µs, median (least): {figures}; yardstick: parse {yardstick(ues[0]):.1f}")


if __name__ == "__main__":
    print(machine_line())
    spare_what_stays()  # as the program does
    for text in sys.argv[1:] or ("10", "10000"):
        measure(int(text))
