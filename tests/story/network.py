"""The usual lab in the virtual world: UEs, P-CSCF, home network, and what crossed Gm by SA and port names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from twopair.base import Transport, seconds
from twopair.core.aka import Card
from twopair.core.sa import ARROWS, End, PortName, SaSet
from twopair.live.lab.plan import LabPlan, usual
from twopair.nodes.events import Order, Wish
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import Device
from twopair.sim import Host, Kind, Observed, World
from twopair.wire.sip import Request, Response, parse

Fact = TypeVar("Fact")


class Seen(NamedTuple):
    """A packet on Gm, as table 4.2 of the requirements would write it.

    `sa` and the names of `src` and `dst` are those of the set it belongs to; a port that is none of the
    set's four is "any".
    """

    what: str
    src: str
    dst: str
    sa: str | None
    set_number: int | None
    transport: Transport
    raw: Observed

    @property
    def row(self) -> tuple[str, str, str, str | None]:
        """What the table says of it."""
        return self.what, self.src, self.dst, self.sa

    @property
    def message(self) -> Request | Response:
        return parse(self.raw.data)


class Network:
    """One day in the usual lab.

    Attributes:
        world: where it happens.
        installed: every set that was installed at the UEs' ends, in that order.
    """

    def __init__(
        self,
        transport: Transport = Transport.UDP,
        *,
        ip: int = 4,
        ues: int = 2,
        seed: int = 0,
        retries: bool = False,
        change: Callable[[LabPlan], LabPlan] = lambda plan: plan,
    ) -> None:
        self.plan = plan = change(usual(ip, ues=ues, transport=transport))
        self.world = world = World(seed)
        self.installed: list[SaSet] = []
        world.refuse_install = self._note
        net = plan.network
        self.store = MemoryStore(plan.subscribers)
        home = HomeNetwork(plan.home, self.store, world.entropy("home"))
        self.home = world.add("home", home, {net.home: "core"})
        pcscf = Pcscf(plan.pcscf, world.entropy("pcscf"))
        self.pcscf = world.add("pcscf", pcscf, {net.pcscf: "gm", net.core: "core"})
        self.ues: list[Host] = []
        for number, ue in enumerate(plan.ues, 1):
            name = f"ue{number}"
            configs = [replace(config, retries=retries) for config in ue.configs]
            card, entropy = Card(ue.card, ue.seqs), world.entropy(name)
            device = Device(configs, card, entropy)
            node = device if ue.more else device.flows[0]
            self.ues.append(world.add(name, node, {config.address: "gm" for config in configs}))

    def _note(self, _host: Host, sa_set: SaSet) -> str | None:
        if sa_set.end is End.UE:
            self.installed.append(sa_set)
        return None

    def wish(self, host: Host, wish: Wish | Order, wait_s: float = 5) -> None:
        """Have a user wish for something, or an operator order it, and wait."""
        host.later(wish)
        self.world.run(at_most=seconds(wait_s))

    def ue(self, number: int) -> Host:
        return self.ues[number - 1]

    def impu(self, number: int) -> Any:
        return self.plan.subscribers[number - 1].associated[0]

    def wait(self, for_s: float) -> None:
        self.world.run(at_most=seconds(for_s))

    def until(self, condition: Callable[[], bool], at_most_s: float) -> bool:
        return self.world.run(condition, at_most=seconds(at_most_s))

    def gm(self, since: int = 0, *, syn: bool = False) -> list[Seen]:
        """Messages on Gm since then; with `syn` also the openings of connections."""
        packets = (o for o in self.world.on("gm") if o.time >= since)
        return [self._seen(o) for o in packets if syn or o.kind is not Kind.SYN]

    def _seen(self, o: Observed) -> Seen:
        what = o.data.split(b"\r\n", 1)[0].decode().removeprefix("SIP/2.0 ").split(" ")[0] or o.kind.value
        for number, sa_set in enumerate(self.installed):
            for arrow in ARROWS:
                ends = sa_set.endpoint(arrow.ports.src), sa_set.endpoint(arrow.ports.dst)
                if o.spi == sa_set.spis.of(arrow.spi_of) and ends == (o.flow.local, o.flow.remote):
                    src, dst = arrow.ports.src.value, arrow.ports.dst.value
                    return Seen(what, src, dst, arrow.name, number, o.flow.transport, o)
        ports = {self.plan.pcscf.gm_port: "5060", self.plan.pcscf.port_ps: PortName.PS.value}
        src, dst = (ports.get(end.port, "any") for end in (o.flow.local, o.flow.remote))
        return Seen(what, src, dst, None if o.spi is None else "unknown", None, o.flow.transport, o)


def facts(host: Host, kind: type[Fact]) -> list[Fact]:
    """What a node reported of one kind."""
    return [fact for _, fact in host.facts if isinstance(fact, kind)]
