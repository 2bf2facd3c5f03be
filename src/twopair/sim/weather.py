"""Weather: what networks, back ends and clocks do to nodes without any malice.

Each phenomenon is a wrapper with a stream of random numbers of its own, so all compose, and a draw
more in one does not shift another. The seed picks the kind of day: most phenomena are absent on most
days, because faults that always come together hide each other (swarm testing).
"""

from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple

from twopair.base import Entropy, Flow, seconds
from twopair.core.sa import SaSet
from twopair.sim.clock import Rate
from twopair.sim.host import Host
from twopair.sim.packet import Kind, Packet
from twopair.sim.registrars import reword
from twopair.sim.streams import Stream
from twopair.sim.world import Carrier, World

Fate = list[tuple[int, Packet]]

DELAYS: Final = (1_000, 20_000, 100_000, 3_000_000, 16_000_000)
"""Microseconds by which packets are late: a little, out of order, more than T1, nearly T4 of Gm.

Nothing is older, for SIP counts on that: a copy of a REGISTER that outlives its transaction at the
registrar is a new one (RFC 3261 §17.1.2.2). Inside ESP an attacker may keep packets as long as he likes.
"""

MOST_PPM: Final = 5_000
"""A clock is fast or slow by 0.5 % at most: fifty times as bad as a cheap crystal."""


def chance(dice: Entropy, percent: int) -> bool:
    """Whether something of that probability happens now."""
    return percent > 0 and dice.below(100) < percent


class Weather(NamedTuple):
    """The kind of day.

    Args:
        loss: percent of the datagrams that vanish.
        copies: percent that arrive twice, the second time later.
        delays: percent that arrive late.
        lag: percent of the segments of TCP that arrive late, in order nevertheless.
        cuts: percent of the segments after which the connection breaks, at one end or both.
        chunks: percent of the writes to a stream that are cut into pieces.
        refusals: percent of the installs that a back end refuses.
        restarts: percent of the moments between two wishes at which some node loses its state.
        drift: by how many ppm a clock is wrong at most.
        deaf: percent of the SYNs that are refused, or vanish.
        wordings: percent of the 200s to REGISTER that are worded as another registrar would (Q-20).
        repeats: percent of the REGISTERs over a set that offer its own ports and SPIs again (Q-22).
    """

    loss: int = 0
    copies: int = 0
    delays: int = 0
    lag: int = 0
    cuts: int = 0
    chunks: int = 0
    refusals: int = 0
    restarts: int = 0
    drift: int = 0
    deaf: int = 0
    wordings: int = 0
    repeats: int = 0

    @classmethod
    def draw(cls, dice: Entropy) -> "Weather":
        """The weather of a seed: each phenomenon is there on one day in two, more or less strong."""
        return cls(*(dice.below(most) + 1 if dice.below(2) else 0 for most in _MOST))

    def __str__(self) -> str:
        there = [f"{name} {value}" for name, value in zip(self._fields, self, strict=True) if value]
        return ", ".join(there) or "fair"


_MOST: Final = Weather(35, 30, 30, 40, 12, 60, 25, 15, MOST_PPM, 50, 90, 60)


