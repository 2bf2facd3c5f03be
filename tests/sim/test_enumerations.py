"""Small spaces, walked through completely: losses, changes of one field, orders of messages.

All laws of the simulator are checked after every event, and those of liveness at the end of each walk.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from twopair.base import Micros, Send, Transport, seconds
from twopair.live.lab.plan import LabPlan, usual
from twopair.nodes import Action, Event, Node
from twopair.nodes.facts import Deregistered
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.sim import Kind, Packet
from twopair.sim.weather import Fate, Weather
from twopair.swarm.day import Day
from twopair.swarm.mischief import Plot
from twopair.swarm.rest import nothing_left, registered
from twopair.swarm.setting import Setting

FAIR = Weather()
NOBODY = Plot("none", ())
Fault = Callable[[int, Packet, Fate], Fate]


def day_of(plan: LabPlan, fault: Fault) -> Day:
    """A fair day on which `fault` decides what becomes of the n-th packet of Gm, counted from 1."""
    day = Day(1, setting=Setting(plan, FAIR, NOBODY))
    inner, count = day.world.carrier, 0
    core = {plan.network.core, plan.network.home}

    def carry(packet: Packet) -> Fate:
        nonlocal count
        fate = inner(packet)
        if packet.flow.local.address in core:
            return fate
        count += 1
        return fault(count, packet, fate)

    day.world.carrier = carry
    return day


def wish(day: Day, *wishes: object) -> None:
    """The first UE's user wishes for one thing after the other."""
    for one in wishes:
        day.ues[0].later(one)  # type: ignore[arg-type]
        day.world.run(at_most=seconds(300))


def life(day: Day) -> None:
    """Registration, two re-registrations, a message, de-registration."""
    wish(day, Register(), Register(), Register(), SendMessage(day.impu(0), b"to myself"), Deregister())


# every single loss


@cache
def packets(transport: Transport) -> int:
    """How many packets cross Gm in a life without faults."""
    seen = 0

    def count(number: int, _packet: Packet, fate: Fate) -> Fate:
        nonlocal seen
        seen = number
        return fate

    life(day_of(usual(ues=1, transport=transport), count))
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_every_single_loss(transport: Transport) -> None:
    """RFC 3261 §17, ERR-01, ERR-05, ERR-25: each packet of a life is lost once, those of TCP too."""
    assert packets(transport) >= 18
    for lost in range(1, packets(transport) + 1):
        day = day_of(
            usual(ues=1, transport=transport),
            lambda number, _packet, fate, lost=lost: [] if number == lost else fate,  # type: ignore[misc]
        )
        life(day)
        day.calm()


@pytest.mark.slow
def test_every_copy_at_every_later_moment() -> None:
    """SA-06, RFC 3261 §17.2.2: a copy of message i arrives just behind message j, for all i < j."""
    total = packets(Transport.UDP)
    for first, behind in combinations(range(1, total + 1), 2):
        kept: list[Packet] = []

        def copy(
            number: int,
            packet: Packet,
            fate: Fate,
            first: int = first,
            behind: int = behind,
            kept: list[Packet] = kept,
        ) -> Fate:
            if number == first:
                kept.append(packet)
            return [*fate, *((fate[0][0], one) for one in kept)] if number == behind else fate

        day = day_of(usual(ues=1), copy)
        life(day)
        day.calm()


# every change of one field

_FIELD = re.compile(rb"[A-Za-z0-9]+")


def changes(text: bytes) -> Iterator[bytes]:
    """Each header line left out, and each word or number of the message with another last character."""
    head, _, _body = text.partition(b"\r\n\r\n")
    at = head.index(b"\r\n") + 2
    for line in head[at:].split(b"\r\n"):
        yield text[:at] + text[at:].replace(line + b"\r\n", b"", 1)
    for field in _FIELD.finditer(head):
        last = field.end() - 1
        other = (
            b"%d" % ((text[last] - 47) % 10) if 48 <= text[last] < 58 else b"y" if text[last] != 121 else b"z"
        )
        yield text[:last] + other + text[last + 1 :]


@cache
def message(start: bytes, number: int) -> bytes:
    """The n-th message on Gm that begins like this, on a day without faults."""
    found: list[bytes] = []

    def look(_number: int, packet: Packet, fate: Fate) -> Fate:
        if packet.data.startswith(start):
            found.append(packet.data)
        return fate

    wish(day_of(usual(ues=1), look), Register())
    return found[number]


@pytest.mark.slow
@pytest.mark.parametrize("start", [b"REGISTER", b"SIP/2.0 401"], ids=["SM1", "SM6"])
def test_every_change_of_one_field_on_gm(start: bytes) -> None:
    """AGR-31, AGR-32, ERR-08..ERR-16: what an attacker changes in the clear leads to no wrong set."""
    before = message(start, 0)
    variants = list(changes(before))
    assert len(variants) > 80
    for after in variants:
        changed: list[Packet] = []

        def change(
            _number: int,
            packet: Packet,
            fate: Fate,
            after: bytes = after,
            changed: list[Packet] = changed,
        ) -> Fate:
            if packet.data != before:
                return fate
            changed.append(packet)
            return [(delay, one._replace(data=after)) for delay, one in fate]

        day = day_of(usual(ues=1), change)
        wish(day, Register())
        assert changed
        day.calm()


