"""HTTP inside the event loop of a program that has sockets, signals and an end of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from socket import socket
from typing import Final

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

_MOST: Final = 32
"""Connections at one time; the next are answered 503."""

_PATIENCE_S: Final = 10.0
"""How long one connection may last."""


class _Connection(H11Protocol):
    """One that ends, even if its peer says nothing, or says it slowly."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._end = asyncio.get_running_loop().call_later(_PATIENCE_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


class _Server(Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the program (`twopair.live.program`)."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, listening: socket) -> AsyncIterator[None]:
    """Serve on a socket that listens already, and close it at the end."""
    config = Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # else whoever reaches the port fills the log: a line for each bad request
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
