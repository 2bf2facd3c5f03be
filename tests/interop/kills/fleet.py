"""Many UEs in one process, which write, call and re-register until they are told to rest."""

import asyncio
from asyncio import CancelledError, Event, Task, create_task, current_task, gather, sleep, wait_for
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from itertools import count, pairwise
from random import Random
from time import monotonic
from typing import Any, Final, TypeVar

from tests.interop.kills.attempts import Attempt, Kill
from tests.interop.kills.plan import Plan, transport, user

from twopair.live.ue import Ue
from twopair.live.ue.unsuccessful import Unsuccessful
from twopair.nodes.facts import CallStage, Deregistered, MessageReceived, RegistrationFailed

AT_ONCE: Final = 8
"""UEs that register, or prove that they are there, beside each other."""

ACK_WITHIN_S: Final = 140.0
LOOK_S: Final = 0.2
OK: Final = 200
T = TypeVar("T")


class Phone:
    """A UE, and whose it is."""

    def __init__(self, number: int, ue: Ue) -> None:
        self.ue = ue
        self.user = user(number)
        self.name = f"user{number} ({transport(number)})"
        self.registering = False
        self.writing_to: set[str] = set()
        self.heard: set[str] = set()
        self.twice = 0
        self.news: list[str] = []

    def look(self) -> None:
        """Take what has happened that no verb has waited for."""
        while not self.ue.events.empty():
            event = self.ue.events.get_nowait()
            if isinstance(event, MessageReceived):
                text = event.body.decode()
                self.twice += text in self.heard
                self.heard.add(text)
            elif isinstance(event, Deregistered | RegistrationFailed):
                self.news.append(f"{self.name}: {event}")


class Fleet:
    """All UEs of a run.

    Args:
        plan: the run.
        phones: its UEs, started.

    Attributes:
        attempts: what they did.
        dropped: calls that ended and should not have.
    """

    def __init__(self, plan: Plan, phones: list[Phone]) -> None:
        self._plan = plan
        self._phones = phones
        self._dice = Random(plan.seed)
        calls = plan.standing_calls
        pairs = list(pairwise(self._dice.sample(phones, 4 * calls)))[::2]
        self._standing, self._passing = pairs[:calls], pairs[calls:]
        self._numbers = count(1)
        self._rest = Event()
        self._tasks: set[Task[None]] = set()
        self._setting_up: dict[Task[None], float] = {}  # since when
        self.attempts: list[Attempt] = []
        self.dropped: list[str] = []

    # in turn

    async def register(self) -> None:
        """Each for the first time."""
        await _in_turn(self._phones, lambda phone: phone.ue.register())

    async def call(self) -> None:
        """Set up the calls that are to stand."""

        async def stands(pair: tuple[Phone, Phone]) -> None:
            assert await pair[0].ue.call(pair[1].user) == OK

        await _in_turn(self._standing, stands)

    async def prove(self) -> None:
        """Everybody is still reachable: calls carry messages, and end in order."""
        await self.ring()
        for pair in self._standing:
            await self._say(*pair)
            await self._say(*reversed(pair))
            await self._end(*pair)

    async def ring(self) -> None:
        """Each writes to the next, and so has written and was written to."""
        phones = self._phones
        await _in_turn([*pairwise(phones), (phones[-1], phones[0])], lambda pair: self._write(*pair))

    async def deregister(self) -> None:
        """Each leaves."""
        await _in_turn(self._phones, lambda phone: phone.ue.deregister())

    def look(self) -> None:
        """Take what all have heard."""
        for phone in self._phones:
            phone.look()

    # beside each other

    def go(self) -> None:
        """Begin to write, call and re-register, until `settle`."""
        self._begin(self._messages())
        self._begin(self._registrations())
        for pair in self._standing:
            self._begin(self._talk(*pair))
        for pair in self._passing:
            self._begin(self._calls(*pair))

    async def settle(self, kills: Sequence[Kill] = ()) -> None:
        """Begin nothing more, and wait until all that was begun has an outcome.

        Calls that one of these kills fell into while they were set up are given up: they may fail, and an
        INVITE or ACK that is lost takes over two minutes to do so (64*T1).
        """
        self._rest.set()
        for task, begin in list(self._setting_up.items()):
            if any(begin < kill.at for kill in kills):
                task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: Task[None]) -> None:
        self._tasks.discard(task)
        with suppress(CancelledError):
            task.result()

    async def _goes_on(self, mean_s: float) -> bool:
        """Wait for a while, of that length in the mean; whether it goes on then."""
        with suppress(TimeoutError):
            await wait_for(self._rest.wait(), self._dice.expovariate(1 / mean_s))
        return not self._rest.is_set()

    async def _messages(self) -> None:
        while await self._goes_on(1 / self._plan.messages_per_s):
            writer, reader = self._dice.sample(self._phones, 2)
            if reader.user not in writer.writing_to:
                self._begin(self._write(writer, reader))

    async def _registrations(self) -> None:
        while await self._goes_on(1 / self._plan.registrations_per_s):
            phone = self._dice.choice(self._phones)
            if not phone.registering:
                self._begin(self._register(phone))

    async def _talk(self, caller: Phone, called: Phone) -> None:
        while await self._goes_on(self._plan.pause_s):
            speakers = (caller, called) if self._dice.random() < 0.5 else (called, caller)
            await self._say(*speakers)

    async def _calls(self, caller: Phone, called: Phone) -> None:
        while await self._goes_on(self._plan.pause_s):
            if not await self._set_up(caller, called):
                continue
            if await self._goes_on(self._plan.pause_s):
                await self._say(called, caller)
            await self._end(*self._dice.sample((caller, called), 2))

    # what is attempted

    async def _register(self, phone: Phone) -> None:
        phone.registering = True
        await self._attempt("re-registration", phone.name, _registered(phone))
        phone.registering = False

    async def _write(self, writer: Phone, reader: Phone) -> None:
        text = f"m{next(self._numbers)}"
        writer.writing_to.add(reader.user)
        await self._attempt(
            "message",
            f"{writer.name} to {reader.name}",
            _heard(writer.ue.message(reader.user, text), reader, text),
        )
        writer.writing_to.discard(reader.user)

    async def _say(self, speaker: Phone, listener: Phone) -> None:
        text = f"s{next(self._numbers)}"
        await self._attempt(
            "in a call",
            f"{speaker.name} to {listener.name}",
            _heard(speaker.ue.say(text), listener, text),
        )

    async def _set_up(self, caller: Phone, called: Phone) -> bool:
        """Whether there is a call; what is left of one that failed is cleared away."""
        task = current_task()
        assert task is not None
        self._setting_up[task] = monotonic()
        try:
            who = f"{caller.name} to {called.name}"
            fault = await self._attempt("call set up", who, _stands(caller, called))
        finally:
            del self._setting_up[task]
        if fault:
            for phone in (caller, called):
                with suppress(TimeoutError):
                    await phone.ue.hang_up()
        return not fault

    async def _end(self, one: Phone, other: Phone) -> None:
        await self._attempt("call ended", f"{one.name} to {other.name}", _ended(one, other))

    async def _attempt(self, kind: str, who: str, outcome: Awaitable[str]) -> str:
        begin = monotonic()
        try:
            fault = await outcome
        except TimeoutError:
            fault = "no outcome at all"
        except Unsuccessful as error:
            fault = str(error)
        self.attempts.append(Attempt(kind, begin, monotonic(), fault, who))
        return fault


