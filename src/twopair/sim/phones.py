"""Phones as there are: they offer the values of the set a REGISTER goes over once more (Q-22; RRG-02)."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from twopair.base import Micros, Port, Send
from twopair.core.sa import InstallSas, RemoveSas, SaSet
from twopair.nodes import Action, Event, Node

_BRANCH: Final = re.compile(rb"branch=([^;\r]+)")
_TERMS: Final = re.compile(rb"\b(spi-c|spi-s|port-c)=\d+")
_OFFER: Final = re.compile(rb"(?m)^Security-Client: .*$")


class Repeating:
    """A UE that does so with some of its REGISTER requests; one that is sent again is the same.

    The answer to a challenge has the values of the set it goes over anyway.

    Args:
        node: the UE.
        happens: whether the next REGISTER does.
    """

    def __init__(self, node: Node, happens: Callable[[], bool]) -> None:
        self._node = node
        self._happens = happens
        self._made: dict[Port, SaSet] = {}
        self._repeats: dict[bytes, bool] = {}

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Feed the UE; what it sends may offer something else."""
        return [self._said(action) for action in self._node.feed(event, now)]

    def next_deadline(self) -> Micros | None:
        """That of the UE."""
        return self._node.next_deadline()

    def _said(self, action: Action) -> Action:
        if isinstance(action, InstallSas):
            self._made[action.sa_set.ports.uc] = action.sa_set
        elif isinstance(action, RemoveSas):
            gone = [port for port, made in self._made.items() if made.set_id == action.set_id]
            for port in gone:
                del self._made[port]
        elif isinstance(action, Send) and action.data.startswith(b"REGISTER "):
            over, branch = self._made.get(action.flow.local.port), _BRANCH.search(action.data)
            if over is not None and branch is not None:
                if branch[1] not in self._repeats:
                    self._repeats[branch[1]] = self._happens()
                if self._repeats[branch[1]]:
                    return Send(action.flow, repeated(action.data, over))
        return action


def repeated(register: bytes, over: SaSet) -> bytes:
    """A REGISTER that offers the client port and the SPIs of a set; its server port is the same anyway."""
    values = {b"spi-c": over.spis.uc, b"spi-s": over.spis.us, b"port-c": over.ports.uc}
    terms = partial(_TERMS.sub, lambda found: b"%s=%d" % (found[1], values[found[1]]))
    return _OFFER.sub(lambda line: terms(line[0]), register)
