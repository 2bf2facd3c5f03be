"""Lines of a file descriptor on the event loop: a pipe, a terminal, or a file."""

import os
from asyncio import Queue, get_running_loop
from typing import Final, Protocol

_CHUNK_OCTETS: Final = 65_536


class Source(Protocol):
    """Where commands come from."""

    async def next(self) -> str | None:
        """The next line, None at the end."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class Lines:
    """Lines as they come, without their ends; what is no UTF-8 is replaced.

    Args:
        fd: open for reading; it stays open.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = get_running_loop()
        self._queue: Queue[str | None] = Queue()
        self._rest = b""
        try:
            self._loop.add_reader(fd, self._readable)
        except PermissionError:  # what an event loop cannot watch never keeps one waiting: a file
            while self._readable():
                pass

    async def next(self) -> str | None:
        """The next line, None at the end."""
        line = await self._queue.get()
        if line is None:
            self._queue.put_nowait(None)
        return line

    def close(self) -> None:
        """Read no more."""
        self._loop.remove_reader(self._fd)

    def _readable(self) -> bool:
        """Read what is there; whether more may come."""
        chunk = os.read(self._fd, _CHUNK_OCTETS)
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if not chunk:
            whole += [self._rest] if self._rest else []
            self.close()
        for line in whole:
            self._queue.put_nowait(line.decode("utf-8", "replace").rstrip("\r"))
        if not chunk:
            self._queue.put_nowait(None)
        return bool(chunk)
