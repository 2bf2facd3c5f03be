"""Answers questions on a Unix socket, beside the signalling and never in its way."""

import json
import logging
from asyncio import StreamReader, StreamWriter, open_unix_connection, sleep, start_unix_server, timeout
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket
from typing import Any, Final

from twopair.live.admin.place import Place

_log = logging.getLogger(__name__)

LONGEST_QUESTION: Final = 4096
"""Octets of a question; identities are shorter."""

_PATIENCE_S: Final = 10.0
"""How long a question, and each part of an answer, may take to pass."""

_MOST: Final = 16
"""Questions at one time."""

_AT_ONCE: Final = 32
"""Parts of an answer that are made before the signalling has its turn."""

Parts = Iterator[str] | AsyncIterator[str]

Answer = Callable[[str], Parts]
"""From whom a question is about, empty for all, to the JSON text of its answer, in parts."""

Carry = Callable[[Mapping[str, Any]], Parts]
"""From an order, all that was said of it, to the JSON text of what has become of it."""


class AdminSocket:
    """A listening socket, and what can be asked there.

    A question is one line, ``{"ask": "sas", "who": "…"}``; its answer is one line of JSON, ``{"error": "…"}``
    for a question that is none. One question a connection.

    Args:
        answers: by the name of the question.
        orders: by the name of the order; it may say more than whom it is about.
    """

    def __init__(self, answers: Mapping[str, Answer], orders: Mapping[str, Carry] | None = None) -> None:
        self._answers = answers
        self._orders = orders or {}
        self._busy = 0

    @asynccontextmanager
    async def open(self, path: Path | None) -> AsyncIterator[None]:
        """Answer at this path until the end; nothing happens without one.

        Raises:
            PrerequisiteMissing: it cannot be opened there.
        """
        if path is None:
            yield
            return
        place = Place(path)
        try:
            server = await start_unix_server(self._take, sock=place.listening, limit=LONGEST_QUESTION)
            try:
                yield
            finally:
                server.close()
        finally:
            place.close()

    async def take(self, sock: socket) -> None:
        """Answer one question on a connection that somebody else has accepted."""
        await self._take(*await open_unix_connection(sock=sock, limit=LONGEST_QUESTION))

    async def _take(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._busy += 1
        try:
            async with timeout(_PATIENCE_S):
                line = await reader.readline()
            await self._say(
                writer, self._answer(line) if self._busy <= _MOST else _error("too many questions")
            )
        except (OSError, ValueError, TimeoutError) as error:  # too long, slow, or gone
            _log.debug("admin socket: %s", error)
        except Exception:
            _log.exception("admin socket")
        finally:
            self._busy -= 1
            writer.close()

    @staticmethod
    async def _say(writer: StreamWriter, parts: Parts) -> None:
        number = 0
        async for part in parts if isinstance(parts, AsyncIterator) else _one_by_one(parts):
            number += 1
            writer.write(part.encode())
            if number % _AT_ONCE == 0:
                async with timeout(_PATIENCE_S):
                    await writer.drain()
                await sleep(0)
        writer.write(b"\n")
        async with timeout(_PATIENCE_S):
            await writer.drain()

    def _answer(self, line: bytes) -> Parts:
        try:
            question: Any = json.loads(line)
            name, who = question["ask"], question.get("who") or ""
            carry = self._orders.get(name)
            if carry is not None and isinstance(who, str):
                return carry(question)
            answer = self._answers[name]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            there = ", ".join(sorted([*self._answers, *self._orders]))
            return _error(f"no such question; there are {there}")
        return answer(who) if isinstance(who, str) else _error("who: not a text")


async def _one_by_one(parts: Iterator[str]) -> AsyncIterator[str]:
    for part in parts:
        yield part


def _error(words: str) -> Iterator[str]:
    yield json.dumps({"error": words})
