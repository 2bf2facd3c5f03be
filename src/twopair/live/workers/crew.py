"""The processes of the workers: started, started again when one ends, told to end."""

import logging
import signal
from asyncio import Event, Task, create_subprocess_exec, create_task, get_running_loop, sleep
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from socket import socket
from time import monotonic
from typing import Final

from twopair.live.config.part import Part
from twopair.live.either import either
from twopair.live.sockets import reason_of
from twopair.live.workers.channel import READY, channel
from twopair.live.workers.gate import Gate
from twopair.live.workers.worker import Given

_log = logging.getLogger(__name__)

_SOON_S: Final = 10.0
"""A worker that has served for so long is started again at once."""

_NOT_STARTED: Final = 3
"""As if it had said itself that something is missing (`PrerequisiteMissing`)."""

_WAITS_S: Final = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""How long the next start of one waits that ends again and again; the last, for ever."""


@dataclass(slots=True)
class Hand:
    """One worker.

    Args:
        part: which one.
        sockets: that it is handed.
        queue: likewise, of a TUN device; None where there is none.
        process: that it is now, None between two.
        channel: to it; open as long as it is not known to have ended.
        serving: set while it is ready.
        served: whether it ever was.
        starts: how often it was started.
        status: with which it has ended last.
    """

    part: Part
    sockets: Sequence[socket]
    queue: int | None = None
    process: Process | None = None
    channel: socket | None = None
    serving: Event = field(default_factory=Event)
    served: bool = False
    starts: int = 0
    status: int = 0


class Crew:
    """All workers.

    Args:
        command: what starts one, without what it is given.
        sockets: those of each.
        gate: whose back end they have, and whose queues.

    Attributes:
        hands: the workers.
        failed: set when one has ended before it ever served; the others are of no use then.
    """

    def __init__(self, command: Sequence[str], sockets: Sequence[Sequence[socket]], gate: Gate) -> None:
        of = len(sockets)
        self.hands = [
            Hand(Part(number, of, gate.backend), own, queue)
            for number, (own, queue) in enumerate(zip(sockets, gate.queues, strict=True), 1)
        ]
        self.failed = Event()
        self._command = command
        self._ending = False
        self._tasks: list[Task[None]] = []

    async def start(self) -> bool:
        """Start all; whether all serve. The first one tries what all of them need, and says what is wrong."""
        for some in (self.hands[:1], self.hands[1:]):
            self._tasks += [create_task(self._look_after(hand)) for hand in some]
            for hand in some:
                await either(hand.serving, self.failed)
                if self.failed.is_set():
                    return False
        return True

    def tell(self, number: signal.Signals) -> None:
        """Send all of them a signal; those that end after SIGTERM are not started again."""
        self._ending |= number is signal.SIGTERM
        for hand in self.hands:
            if hand.process is not None:
                with suppress(ProcessLookupError):
                    hand.process.send_signal(number)

    async def ended(self) -> None:
        """Until all have ended that were told to."""
        for task in self._tasks:
            await task

    @property
    def down(self) -> list[int]:
        """Those that do not serve now."""
        return [hand.part.number for hand in self.hands if not hand.serving.is_set()]

    @property
    def status(self) -> int:
        """With which the first has ended that did so with an error, 0 if none did."""
        return next((hand.status for hand in self.hands if hand.status), 0)

    async def _look_after(self, hand: Hand) -> None:
        again = 0
        while not self._ending:
            began = monotonic()
            hand.status = await self._run(hand)
            if not hand.served:
                self.failed.set()
            if self._ending or not hand.served:
                return
            _log.error("worker %d %s; its UEs wait, and another takes its place", *_ended(hand))
            again = 0 if monotonic() - began > _SOON_S else min(again + 1, len(_WAITS_S) - 1)
            await sleep(_WAITS_S[again])

    async def _run(self, hand: Hand) -> int:
        ours, theirs = channel()
        loop = get_running_loop()
        with ours, theirs:
            descriptors = [sock.fileno() for sock in hand.sockets]
            queues = [] if hand.queue is None else [hand.queue]
            given = Given(hand.part, theirs.fileno(), tuple(descriptors), hand.queue)
            try:
                process = await create_subprocess_exec(
                    *self._command,
                    str(given),
                    pass_fds=(theirs.fileno(), *descriptors, *queues),
                    start_new_session=True,
                )
            except OSError as error:
                _log.error("worker %d cannot be started: %s", hand.part.number, reason_of(error))
                return _NOT_STARTED
            theirs.close()
            hand.starts += 1
            hand.process, hand.channel = process, ours
            loop.add_reader(ours, _hear, hand, ours)
            if self._ending:  # told while it was being started
                process.send_signal(signal.SIGTERM)
            try:
                return await process.wait()
            finally:
                loop.remove_reader(ours)
                hand.serving.clear()
                hand.process = hand.channel = None


def _hear(hand: Hand, ours: socket) -> None:
    """It is ready; or it has closed its end."""
    if ours.recv(len(READY)) == READY:
        hand.served = True
        hand.serving.set()
    else:
        get_running_loop().remove_reader(ours)


def _ended(hand: Hand) -> tuple[int, str]:
    status = hand.status
    how = f"has ended with {status}" if status >= 0 else f"was ended by {signal.Signals(-status).name}"
    return hand.part.number, how
