"""A network whose P-CSCF has a diary, and somebody on the way who changes what passes."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.story.network import Network

from twopair.base import Micros
from twopair.live.admin.diarist import Diarist
from twopair.live.admin.explain import explained
from twopair.nodes.pcscf import Pcscf
from twopair.sim import Packet

Change = Callable[[Packet], Packet | None]
"""What somebody makes of a packet; None: it does not arrive."""


class Explained(Network):
    """The usual lab; `why` asks as `twopair explain` does."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**{"ues": 1, **changes})
        self.diarist = Diarist(self.pcscf.backend, lambda: self.world.agenda.now)
        self.world.listen(lambda host, fact: self.diarist(fact) if host is self.pcscf else None)

    @property
    def impi(self) -> str:
        return self.plan.ues[0].card.impi

    def why(self, who: str = "") -> Any:
        """What is said of a UE, the first one unless it is named."""
        assert isinstance(self.pcscf.node, Pcscf)
        now = self.world.agenda.now
        views = self.pcscf.node.snapshot(now)
        return json.loads("".join(explained(views, self.diarist, who or self.impi, now, now / 1_000_000)))

    def meanwhile(self, change: Change) -> Callable[[], None]:
        """Have somebody change every packet; gives what ends it."""
        carrier = self.world.carrier

        def carry(packet: Packet) -> list[tuple[int, Packet]]:
            changed = change(packet)
            return [] if changed is None else carrier(changed)

        self.world.carrier = carry

        def ends() -> None:
            self.world.carrier = carrier

        return ends

    def moment(self) -> Micros:
        return self.world.agenda.now


def reword(pattern: str, words: str, *, start: str = "", marked: bool | None = None) -> Change:
    """Replace text in messages that begin so, in the clear, in ESP, or both."""

    def change(packet: Packet) -> Packet:
        ours = packet.data.startswith(start.encode()) and marked in (None, packet.mark is not None)
        data = re.sub(pattern.encode(), words.encode(), packet.data) if ours else packet.data
        return packet._replace(data=data)

    return change


def in_esp(change: Change) -> Change:
    """The same for what is in ESP alone."""
    return lambda packet: packet if packet.mark is None else change(packet)
