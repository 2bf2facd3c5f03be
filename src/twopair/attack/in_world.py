"""The primary stage: the simulated world, where days pass in milliseconds and any defence can be missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from twopair.attack.attacker import Attacker
from twopair.attack.careless import CarelessBackend, CarelessCard
from twopair.attack.defences import Build
from twopair.attack.moves import Move
from twopair.attack.on_marks import Marks
from twopair.attack.plain import PlainPcscf, PlainUe
from twopair.attack.sight import Forged
from twopair.attack.stage import Stage, ue_name
from twopair.attack.strange_card import StrangeCard
from twopair.attack.watch import Watched
from twopair.base import seconds
from twopair.core.aka import Card
from twopair.nodes import Node
from twopair.nodes.events import Wish
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import UserEquipment
from twopair.sim import Packet, World

_GM = "gm"
_CORE = "core"


class WorldStage(Stage):
    """A network in virtual time.

    Args:
        build: how its nodes are made.
        moves: what the attacker does.
        seed: of all random numbers.

    Attributes:
        world: the simulated world.
        cards: the UEs' cards, which can be made to err.
    """

    real = False
    patience_s = 150.0

    def __init__(self, build: Build, moves: Sequence[Move], seed: int = 1) -> None:
        super().__init__(build)
        self.cards: dict[str, StrangeCard] = {}
        plan, net = self.plan, self.plan.network
        self.world = world = World(seed)
        store = MemoryStore(plan.subscribers)
        self._add("home", HomeNetwork(plan.home, store, world.entropy("home"), build.home), {net.home: _CORE})
        pcscf: Node = Pcscf(plan.pcscf, world.entropy("pcscf"), build.pcscf)
        if not build.agreement:
            pcscf = PlainPcscf(pcscf, plan.pcscf)
        self._add("pcscf", pcscf, {net.pcscf: _GM, net.core: _CORE})
        for number, ue in enumerate(plan.ues, 1):
            config, name = replace(ue.config, retries=False), ue_name(number)
            card: Card
            card = self.cards[name] = StrangeCard(ue.card, ue.seqs)
            if not (build.mac and build.sqn):
                card = CarelessCard(ue.card, mac=build.mac, sqn=build.sqn)
            node: Node = UserEquipment(config, card, world.entropy(name), build.ue)
            if not build.agreement:
                node = PlainUe(node, card)
            self._add(name, node, {ue.config.address: _GM})
        self.attacker = Attacker(Marks(self.names, readable=self.readable), moves)
        world.carrier = self._carry

    def ask(self, name: str, wish: Wish) -> None:
        """See `Stage`."""
        self.world.hosts[name].later(wish)

    async def until(self, condition: Callable[[], bool], at_most_s: float) -> bool:
        """See `Stage`."""
        return self.world.run(condition, at_most=seconds(at_most_s))

    def put(self, *forged: Forged) -> None:
        """See `Stage`."""
        for packet in self.attacker.forge(forged):
            host = self.world.host_of(packet.flow.mirrored())
            self.world.agenda.after(0, lambda host=host, packet=packet: host.arrive(packet))  # type: ignore[misc]

    def drops(self, name: str) -> Mapping[str, int]:
        """See `Stage`."""
        return self.world.hosts[name].backend.drops()

    def refuse_sets_at(self, name: str) -> None:
        """Have the back end of a host refuse every set from now on."""
        self.world.refuse_install = lambda host, _set: "no room" if host.name == name else None

    def _add(self, name: str, node: Node, addresses: Mapping[str, str]) -> None:
        self.nodes[name] = watched = Watched(node, self.spoken)
        backend = CarelessBackend(self.build.forgiven, any_spi=self.build.any_spi)
        self.world.add(name, watched, addresses, backend)

    def _carry(self, packet: Packet) -> list[tuple[int, Packet]]:
        """On Gm the attacker decides; the core is out of reach."""
        on_gm = {packet.flow.local.address, packet.flow.remote.address} & self.names.keys()
        if not on_gm:
            return [(1000, packet)]
        return [(1000 + seconds(after_s), carried) for after_s, carried in self.attacker.take(packet)]
