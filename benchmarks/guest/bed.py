"""A P-CSCF in a namespace, with UEs in another and a home network in a third."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from tests.interop.kamailio import pcscf as kamailio
from tests.interop.programs import Programs

from benchmarks.guest.sas import SUITE, KernelSas
from benchmarks.load.network import Network
from benchmarks.load.phone import DOMAIN, Phone, Place
from benchmarks.load.programs import CONFIGURATION, Wheel
from benchmarks.load.sockets import PatientSockets
from twopair.backends.kernel.backend import KernelBackend

PLACE: Final = Place(
    "10.10.0.1", "10.20.0.1", "10.20.0.2", 5060, 6101, (10, 11), 120, ((SUITE.alg, SUITE.ealg),)
)
GATEWAY: Final = "10.10.1.1"
UES: Final = 2
WINDOW: Final = 4
WARMING: Final = 1
FIRST_WARMING: Final = 600
OVER_EACH_PORT: Final = 12
SHARED_MB: Final = 64
"""Of Kamailio's processes: enough for all transactions of some seconds on a quiet machine, and soon used
by each. With half of it messages were lost.
"""

UNITS: Final = {
    "registration": 2,
    "re-registration": 4,
    "MESSAGE up": 60,
    "MESSAGE down": 60,
    "call up": 20,
    "call down": 20,
}
"""What a UE does, and how many times a round."""


class Bed:
    """One P-CSCF and all around it.

    Args:
        start: starts the P-CSCF on the host ``pcscf``.
        server_ports: that it has; ours has one, which each UE is told of.
    """

    def __init__(self, start: Callable[[Programs], object], server_ports: Sequence[int] = ()) -> None:
        self._opened = ExitStack()
        self._turn = 0
        self._server_ports = server_ports
        programs = self._opened.enter_context(Programs())
        for name in ("pcscf", "home", "ues"):
            programs.host(name)
        programs.on_bridge("pcscf", f"{PLACE.gm}/16")
        programs.on_bridge("ues", f"{GATEWAY}/16")
        programs.cable("pcscf", f"{PLACE.core}/24", "home", f"{PLACE.home}/24")
        programs.route("pcscf", "10.11.0.0/16", GATEWAY)
        with programs.namespace("ues").entered():
            subprocess.run("ip route add local 10.11.0.0/16 dev lo".split(), check=True)
            backend = KernelBackend()
        self._opened.callback(backend.shut_down)
        start(programs)
        self.sockets = PatientSockets()
        ues, home = programs.namespace("ues").socket, programs.namespace("home").socket
        self.network = Network(PLACE, self.sockets, KernelSas(backend), gm=ues, core=home)
        self._opened.callback(self.network.close)

    def populate(self) -> None:
        """All UEs register, and each process of the P-CSCF has done some work."""
        self.network.run(self.network.register, self.network.grow(UES), 1)
        for port in self._server_ports:
            clear = partial(self.network.message_in_the_clear, port)
            self.network.run(clear, islice(self._phones(), OVER_EACH_PORT), WINDOW)
        for begin in (self.network.message_up, self.network.message_down):
            self.network.run(begin, islice(self._phones(), FIRST_WARMING), WINDOW)

    def works(self) -> dict[str, Callable[[], float]]:
        """What can be measured, by its name in `UNITS`: µs for each in which others had the processor."""
        begins = self.network.begins()
        works = {name: partial(self._measured, begins[name], units) for name, units in UNITS.items()}
        return works | {"registration": self._registered}

    def close(self) -> None:
        """End all of it."""
        self._opened.close()

    def _measured(self, begin: Callable[[Phone], None], units: int) -> float:
        self.network.run(begin, islice(self._phones(), WARMING), self._window(begin))
        return self._per_unit(begin, list(islice(self._phones(), units)))

    def _registered(self) -> float:
        """UEs that were never there, each time, which leave: Kamailio keeps what it knew of one that left."""
        first, new = self.network.grow(WARMING), self.network.grow(UNITS["registration"])
        self.network.run(self.network.register, first, 1)
        cost = self._per_unit(self.network.register, new)
        self.network.run(self.network.deregister, first + new, 1)
        return cost

    def _per_unit(self, begin: Callable[[Phone], None], phones: list[Phone]) -> float:
        before = self.sockets.slept_s
        self.network.run(begin, phones, self._window(begin))
        return (self.sockets.slept_s - before) / len(phones) * 1e6

    def _window(self, begin: Callable[[Phone], None]) -> int:
        return 1 if begin in (self.network.register, self.network.register_again) else WINDOW

    def _phones(self) -> Iterator[Phone]:
        while True:
            self._turn += 1
            yield self.network.phones[self._turn % UES]


def ours(wheel: Wheel, directory: Path) -> Bed:
    """Our P-CSCF, with the kernel back end."""
    directory.mkdir()
    file = directory / "pcscf.toml"
    file.write_text(CONFIGURATION.format(domain=DOMAIN, place=PLACE, backend="kernel"))
    return Bed(lambda programs: programs.run("pcscf", *wheel.program("pcscf", "-c", str(file))).line())


def kamailios(directory: Path, rounds: int) -> Bed:
    """Kamailio, with `ims_ipsec_pcscf`: one worker for each of its ports, which no two UEs share.

    Args:
        directory: of its own, not there yet.
        rounds: in each some UEs register, and some again; their ports do not come back soon.
    """
    directory.mkdir()
    pairs = UES + (rounds + 1) * (2 * WARMING + UNITS["registration"] + UNITS["re-registration"])
    first_spi = kamailio.FIRST_SPI
    values = kamailio.values(PLACE.gm, PLACE.core, PLACE.home, DOMAIN, first_spi=first_spi, pairs=pairs)
    ports = range(kamailio.SERVER_PORT, kamailio.SERVER_PORT + pairs)
    return Bed(lambda programs: kamailio.start(programs, directory, values, (), SHARED_MB), ports)
