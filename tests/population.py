"""A P-CSCF, its back end, and as many registered UEs as one likes, of whom nothing else is there."""

from collections.abc import Callable
from typing import Final

from tests.unit.nodes.pcscf.bed import Bed, Ue

from twopair.backends.contract import IpsecBackend
from twopair.backends.memory import MemoryBackend
from twopair.backends.userspace.engine import Engine
from twopair.base import SECOND, Micros, Port, Spi, Suite
from twopair.core.sa import End, InstallSas, RemoveSas, SaSet
from twopair.core.secagree import Terms
from twopair.live.entropy import OsEntropy
from twopair.nodes.events import Woke
from twopair.nodes.pcscf import Limits
from twopair.wire import ip

NO_LIMITS: Final = Limits(
    register_rate=1_000_000,
    register_burst=1_000_000,
    register_rate_per_source=1_000_000,
    register_burst_per_source=1_000_000,
    temporary_sets=1_000_000,
    transactions=10_000_000,
)

TIMERS_OVER_S: Final = 300
"""After which nothing of a registration runs any more: transactions 128 s, reg-await-auth 240 s."""

_SM7: Final = bytes(900)
"""About as long as one."""


class Population:
    """A node and its back end, fed by hand.

    Args:
        backend: of the P-CSCF.
        algorithms: what it takes.
        apart: microseconds from one registration to the next.
    """

    def __init__(
        self, backend: IpsecBackend, algorithms: tuple[Suite, ...], apart: int = SECOND // 1_000
    ) -> None:
        self.backend = backend
        self._apart = apart
        self._bed = Bed(limits=NO_LIMITS, algorithms=algorithms)

    def register(self, number: int, turn: int = 0) -> None:
        """A whole registration; the first packets go over its SAs, where they are more than marks.

        Args:
            number: of the UE.
            turn: how often it has been registered before.
        """
        address = f"10.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        bed, ue = self._bed, Ue(number, address=address)
        self.wait(self._apart)
        spi_c, spi_s, port_c, port_s = ue.terms
        ue.renew(Terms(Spi(spi_c + 2 * turn), Spi(spi_s + 2 * turn), Port(port_c + 2 * turn), port_s))
        bed.register(ue)
        if turn:  # its former sets stay until it says something over the new one (24.229 §5.2.2.2, row 6)
            bed.receive(ue.uplink, ue.request())
            bed.core(bed.to_core(), 200)
        actions, bed.actions, bed.fresh = bed.actions, [], []
        for action in actions:
            if isinstance(action, InstallSas):
                self.backend.install(action.sa_set)
                if isinstance(self.backend, Engine):
                    _speak(self.backend, action.sa_set)
            elif isinstance(action, RemoveSas):
                self.backend.remove(action.set_id)

    def wait(self, micros: int) -> None:
        """Let time pass; nobody looks at the clock in between."""
        bed = self._bed
        bed.now = Micros(bed.now + micros)
        deadline = bed.pcscf.next_deadline()
        if deadline is not None and deadline <= bed.now:
            bed.pcscf.feed(Woke(), bed.now)

    @property
    def roots(self) -> tuple[object, ...]:
        """All that is kept of the UEs hangs on these."""
        return self._bed.pcscf, self.backend


def _speak(engine: Engine, sa_set: SaSet) -> None:
    """SM7 over SA1, SM12 over SA2, as over UDP."""
    ue = Engine(OsEntropy())
    ue.install(sa_set._replace(end=End.UE))
    (uc, us, pc, ps), there, here = sa_set.ports, sa_set.ue, sa_set.pcscf
    for packet in ue.from_host(ip.udp_datagram(there, uc, here, ps, _SM7)):
        assert engine.from_wire(packet), "it is opened"
    assert engine.from_host(ip.udp_datagram(here, pc, there, us, _SM7)), "it is sealed"


BACKENDS: Final[dict[str, Callable[[], IpsecBackend]]] = {
    "memory": MemoryBackend,
    "userspace": lambda: Engine(OsEntropy()),
}
"""Those that keep their own tables, by name."""
