"""What a worker and the process that started it tell each other: a pair of sockets that the kernel keeps.

The worker says that it is ready. A question is a socket that it is handed: on it comes the question as on the
admin socket, and on it goes the answer. When one of the two has ended, the other finds the channel closed.
"""

import json
from asyncio import AbstractEventLoop, StreamReader, open_unix_connection, timeout
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from socket import AF_UNIX, SOCK_SEQPACKET, recv_fds, send_fds, socket, socketpair
from typing import Any, Final

READY: Final = b"ready"
_ASK: Final = b"ask"
_MOST_OCTETS: Final = 64
_LONGEST_LINE: Final = 1 << 20
PATIENCE_S: Final = 10.0
"""How long a worker may take for each part of an answer."""


def channel() -> tuple[socket, socket]:
    """Two ends: of who starts a worker, and of the worker."""
    ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs


class End:
    """The end of a worker.

    Args:
        sock: the channel.
        loop: watches it.
        asked: called with each socket on which a question is put.
    """

    def __init__(self, sock: socket, loop: AbstractEventLoop, asked: Callable[[socket], None]) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._loop = loop
        self._asked = asked
        loop.add_reader(sock, self._readable)

    def ready(self) -> None:
        """It serves."""
        self._sock.send(READY)

    def close(self) -> None:
        """Hear no more questions."""
        self._loop.remove_reader(self._sock)

    def _readable(self) -> None:
        said, descriptors, _, _ = recv_fds(self._sock, _MOST_OCTETS, 1)
        for descriptor in descriptors:
            self._asked(socket(fileno=descriptor))
        if not said:
            self.close()


@asynccontextmanager
async def asked(sock: socket, question: str, who: str = "") -> AsyncIterator[StreamReader]:
    """The answer of a worker as it comes. Raises OSError: it has ended."""
    ours, theirs = socketpair()
    with theirs:
        try:
            send_fds(sock, [_ASK], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
    reader, writer = await open_unix_connection(sock=ours, limit=_LONGEST_LINE)
    try:
        writer.write(json.dumps({"ask": question, "who": who}).encode() + b"\n")
        yield reader
    finally:
        writer.close()


async def answer(sock: socket, question: str, who: str = "") -> Any:
    """A whole answer, as JSON has it. Raises OSError: it has ended or is silent; ValueError: the same."""
    async with asked(sock, question, who) as reader, timeout(PATIENCE_S):
        return json.loads(await reader.read())
