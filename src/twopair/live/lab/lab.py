"""The lab: UEs, a P-CSCF and a home network on one machine, each host in a network namespace of its own."""

from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing
from types import TracebackType
from typing import Self

from twopair.backends.contract import IpsecBackend
from twopair.backends.kernel.probe import probe
from twopair.backends.memory import MemoryBackend
from twopair.backends.userspace.engine import WIRE_MTU, Engine
from twopair.core.aka import Card
from twopair.live.entropy import OsEntropy
from twopair.live.lab.host import Host
from twopair.live.lab.link import Link
from twopair.live.lab.namespace import Namespace, gain_rights
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
        kernel: hosts whose kernel does their ESP (``pcscf``, ``ue1`` and so on); the others have an engine.

    Attributes:
        gm: the link between UEs and P-CSCF.
        core: the link between P-CSCF and home network.
        ues: the UEs' hosts.

    Raises:
        PrerequisiteMissing: on entering, where this machine cannot have a lab.
    """

    pcscf: Host
    home: Host

    def __init__(
        self, plan: LabPlan | None = None, *, wire_mtu: int = WIRE_MTU, kernel: Collection[str] = ()
    ) -> None:
        self.plan = plan or usual()
        self.gm, self.core = Link(), Link()
        self.ues: list[Host] = []
        self._wire_mtu = wire_mtu
        self._kernel = kernel
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
        if self._kernel:
            self._probe()
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

    def _probe(self) -> None:
        plan = self.plan
        with closing(Namespace()) as namespace, namespace.entered():
            lacks = probe().lacking(plan.pcscf.algorithms, (6 if ":" in plan.network.pcscf else 4,))
        if lacks:
            raise PrerequisiteMissing(f"no kernel back end for the lab: {lacks}")

    def _build(self) -> None:
        plan, net = self.plan, self.plan.network
        self._cleanup.callback(self.gm.close)
        self.home = self._host("home")
        self.home.plug("core", self.core, [plan.home.address], [net.trusted])
        self._run(
            self.home, HomeNetwork(plan.home, MemoryStore(plan.subscribers), OsEntropy()), MemoryBackend()
        )
        self.pcscf, backend = self._on_gm("pcscf", plan.pcscf.gm_addresses)
        self.pcscf.plug("core", self.core, [plan.pcscf.core.address], [net.trusted])
        self._run(self.pcscf, Pcscf(plan.pcscf, OsEntropy()), backend)
        for number, ue in enumerate(plan.ues, 1):
            host, backend = self._on_gm(f"ue{number}", [ue.config.address])
            self._run(host, UserEquipment(ue.config, Card(ue.card, ue.seqs), OsEntropy()), backend)
            self.ues.append(host)

    def _on_gm(self, name: str, addresses: Sequence[str]) -> tuple[Host, IpsecBackend]:
        """A host on the Gm link, with its back end."""
        host, mtu, routes = self._host(name), self._wire_mtu, [self.plan.network.gm]
        if name in self._kernel:
            host.plug("gm", self.gm, addresses, routes, wire_mtu=mtu, mtu=mtu)
            return host, host.kernel_ipsec()
        engine = Engine(OsEntropy(), mtu=mtu)
        host.plug("gm", self.gm, addresses, routes, engine=engine, wire_mtu=mtu)
        return host, engine

    def _host(self, name: str) -> Host:
        host = Host(name)
        self._cleanup.callback(host.close)
        return host

    @staticmethod
    def _run(host: Host, node: HomeNetwork | Pcscf | UserEquipment, backend: IpsecBackend) -> None:
        driver = host.run(node, backend)
        if driver.failures:
            raise PrerequisiteMissing(f"{host.name}: cannot bind {driver.failures[0]}")