async def _in_turn(these: Iterable[T], verb: Callable[[T], Awaitable[object]]) -> None:
    """A few beside each other, until it was everybody's turn."""
    left = iter(these)

    async def some() -> None:
        for one in left:
            await verb(one)

    await gather(*(some() for _ in range(AT_ONCE)))


async def _registered(phone: Phone) -> str:
    await phone.ue.register()
    return ""


async def _status(asked: Awaitable[int]) -> str:
    status = await asked
    return "" if status == OK else f"answered {int(status)}"


async def _stands(caller: Phone, called: Phone) -> str:
    """It is being set up until the ACK is there; without it the one called gives up after 64*T1."""
    fault = await _status(caller.ue.call(called.user))
    for _ in range(int(ACK_WITHIN_S / LOOK_S)):
        there = called.ue.call_now
        if fault or there is None or there.stage is CallStage.UP:
            break
        await sleep(LOOK_S)
    there = called.ue.call_now
    return fault or ("" if there is not None and there.stage is CallStage.UP else "its ACK never came")


async def _heard(asked: Awaitable[int], reader: Phone, text: str) -> str:
    """A 200 is the reader's own: it has the text."""
    fault = await _status(asked)
    reader.look()
    return fault or ("" if text in reader.heard else "answered 200, and never received")


async def _ended(one: Phone, other: Phone) -> str:
    """Both know, and neither of them by having missed the other."""
    if one.ue.call_now is None or other.ue.call_now is None:
        return f"no call any more: {one.ue.lost or other.ue.lost or 'ended'}"
    await one.ue.hang_up()
    if other.ue.call_now is not None:
        await other.ue.hold(10)
    lost = one.ue.lost or other.ue.lost
    return f"lost: {lost}" if lost else "" if other.ue.call_now is None else "the other end knows of no end"
