"""Asks every worker, and gives one answer (ADR 28)."""

import json
from asyncio import gather
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from twopair.live.admin.server import Answer
from twopair.live.http.look import WHOLE, Look, all_together
from twopair.live.http.readiness import Reason
from twopair.live.metrics.seen import WorkerSeen
from twopair.live.metrics.table import WORKERS
from twopair.live.metrics.values import read
from twopair.live.workers.channel import answer, asked
from twopair.live.workers.crew import Crew, Hand
from twopair.live.workers.used import used_by

_END: Final = b"\n"
"""What an answer ends with."""


class Desk:
    """Answers for all.

    Args:
        crew: the workers.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def answers(self) -> dict[str, Answer]:
        """What can be asked on the admin socket."""
        return {"sas": self._checked(self._sas), "explain": self._checked(self._explain)}

    async def look(self, *, whole: bool) -> Look:
        """See `twopair.live.http.look.Looker`."""
        how = WHOLE if whole else ""
        asked = [hand for hand in self._crew.hands if hand.serving.is_set()]
        found = await gather(*(_ask(hand, "look", how) for hand in asked))
        each = [(hand.part.number, Look.of_json(one)) for hand, one in zip(asked, found, strict=True) if one]
        silent = [hand.part.number for hand, one in zip(asked, found, strict=True) if not one]
        why_not = [Reason("worker-down", f"worker {number} does not serve") for number in self._crew.down]
        why_not += [Reason("worker-silent", f"worker {number} does not answer") for number in silent]
        look = all_together(each, why_not)
        if whole:
            look = look._replace(values=look.values | read(WORKERS, list(map(_seen, self._crew.hands))))
            if why_not and "twopair_ready" in look.values:
                look.values["twopair_ready"] = [[[], 0]]
        return look._replace(alive=look.alive and not silent)

    def _checked(self, question: Callable[[str], AsyncIterator[str]]) -> Answer:
        """An answer of some workers would be taken for that of all."""

        async def answers(who: str) -> AsyncIterator[str]:
            if down := self._crew.down:
                words = ", ".join(f"worker {number}" for number in down)
                yield json.dumps({"error": f"{words} cannot be asked, and starts; ask again"})
                return
            async for part in question(who):
                yield part

        return answers

    async def _sas(self, who: str) -> AsyncIterator[str]:
        """The lines of all, one worker after the other."""
        before = "["
        for hand in self._crew.hands:
            line = b""
            if hand.channel is not None:
                async with asked(hand.channel, "lines", who) as reader:
                    async for line in reader:
                        if line != _END:
                            yield before + line.decode().rstrip()
                            before = ", "
            if line != _END:
                yield f"worker {hand.part.number} has ended meanwhile"  # the list has no end: it is not whole
                return
        yield "[]" if before == "[" else "]"

    async def _explain(self, who: str) -> AsyncIterator[str]:
        """That of the worker which knows most: it has the registration, or has heard of it last."""
        found = [
            one for one in await gather(*(_ask(hand, "explain", who) for hand in self._crew.hands)) if one
        ]
        yield json.dumps(max(found, key=_knows) if found else {"error": "no worker answers"})


async def _ask(hand: Hand, question: str, who: str) -> Any:
    """None: it does not answer."""
    if hand.channel is None:
        return None
    try:
        return await answer(hand.channel, question, who)
    except (OSError, ValueError):
        return None


def _knows(said: dict[str, Any]) -> tuple[bool, str]:
    return said["registered"], max((line["at"] for line in said["evidence"]), default="")


def _seen(hand: Hand) -> WorkerSeen:
    cpu_s, resident = used_by(hand.process.pid) if hand.process is not None else (0.0, 0)
    return WorkerSeen(hand.part.number, hand.serving.is_set(), hand.starts, cpu_s, resident)
