"""The network a scenario plays on: hosts in namespaces, or a simulated world. Both look alike from here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Protocol

from twopair.attack.attacker import Attacker
from twopair.attack.moves import Move
from twopair.attack.on_marks import Marks
from twopair.attack.on_packets import Packets
from twopair.backends.contract import IpsecBackend, SaCounters
from twopair.base import SECOND, Entropy, Micros, seconds
from twopair.core.aka import Card
from twopair.demo.record import CORE, GM, Host, Recording
from twopair.live.clock import monotonic
from twopair.live.entropy import OsEntropy
from twopair.live.lab import Host as LabHost
from twopair.live.lab import Lab, LabPlan
from twopair.nodes import Node
from twopair.nodes.events import Wish
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import UserEquipment
from twopair.sim import Packet, World

_QUIET_S: Final = 0.1  # after so long without a packet, nothing more is to come
_PATIENCE_S: Final = 20.0
_LONGEST_SETTLING_S: Final = 2.0


class Network(Protocol):
    """What a scenario can do with its network.

    Attributes:
        device: how packets get in and out of the hosts, for people.
        real: whether packets are real.
        entropy: for what a scenario itself draws.
    """

    device: str
    real: bool
    entropy: Entropy

    def now(self) -> Micros:
        """The clock by which everything is recorded."""
        ...

    def ask(self, name: str, wish: Wish) -> None:
        """Tell a host's user to wish for something."""
        ...

    async def until(self, condition: Callable[[], bool]) -> bool:
        """Let time pass until a condition holds; False if it does not come to hold in reasonable time."""
        ...

    async def settle(self) -> None:
        """Let time pass until everybody is silent."""
        ...

    async def wait(self, amount: Micros) -> None:
        """Let so much time pass for the nodes; on a real network their clocks are set forward."""
        ...

    def cut(self, name: str) -> None:
        """Break all TCP connections of a host; both ends are told."""
        ...

    def restart(self, name: str) -> None:
        """Switch a UE off without a word, and on again; its card remembers what it must (AKA-18)."""
        ...

    def put(self, name: str, node: Node) -> None:
        """Have another node run on a host, from nothing."""
        ...

    def solution(self, at_pcscf: str) -> None:
        """Change ``response_after_rekey`` of the P-CSCF: "old" or "new"."""
        ...

    def attack(self, *moves: Move) -> None:
        """Put somebody on Gm who does this from now on."""
        ...

    def sas(self, name: str) -> Sequence[SaCounters]:
        """Installed SAs of a host."""
        ...

    def drops(self, name: str) -> Mapping[str, int]:
        """Silent drops of a host, by reason."""
        ...


def hosts_of(plan: LabPlan) -> tuple[Host, ...]:
    """The hosts of a plan, as a recording names them: ue, pcscf, home, ue2."""
    return (
        Host("ue", "UE", plan.ues[0].config.address),
        Host("pcscf", "P-CSCF", plan.network.pcscf),
        *(Host(f"ue{n}", f"UE {n}", ue.config.address) for n, ue in enumerate(plan.ues[1:], 2)),
        Host("home", "Home", plan.network.home),
    )


def recording_of(plan: LabPlan) -> Recording:
    """An empty recording of a plan's network."""
    recording = Recording(hosts_of(plan))
    recording.lives_at(plan.network.core, "pcscf")
    return recording


@asynccontextmanager
async def on_this_machine(
    plan: LabPlan, recording: Recording, *, kernel: bool = False
) -> AsyncIterator["InLab"]:
    """The lab: real sockets and real ESP, of the kernel's or our own.

    Raises:
        PrerequisiteMissing: this machine cannot have one.
    """
    on_gm = ("pcscf", *(f"ue{n}" for n in range(1, len(plan.ues) + 1)))
    lab = Lab(plan, kernel=on_gm if kernel else ())
    for name, link in ((GM, lab.gm), (CORE, lab.core)):
        link.tap(lambda time, packet, name=name: recording.packet(name, time, packet))  # type: ignore[misc]
    async with lab:
        yield InLab(lab, recording)


class InLab:
    """A network of namespaces."""

    real = True

    def __init__(self, lab: Lab, recording: Recording) -> None:
        self._link = lab.gm
        names = ["pcscf", "home", "ue", *(f"ue{n}" for n in range(2, len(lab.ues) + 1))]
        self._hosts: dict[str, LabHost] = dict(zip(names, (lab.pcscf, lab.home, *lab.ues), strict=True))
        self._recording = recording
        self.entropy: Entropy = OsEntropy()
        self._nodes: dict[str, Node] = {name: host.driver.node for name, host in self._hosts.items()}
        self.device = lab.pcscf.device
        for name, host in self._hosts.items():
            host.driver.node = recording.watch(name, host.driver.node)

    def now(self) -> Micros:
        """See `Network`."""
        return monotonic()

    def ask(self, name: str, wish: Wish) -> None:
        """See `Network`."""
        self._hosts[name].driver.feed(wish)

    async def until(self, condition: Callable[[], bool]) -> bool:
        """See `Network`."""
        news = asyncio.Event()
        self._recording.on_news = news.set
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not condition():
                    news.clear()
                    await news.wait()
        except TimeoutError:
            return False
        return True

    async def settle(self) -> None:
        """See `Network`."""
        for _ in range(int(_LONGEST_SETTLING_S / _QUIET_S)):
            before = len(self._recording.packets), len(self._recording.moments)
            await asyncio.sleep(_QUIET_S)
            if before == (len(self._recording.packets), len(self._recording.moments)):
                return

    async def wait(self, amount: Micros) -> None:
        """See `Network`."""
        for host in self._hosts.values():
            host.driver.skip(amount)
        await self.settle()

    def cut(self, name: str) -> None:
        """See `Network`."""
        self._hosts[name].driver.cut()

    def restart(self, name: str) -> None:
        """See `Network`."""
        self._nodes[name] = node = switched_on(self._nodes[name], OsEntropy())
        self._hosts[name].driver.restart(self._recording.watch(name, node))

    def put(self, name: str, node: Node) -> None:
        """See `Network`."""
        self._hosts[name].driver.restart(self._recording.watch(name, node))

    def solution(self, at_pcscf: str) -> None:
        """See `Network`."""
        answer_after_rekey(self._nodes["pcscf"], at_pcscf)

    def sas(self, name: str) -> Sequence[SaCounters]:
        """See `Network`."""
        return tuple(self._hosts[name].driver.backend.query())

    def drops(self, name: str) -> Mapping[str, int]:
        """See `Network`."""
        return self._hosts[name].driver.backend.drops()

    def attack(self, *moves: Move) -> None:
        """See `Network`."""
        self._link.middle = Attacker(Packets(_names(self._recording), readable=False), moves).take