class Sky:
    """Puts weather on a world until it is told to be calm.

    Args:
        world: which.
        weather: of which kind.
        dice: a stream of random numbers by name.
    """

    def __init__(self, world: World, weather: Weather) -> None:
        self.weather = weather
        self.rough = True
        self._world = world
        self._dice: dict[str, Stream] = {
            name: world.entropy(f"weather/{name}") for name in (*Weather._fields, "late")
        }
        self._arrivals: dict[Flow, int] = {}
        self._refuse = world.refuse_install
        world.refuse_install = self._refuses
        world.pieces = self._pieces
        world.carrier = self._around(world.carrier)

    def calm(self) -> None:
        """From now on nothing goes wrong any more; what is under way still arrives."""
        self.rough = False

    def rate(self) -> Rate:
        """A clock for one more host."""
        dice, most = self._dice["drift"], self.weather.drift
        return Rate(dice.below(seconds(1_000_000)), dice.below(2 * most + 1) - most) if most else Rate(0, 0)

    def restarts(self) -> bool:
        """Whether a node fails now."""
        return self._happens("restarts")

    def repeats(self) -> bool:
        """Whether a UE offers what it has already."""
        return self._happens("repeats")

    def _happens(self, name: str) -> bool:
        return self.rough and chance(self._dice[name], getattr(self.weather, name))

    def _around(self, inner: Carrier) -> Carrier:
        for phenomenon in (
            self._losing,
            self._copying,
            self._delaying,
            self._cutting,
            self._lagging,
            self._deafening,
            self._wording,
        ):
            inner = partial(phenomenon, inner)
        return inner

    # datagrams

    def _losing(self, inner: Carrier, packet: Packet) -> Fate:
        return [] if packet.kind is Kind.DATAGRAM and self._happens("loss") else inner(packet)

    def _copying(self, inner: Carrier, packet: Packet) -> Fate:
        fate = inner(packet)
        if packet.kind is Kind.DATAGRAM and fate and self._happens("copies"):
            fate = [*fate, (fate[0][0] + self._late(), fate[0][1])]
        return fate

    def _delaying(self, inner: Carrier, packet: Packet) -> Fate:
        fate = inner(packet)
        if packet.kind is Kind.DATAGRAM and self._happens("delays"):
            fate = [(delay + self._late(), carried) for delay, carried in fate]
        return fate

    def _late(self) -> int:
        return DELAYS[self._dice["late"].below(len(DELAYS))]

    def _deafening(self, inner: Carrier, packet: Packet) -> Fate:
        """A SYN is answered with a RST, as a host does it that has closed the port, or with nothing."""
        if packet.kind is not Kind.SYN or not self._happens("deaf"):
            return inner(packet)
        if self._dice["deaf"].below(2):
            for delay, carried in inner(packet):
                host = self._world.host_of(carried.flow.mirrored())
                self._world.agenda.after(delay, partial(_refuse, host, carried))
        return []

    def _wording(self, inner: Carrier, packet: Packet) -> Fate:
        if packet.kind is Kind.DATAGRAM and packet.mark is None and self._happens("wordings"):
            packet = packet._replace(data=reword(packet.data, self._dice["wordings"]))
        return inner(packet)

    # TCP: segments arrive in the order in which they were sent, or the connection is lost

    def _cutting(self, inner: Carrier, packet: Packet) -> Fate:
        if packet.kind is Kind.DATA and self._happens("cuts"):
            flow, dice = packet.flow, self._dice["cuts"]
            ends = ((flow, flow.mirrored()), (flow,), (flow.mirrored(),))[dice.below(3)]
            for end in ends:
                host = self._world.host_of(end)
                self._world.agenda.after(dice.below(3_000), partial(host.tcp.abort, end, "cut"))
        return inner(packet)

    def _lagging(self, inner: Carrier, packet: Packet) -> Fate:
        fate = inner(packet)
        if packet.kind is Kind.DATAGRAM or not fate:
            return fate
        now, flow = self._world.agenda.now, packet.flow
        delay = fate[0][0] + (DELAYS[self._dice["lag"].below(4)] if self._happens("lag") else 0)
        at = self._arrivals[flow] = max(now + delay, self._arrivals.get(flow, 0))
        return [(at - now, fate[0][1]), *fate[1:]]

    def _pieces(self, data: bytes) -> Iterable[bytes]:
        if not self._happens("chunks"):
            return (data,)
        dice = self._dice["chunks"]
        ends = sorted(dice.below(len(data) + 1) for _ in range(dice.below(6) + 1))
        cuts = [0, *ends, len(data)]
        return [data[a:b] for a, b in pairwise(cuts) if a < b]

    # back ends

    def _refuses(self, host: Host, sa_set: SaSet) -> str | None:
        return "no room today" if self._happens("refusals") else self._refuse(host, sa_set)


def _refuse(host: Host, syn: Packet) -> None:
    """A SYN that the back end lets through meets a closed port; any other is met with silence (UNP-07)."""
    flow = syn.flow.mirrored()
    if host.backend.inbound(flow, syn.mark, len(syn.data)) is None:
        host.emit(Kind.REFUSED, flow)
