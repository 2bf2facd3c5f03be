"""The second stage: real sockets and real ESP, with the attacker on the lab's Gm link."""

from asyncio import gather, sleep
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from twopair.attack.attack import Attack
from twopair.attack.attacker import Attacker
from twopair.attack.defences import Build
from twopair.attack.moves import Move
from twopair.attack.on_packets import Packets
from twopair.attack.sight import Forged
from twopair.attack.stage import Stage, ue_name
from twopair.attack.trial import Trial, plan_of, play
from twopair.attack.watch import Watched
from twopair.base import Micros, Transport, seconds
from twopair.live.lab import Lab
from twopair.live.lab.host import Host
from twopair.nodes.events import Wish

_POLL_S: Final = 0.005
_QUIET_S: Final = 0.1
_STEP_S: Final = 8.0  # of the nodes' time, between two looks
_STEPS: Final = 12
_LONGEST_S: Final = 0.3  # what is held or replayed later in virtual time comes this late here
_AT_ONCE: Final = 8  # labs at a time: most of an attack is waiting


class LabStage(Stage):
    """A network of namespaces; always with all defences. Its nodes' clocks are set forward while it waits.

    Args:
        lab: entered by the caller.
        build: what it was made from.
        moves: what the attacker does.
    """

    real = True
    patience_s = 150.0

    def __init__(self, lab: Lab, build: Build, moves: Sequence[Move]) -> None:
        super().__init__(build)
        self._lab = lab
        ues = {ue_name(number): host for number, host in enumerate(lab.ues, 1)}
        self._hosts: dict[str, Host] = {"home": lab.home, "pcscf": lab.pcscf, **ues}
        for name, host in self._hosts.items():
            host.driver.node = self.nodes[name] = Watched(host.driver.node, self.spoken)
        self.attacker = Attacker(Packets(self.names, readable=self.readable), moves)
        lab.gm.middle = self._middle

    def ask(self, name: str, wish: Wish) -> None:
        """See `Stage`."""
        self._hosts[name].driver.feed(wish)

    async def until(self, condition: Callable[[], bool], at_most_s: float) -> bool:
        """See `Stage`."""
        left: int = seconds(at_most_s)
        step = max(seconds(_STEP_S), left // _STEPS)
        while not await self._soon(condition):
            if left <= 0:
                return False
            for host in self._hosts.values():
                host.driver.skip(Micros(min(step, left)))
            left -= step
        return True

    async def _soon(self, condition: Callable[[], bool]) -> bool:
        """Whether a condition comes to hold before everything that is on its way has arrived."""
        end = monotonic() + _QUIET_S
        while not condition():
            if monotonic() >= end:
                return False
            await sleep(_POLL_S)
        return True

    def put(self, *forged: Forged) -> None:
        """See `Stage`."""
        for packet in self.attacker.forge(forged):
            self._lab.gm.inject(packet)

    def drops(self, name: str) -> Mapping[str, int]:
        """See `Stage`."""
        return self._hosts[name].driver.backend.drops()

    def _middle(self, packet: bytes) -> Iterable[tuple[float, bytes]]:
        return [(min(after_s, _LONGEST_S), carried) for after_s, carried in self.attacker.take(packet)]


@asynccontextmanager
async def lab_stage(attack: Attack, transport: Transport, ip: int = 4) -> AsyncIterator[LabStage]:
    """A lab with an attacker in it. Raises PrerequisiteMissing where there can be none."""
    build = Build(plan_of(attack, transport, ip))
    async with Lab(build.plan) as lab:
        yield LabStage(lab, build, attack.moves)


async def try_in_lab(attack: Attack, transport: Transport, ip: int = 4) -> Trial:
    """Play an attack on real packets, against all defences."""
    async with lab_stage(attack, transport, ip) as stage:
        return await play(attack, stage, transport, defended=True)


async def try_all_in_labs(attacks: Sequence[Attack], transport: Transport, ip: int = 4) -> list[Trial]:
    """Play many, several at a time, each in a lab of its own."""
    trials: list[Trial] = []
    for start in range(0, len(attacks), _AT_ONCE):
        batch = attacks[start : start + _AT_ONCE]
        trials += await gather(*(try_in_lab(attack, transport, ip) for attack in batch))
    return trials
