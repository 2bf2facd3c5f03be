"""The process of the UEs: obeys one word a line, and says when that is done.

    python -m tests.interop.kills.ues FOLDER

runs in the network of the UEs; `FOLDER` has ``plan.json``, and gets ``ues.json`` at the end.
"""

import asyncio
import json
import sys
from asyncio import StreamReader, StreamReaderProtocol, get_running_loop
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from tests.interop.kills.attempts import Attempt
from tests.interop.kills.fleet import Fleet, Phone
from tests.interop.kills.plan import Plan, ue_settings
from tests.interop.kills.shared import PartOf

from twopair.live.config import UeFile
from twopair.live.ipsec import Ipsec, start_ipsec
from twopair.live.program import log_to_stderr
from twopair.live.ue import Ue

RINGS_S = 0.2


class Told(NamedTuple):
    """What the UEs have to say in the end.

    Args:
        attempts: what they did.
        news: what happened to registrations that nobody asked for.
        twice: messages that came more than once.
    """

    attempts: list[Attempt]
    news: list[str]
    twice: int

    def write(self, folder: Path) -> None:
        """For `read`."""
        (folder / "ues.json").write_text(json.dumps(self))

    @classmethod
    def read(cls, folder: Path) -> "Told":
        """What was written."""
        attempts, news, twice = json.loads((folder / "ues.json").read_text())
        return cls([Attempt(*attempt) for attempt in attempts], news, twice)


async def obey(folder: Path) -> None:
    """Start the UEs and do what is said, until the lines end."""
    plan = Plan(*json.loads((folder / "plan.json").read_text()))
    settings = [UeFile.model_validate(ue_settings(number, plan.backend)) for number in range(plan.ues)]
    loop, lines = get_running_loop(), StreamReader()
    await loop.connect_read_pipe(lambda: StreamReaderProtocol(lines), sys.stdin)
    suites = settings[0].config().suites
    ipsec = start_ipsec(settings[0].ipsec.backend, mtu=settings[0].ipsec.mtu, loop=loop, suites=suites)
    async with AsyncExitStack() as opened:
        opened.callback(ipsec.close)
        phones = []
        for number, of_one in enumerate(settings):
            part = Ipsec(PartOf(ipsec.backend, number), ipsec.guard, lambda: None)
            ue = Ue(of_one, answer_after_s=RINGS_S, ipsec=part, verbose=plan.verbose)
            phones.append(Phone(number, await opened.enter_async_context(ue)))
        fleet = Fleet(plan, phones)
        words: dict[str, Callable[[], Awaitable[object]]] = {
            "register": fleet.register,
            "call": fleet.call,
            "go": _at_once(fleet.go),
            "settle": fleet.settle,
            "ring": fleet.ring,
            "prove": fleet.prove,
            "tell": _at_once(lambda: _tell(fleet, phones, folder)),
            "deregister": fleet.deregister,
        }
        print("ready", flush=True)
        while word := (await lines.readline()).decode().strip():
            await words[word]()
            print(f"{word} done", flush=True)


def _tell(fleet: Fleet, phones: list[Phone], folder: Path) -> None:
    fleet.look()
    news = [line for phone in phones for line in phone.news]
    Told(fleet.attempts, news, sum(phone.twice for phone in phones)).write(folder)


def _at_once(work: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def done() -> None:
        work()

    return done


if __name__ == "__main__":
    log_to_stderr()
    asyncio.run(obey(Path(sys.argv[1])))
