"""What happened while a scenario ran, in order of time: messages, SA sets, facts, packets.

Everything that is shown and everything that is checked comes from here. Messages are those that an
observer saw on the link; what nodes say of themselves is kept apart from it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from twopair.base import Micros, Report
from twopair.core.sa import InstallSas, RemoveSas, SaSet, SasInstalled
from twopair.inspect import Observer, Seen, SeenFault, SeenMessage, SeenPacket, TraceObserver
from twopair.nodes import Action, Event, Node
from twopair.sim import Observed

GM: Final = "gm"
CORE: Final = "core"


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the network.

    Args:
        name: short name, as in JSON: ``ue``, ``pcscf``, ``home``, ``ue2``.
        title: name for people.
        address: its address on Gm; for the home network, on the core link.
    """

    name: str
    title: str
    address: str

    @property
    def is_ue(self) -> bool:
        """Whether it is a UE."""
        return self.name.startswith("ue")


@dataclass(frozen=True, slots=True)
class Scene:
    """A new part of the story begins."""

    time: Micros
    title: str


@dataclass(frozen=True, slots=True)
class Said:
    """A SIP message crossed a link, from one host to another."""

    time: Micros
    link: str
    sender: Host
    receiver: Host
    seen: SeenMessage


@dataclass(frozen=True, slots=True)
class Connects:
    """The first segment of a TCP connection crossed Gm."""

    time: Micros
    sender: Host
    receiver: Host
    seen: SeenPacket


@dataclass(frozen=True, slots=True)
class SetUp:
    """A host's back end has a set installed."""

    time: Micros
    host: Host
    sa_set: SaSet


@dataclass(frozen=True, slots=True)
class SetGone:
    """A host took a set out."""

    time: Micros
    host: Host
    sa_set: SaSet


@dataclass(frozen=True, slots=True)
class Fact:
    """A node reported something."""

    time: Micros
    host: Host
    fact: object


Moment = Scene | Said | Connects | SetUp | SetGone | Fact


class Finding(NamedTuple):
    """What a scenario has found out elsewhere: a requirement, whether it holds, and how that was seen."""

    id: str
    ok: bool
    detail: str


@dataclass
class Recording:
    """Takes notes. Links and nodes are told to it by whoever builds the network.

    Args:
        hosts: everyone who takes part.

    Attributes:
        moments: what happened, in the order it was noticed.
        packets: every IP packet on Gm, where there are packets.
        faults: what an observer could not read, on either link.
        wire: the packets themselves with their times, as they crossed Gm.
        sets: every SA set that a node asked for, with its keys.
        findings: verdicts that the scenario itself has come to, beside what is seen here.
        unplayed: what the scenario left out on this back end, with the reason; not a verdict.
        on_news: called when something was added to `moments`.
    """

    hosts: tuple[Host, ...]
    moments: list[Moment] = field(default_factory=list)
    packets: list[SeenPacket] = field(default_factory=list)
    faults: list[SeenFault] = field(default_factory=list)
    wire: list[tuple[Micros, bytes]] = field(default_factory=list)
    sets: list[SaSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unplayed: list[str] = field(default_factory=list)
    on_news: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self._observers = {GM: Observer(), CORE: Observer()}
        self._traces = {GM: TraceObserver(), CORE: TraceObserver()}
        self._addresses: dict[str, Host] = {host.address: host for host in self.hosts}

    def host(self, name: str) -> Host:
        """The host of that name."""
        return next(host for host in self.hosts if host.name == name)

    def lives_at(self, address: str, name: str) -> None:
        """Have a further address belong to a host."""
        self._addresses[address] = self.host(name)

    def scene(self, time: Micros, title: str) -> None:
        """Begin a new part of the story."""
        self._note(Scene(time, title))

    def packet(self, link: str, time: Micros, packet: bytes) -> None:
        """A packet crossed a link of the lab."""
        if link == GM:
            self.wire.append((time, packet))
        self.take(link, self._observers[link].packet(time, packet))

    def observed(self, one: Observed) -> None:
        """A marked packet crossed a network of a simulated world; networks have the links' names."""
        self.take(one.network, self._traces[one.network].observed(one))

    def take(self, link: str, seen: Sequence[Seen]) -> None:
        """Note what an observer says."""
        for one in seen:
            if isinstance(one, SeenMessage):
                self._said(link, one)
            elif isinstance(one, SeenFault):
                self.faults.append(one)
            elif link == GM:
                self.packets.append(one)
                self._connects(one)

    def _said(self, link: str, seen: SeenMessage) -> None:
        sender, receiver = (self._addresses.get(end.address) for end in (seen.src, seen.dst))
        if sender is not None and receiver is not None:
            self._note(Said(seen.time, link, sender, receiver, seen))

    def _connects(self, seen: SeenPacket) -> None:
        sender, receiver = self._addresses.get(seen.src), self._addresses.get(seen.dst)
        if sender and receiver and seen.segment is not None and seen.segment.opens_connection:
            self._note(Connects(seen.time, sender, receiver, seen))

    def watch(self, name: str, node: Node) -> Node:
        """The same node, with its SA sets and reports noted."""
        return _Watched(node, self.host(name), self)

    def event(self, host: Host, event: Event, pending: dict[int, SaSet], now: Micros) -> None:
        """A node is fed an event."""
        if isinstance(event, SasInstalled) and event.set_id in pending:
            self._note(SetUp(now, host, pending[event.set_id]))

    def action(self, host: Host, action: Action, pending: dict[int, SaSet], now: Micros) -> None:
        """A node asks for something."""
        if isinstance(action, InstallSas):
            pending[action.sa_set.set_id] = action.sa_set
            self.sets.append(action.sa_set)
            self._observers[GM].learn(action.sa_set)
            self._traces[GM].learn(action.sa_set)
        elif isinstance(action, RemoveSas):
            sa_set = pending.pop(action.set_id, None)
            if sa_set is not None:
                self._note(SetGone(now, host, sa_set))
        elif isinstance(action, Report):
            self._note(Fact(now, host, action.fact))

    def _note(self, moment: Moment) -> None:
        self.moments.append(moment)
        self.on_news()

    def said(self, link: str = GM) -> Iterator[Said]:
        """The messages of one link, in order."""
        return (m for m in self.moments if isinstance(m, Said) and m.link == link)

    def facts(self, name: str) -> Iterator[object]:
        """What a host reported, in order."""
        return (m.fact for m in self.moments if isinstance(m, Fact) and m.host.name == name)


class _Watched:
    """A node whose events and actions are noted on their way."""

    def __init__(self, node: Node, host: Host, recording: Recording) -> None:
        self._node = node
        self._host = host
        self._recording = recording
        self._sets: dict[int, SaSet] = {}

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        self._recording.event(self._host, event, self._sets, now)
        actions = self._node.feed(event, now)
        for action in actions:
            self._recording.action(self._host, action, self._sets, now)
        return actions

    def next_deadline(self) -> Micros | None:
        return self._node.next_deadline()