@asynccontextmanager
async def in_a_world(plan: LabPlan, recording: Recording, seed: int = 1) -> AsyncIterator["InWorld"]:
    """A simulated world: virtual time, marked packets; equal seeds give equal recordings."""
    yield InWorld(plan, recording, seed)


class InWorld:
    """A simulated network."""

    device = "virtual time, packets are marked instead of encrypted"
    real = False

    def __init__(self, plan: LabPlan, recording: Recording, seed: int) -> None:
        self._world = world = World(seed)
        self._recording = recording
        self.entropy: Entropy = world.entropy("scenario")
        self._nodes: dict[str, Node] = {}
        self._told = 0
        carry = world.carrier

        def tell(packet: Packet) -> list[tuple[int, Packet]]:
            for one in world.observed[self._told :]:
                recording.observed(one)
            self._told = len(world.observed)
            return carry(packet)

        world.carrier = tell
        net = plan.network
        home = HomeNetwork(plan.home, MemoryStore(plan.subscribers), world.entropy("home"))
        world.add("home", recording.watch("home", home), {net.home: CORE})
        self._nodes["pcscf"] = pcscf = Pcscf(plan.pcscf, world.entropy("pcscf"))
        world.add("pcscf", recording.watch("pcscf", pcscf), {net.pcscf: GM, net.core: CORE})
        for host, ue in zip((h for h in recording.hosts if h.is_ue), plan.ues, strict=True):
            node = UserEquipment(ue.config, Card(ue.card, ue.seqs), world.entropy(host.name))
            self._nodes[host.name] = node
            world.add(host.name, recording.watch(host.name, node), {ue.config.address: GM})

    def now(self) -> Micros:
        """See `Network`."""
        return self._world.agenda.now

    def ask(self, name: str, wish: Wish) -> None:
        """See `Network`."""
        self._world.hosts[name].feed(wish)

    async def until(self, condition: Callable[[], bool]) -> bool:
        """See `Network`."""
        return self._world.run(condition, at_most=seconds(_PATIENCE_S))

    async def settle(self) -> None:
        """See `Network`."""
        self._world.run(at_most=SECOND)

    async def wait(self, amount: Micros) -> None:
        """See `Network`."""
        self._world.run(at_most=amount)

    def cut(self, name: str) -> None:
        """See `Network`."""
        self._world.hosts[name].cut()

    def restart(self, name: str) -> None:
        """See `Network`."""
        self._nodes[name] = node = switched_on(self._nodes[name], self._world.entropy(f"{name} again"))
        self._world.hosts[name].restart(self._recording.watch(name, node))

    def put(self, name: str, node: Node) -> None:
        """See `Network`."""
        self._world.hosts[name].restart(self._recording.watch(name, node))

    def solution(self, at_pcscf: str) -> None:
        """See `Network`."""
        answer_after_rekey(self._nodes["pcscf"], at_pcscf)

    def sas(self, name: str) -> Sequence[SaCounters]:
        """See `Network`."""
        return tuple(self._backend(name).query())

    def drops(self, name: str) -> Mapping[str, int]:
        """See `Network`."""
        return self._backend(name).drops()

    def attack(self, *moves: Move) -> None:
        """See `Network`."""
        carry, names = self._world.carrier, _names(self._recording)
        attacker = Attacker(Marks(names, readable=False), moves)

        def past_the_attacker(packet: Packet) -> list[tuple[int, Packet]]:
            if not {packet.flow.local.address, packet.flow.remote.address} & names.keys():
                return carry(packet)
            fates = attacker.take(packet)
            return [(seconds(after) + at, p) for after, left in fates for at, p in carry(left)]

        self._world.carrier = past_the_attacker

    def _backend(self, name: str) -> IpsecBackend:
        return self._world.hosts[name].backend


def _names(recording: Recording) -> dict[str, str]:
    """Names of the hosts on Gm, by their addresses there."""
    return {host.address: host.name for host in recording.hosts if host.name != "home"}


def switched_on(before: Node, entropy: Entropy) -> UserEquipment:
    """A UE with the configuration and the card of another, and nothing else of it."""
    assert isinstance(before, UserEquipment), "only UEs are switched off"
    return UserEquipment(before.profile.config, before.card, entropy)


def answer_after_rekey(node: Node, which: str) -> None:
    """Have a P-CSCF answer by one or the other of the paper's solutions from now on (RRG-07, RRG-08)."""
    assert isinstance(node, Pcscf), "the P-CSCF's configuration"
    node.tables.config = replace(node.tables.config, response_after_rekey=which)