class Lies:
    """A UE that says something else in one message, inside its SA, where no ICV gives it away."""

    def __init__(self, node: Node, before: bytes, after: bytes) -> None:
        self._node = node
        self._before, self._after = before, after
        self.told = 0

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        return [self._changed(action) for action in self._node.feed(event, now)]

    def _changed(self, action: Action) -> Action:
        if not isinstance(action, Send) or action.data != self._before:
            return action
        self.told += 1
        return Send(action.flow, self._after)

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()


@pytest.mark.slow
def test_every_change_of_one_field_of_sm7() -> None:
    """AGR-31, AGR-34, ERR-06, ERR-10, ERR-11, ERR-19: the P-CSCF compares, and nothing is left of it."""
    before = message(b"REGISTER", 1)
    variants = list(changes(before))
    assert len(variants) > 80
    for after in variants:
        day = day_of(usual(ues=1), lambda _number, _packet, fate: fate)
        day.ues[0].node = liar = Lies(day.ues[0].node, before, after)
        wish(day, Register())
        assert liar.told
        day.calm()


# all orders


class Gate:
    """Holds what UEs and P-CSCF say to each other, in a queue per UE, while it is shut."""

    def __init__(self, plan: LabPlan) -> None:
        self.shut = False
        self.held: dict[str, list[Packet]] = {ue.config.address: [] for ue in plan.ues}

    def __call__(self, _number: int, packet: Packet, fate: Fate) -> Fate:
        if not self.shut or packet.kind not in (Kind.DATAGRAM, Kind.DATA):
            return fate
        ends = (packet.flow.local.address, packet.flow.remote.address)
        next(queue for address, queue in self.held.items() if address in ends).append(packet)
        return []


def bring(day: Day, packet: Packet) -> None:
    """Have a packet arrive now."""
    day.world.host_of(packet.flow.mirrored()).arrive(packet)


@pytest.mark.slow
@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_all_orders_of_two_overlapping_reregistrations(transport: Transport) -> None:
    """MGP-02..MGP-08, RRG-01..RRG-03: one subscription in two UEs, which re-register at once.

    Each has four messages on Gm (SM1, SM6, SM7, SM12): 70 orders. The P-CSCF never has more than three
    sets, and whoever registers last is registered.
    """
    plan = usual(ues=2, transport=transport)
    plan = replace(plan, ues=tuple(replace(ue, card=plan.ues[0].card) for ue in plan.ues))
    for firsts in combinations(range(8), 4):
        gate = Gate(plan)
        day = day_of(plan, gate)
        for ue in day.ues:
            ue.later(Register())
            day.world.run(at_most=seconds(1))
        gate.shut = True
        for ue in day.ues:
            ue.later(Register())
        day.world.run(at_most=seconds(0.01))
        delivered = 0
        for turn in range(8):
            queue = gate.held[plan.ues[0 if turn in firsts else 1].config.address]
            if queue:
                bring(day, queue.pop(0))
                delivered += 1
            day.world.run(at_most=seconds(0.01))
        assert delivered >= 4
        gate.shut = False
        for queue in gate.held.values():
            for packet in queue:
                bring(day, packet)
        day.world.run(at_most=seconds(700))
        since = day.world.agenda.now
        wish(day, Register(), Register())
        assert registered(day.ues[0], since), firsts
        assert 1 <= len(day.pcscf.sets) <= 3
        for ue in day.ues:
            ue.later(Deregister())
        day.world.run(at_most=seconds(700))
        assert any(isinstance(fact, Deregistered) for _, fact in day.ues[0].facts)
        nothing_left([day.pcscf], day.ues[:1], [1])


class Former:
    """Keeps one message of a re-registration back, and lets it go behind one of the next registration.

    Args:
        late: which message is kept back, from 0 on.
        behind: behind how many others it arrives.
    """

    def __init__(self, late: int, behind: int) -> None:
        self.phase = "registers"
        self.count = 0
        self.kept: list[Packet] = []
        self._late, self._behind = late, behind

    def begin(self, phase: str) -> None:
        self.phase, self.count = phase, 0

    def __call__(self, _number: int, packet: Packet, fate: Fate) -> Fate:
        self.count += 1
        if self.phase == "re-registers" and self.count == self._late + 1:
            self.kept.append(packet)
            return []
        if self.phase == "registers again" and self.count == self._behind:
            return [*fate, *((fate[0][0] + 1, one) for one in self.kept)]
        return fate


@pytest.mark.slow
@pytest.mark.parametrize("late", range(4))
@pytest.mark.parametrize("behind", range(5))
def test_a_message_of_a_former_life_at_any_moment_of_the_next(late: int, behind: int) -> None:
    """UNP-03, UNP-05, MGP-08, AKA-18: a UE restarts while it re-registers; what was under way comes late.

    Message `late` of the re-registration (SM1, SM6, SM7, SM12) arrives behind each message of the
    registration after the restart, or before all of them.
    """
    former = Former(late, behind)
    day = day_of(usual(ues=1), former)
    wish(day, Register())
    former.begin("re-registers")
    day.ues[0].later(Register())
    assert day.world.run(lambda: bool(former.kept), at_most=seconds(1))
    former.begin("registers again")
    day.restart("ue")
    if behind == 0:
        bring(day, former.kept[0])
    wish(day, Register())
    day.calm()
