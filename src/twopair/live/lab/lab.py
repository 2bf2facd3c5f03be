"""The lab: UEs, a P-CSCF and a home network on one machine, each host in a network namespace of its own."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from twopair.backends.memory import MemoryBackend
from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.core.aka import Card
from twopair.live.entropy import OsEntropy
from twopair.live.lab.host import Host
from twopair.live.lab.link import Link
from twopair.live.lab.namespace import gain_rights
from twopair.live.lab.plan import LabPlan, usual
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.ue import UserEquipment


class Lab:
    """Real sockets, real TCP and UDP of the kernel, real ESP; nothing of it outside this process.

    ::

        async with Lab(usual(ip=6)) as lab:
            lab.gm.tap(print)
            lab.ue1.driver.feed(Register())
            await lab.ue1.until(lambda fact: isinstance(fact, Registered))

    Entering it makes the process gain the rights it needs, see `gain_rights`: an ordinary user's process
    is in a network of its own from then on.

    Args:
        plan: who takes part.
        wire_mtu: of the Gm link, in octets.

    Attributes:
        gm: the link between UEs and P-CSCF.
        core: the link between P-CSCF and home network.
        ues: the UEs' hosts.

    Raises:
        PrerequisiteMissing: on entering, where this machine cannot have a lab.
    """

    pcscf: Host
    home: Host

    def __init__(self, plan: LabPlan | None = None, *, wire_mtu: int = WIRE_MTU) -> None:
        self.plan = plan or usual()
        self.gm, self.core = Link(), Link()
        self.ues: list[Host] = []
        self._wire_mtu = wire_mtu
        self._cleanup = ExitStack()

    @property
    def ue1(self) -> Host:
        """The first UE."""
        return self.ues[0]

    @property
    def ue2(self) -> Host:
        """The second UE."""
        return self.ues[1]

    async def __aenter__(self) -> Self:
        gain_rights()
        try:
            self._build()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def _build(self) -> None:
        plan, net = self.plan, self.plan.network
        self.home = self._host("home")
        self.home.plug("core", self.core, [plan.home.address], [net.trusted])
        self._run(
            self.home, HomeNetwork(plan.home, MemoryStore(plan.subscribers), OsEntropy()), MemoryBackend()
        )
        self.pcscf = self._host("pcscf")
        engine = Engine(OsEntropy(), mtu=self._wire_mtu)
        self.pcscf.plug(
            "gm", self.gm, plan.pcscf.gm_addresses, [net.gm], engine=engine, wire_mtu=self._wire_mtu
        )
        self.pcscf.plug("core", self.core, [plan.pcscf.core.address], [net.trusted])
        self._run(self.pcscf, Pcscf(plan.pcscf, OsEntropy()), engine)
        for number, ue in enumerate(plan.ues, 1):
            host = self._host(f"ue{number}")
            engine = Engine(OsEntropy(), mtu=self._wire_mtu)
            host.plug("gm", self.gm, [ue.config.address], [net.gm], engine=engine, wire_mtu=self._wire_mtu)
            self._run(host, UserEquipment(ue.config, Card(ue.card, ue.seqs), OsEntropy()), engine)
            self.ues.append(host)

    def _host(self, name: str) -> Host:
        host = Host(name)
        self._cleanup.callback(host.close)
        return host

    @staticmethod
    def _run(host: Host, node: HomeNetwork | Pcscf | UserEquipment, backend: MemoryBackend | Engine) -> None:
        driver = host.run(node, backend)
        if driver.failures:
            raise PrerequisiteMissing(f"{host.name}: cannot bind {driver.failures[0]}")
