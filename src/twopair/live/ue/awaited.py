"""Who waits for which fact of a node."""

from asyncio import Future, get_running_loop
from collections.abc import Callable

from twopair.nodes.facts import CallChanged

Wanted = Callable[[object], bool]
"""Whether a fact is the one that is waited for."""


class Awaited:
    """Facts that somebody waits for, in the order in which they began to wait."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Wanted, Future[object]]] = []

    def expect(self, wanted: Wanted) -> Future[object]:
        """The next fact that is wanted; give it up by cancelling it."""
        future: Future[object] = get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return future

    def hear(self, fact: object) -> bool:
        """Whether somebody waited for it. An outcome is for one; how a call goes is news for all."""
        self._waiting = [(wanted, future) for wanted, future in self._waiting if not future.done()]
        takers = [future for wanted, future in self._waiting if wanted(fact)]
        for future in takers if isinstance(fact, CallChanged) else takers[:1]:
            future.set_result(fact)
        return bool(takers)
