"""One worker: a P-CSCF with sockets that were opened for it, which answers who has started it."""

import ctypes
import json
import os
import signal
from asyncio import Task, create_task, get_running_loop
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from socket import socket
from typing import Final, NamedTuple, Self

from twopair.backends.userspace.raw import Queue
from twopair.live.admin.server import AdminSocket, Answer
from twopair.live.config import PcscfFile, read
from twopair.live.config.part import Part
from twopair.live.service.pcscf import serve_pcscf
from twopair.live.sockets import SocketFactory
from twopair.live.workers.channel import End
from twopair.live.workers.shared import Handed
from twopair.live.workers.steering import choose

_PR_SET_PDEATHSIG: Final = 1


class Given(NamedTuple):
    """What a worker gets with its command line: ``--worker [[2, 4, "kernel"], 7, [8, 9], null]``.

    Args:
        part: which one it is.
        channel: file descriptor of its end of the channel.
        sockets: those of its sockets.
        queue: of its queue of a TUN device, None where ESP is done elsewhere.
    """

    part: Part
    channel: int
    sockets: tuple[int, ...]
    queue: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the command line. Raises ValueError."""
        try:
            part, channel, sockets, queue = json.loads(text)
            return cls(Part(*part), int(channel), tuple(map(int, sockets)), queue)
        except TypeError as error:
            raise ValueError(f"{error}") from None

    def __str__(self) -> str:
        return json.dumps(self)


class Starter:
    """Who has started it, as `twopair.live.service.lead.Lead`.

    Args:
        given: by it.

    Attributes:
        place: see `Lead`.
        queue: likewise.
    """

    def __init__(self, given: Given) -> None:
        self.place: SocketFactory = Handed(given.sockets)
        number, of, _ = given.part
        of_ues = partial(choose, workers=of, place=number - 1)
        self.queue = None if given.queue is None else Queue(given.queue, of_ues)
        self._channel = socket(fileno=given.channel)
        self._end: End | None = None
        self._tasks: set[Task[None]] = set()

    def ready(self) -> None:
        """See `Lead`."""
        assert self._end is not None, "it answers before it serves"
        self._end.ready()

    @asynccontextmanager
    async def answering(self, answers: Mapping[str, Answer]) -> AsyncIterator[None]:
        """See `Lead`."""
        admin = AdminSocket(answers)

        def asked(sock: socket) -> None:
            task = create_task(admin.take(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._end = End(self._channel, get_running_loop(), asked)
        try:
            yield
        finally:
            self._end.close()


async def work(file: Path, verbose: int, given: Given) -> None:
    """Serve until told to end. Raises as `serve_pcscf`."""
    _end_with(os.getppid())
    settings = read(file, PcscfFile).for_worker(given.part)
    await serve_pcscf(file, settings, verbose, Starter(given))


def _end_with(parent: int) -> None:
    """Have the kernel end this process with the one that started it, however that ends (prctl(2)).

    Who starts again finds the ports free and the store unlocked, and goes on with what is in it.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
