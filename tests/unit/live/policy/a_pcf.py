"""A PCF of few words, over HTTP/2 on loopback: what it heard, and what it is told to answer."""

import asyncio
from types import TracebackType
from typing import Any

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.unit.live.doubles import free_endpoint

from twopair.live.policy.npcf import BASE


class Pcf:
    """Holds application sessions as 29.514 says, unless `refuses` has a cause."""

    def __init__(self) -> None:
        self.endpoint = free_endpoint("127.0.0.1")
        self.heard: list[tuple[str, str, Any]] = []
        self.versions: set[str] = set()
        self.refuses = ""
        self.silent = False
        self._over = asyncio.Event()

    @property
    def root(self) -> str:
        return f"http://{self.endpoint}"

    async def __aenter__(self) -> "Pcf":
        config = Config()
        config.bind = [str(self.endpoint)]
        config.errorlog = None
        routes = [
            Route(BASE, self._take, methods=["POST"]),
            Route(BASE + "/{number}", self._take, methods=["PATCH"]),
            Route(BASE + "/{number}/delete", self._take, methods=["POST"]),
        ]
        app: Any = Starlette(routes=routes)
        self._task = asyncio.create_task(serve(app, config, shutdown_trigger=self._over.wait))
        await until_it_listens(self.endpoint)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        await self._task

    async def _take(self, request: Request) -> Response:
        data = await request.body()
        said = await request.json() if data else None
        self.versions.add(str(request.scope["http_version"]))
        self.heard.append((request.method, request.url.path.removeprefix(BASE), said))
        if self.silent:
            await asyncio.sleep(30)
        if self.refuses:
            return JSONResponse({"status": 403, "cause": self.refuses}, 403)
        if request.url.path == BASE:
            location = f"{BASE}/{len(self.heard)}"
            return JSONResponse(said, 201, headers={"location": location})
        return Response(status_code=204) if request.method == "POST" else JSONResponse(said)

    async def says(self, uri: str, what: Any) -> int:
        """POST to a notification URI; gives the status."""
        async with httpx.AsyncClient(http1=False, http2=True) as client:
            if isinstance(what, bytes):
                return (await client.post(uri, content=what)).status_code
            return (await client.post(uri, json=what)).status_code


async def until_it_listens(endpoint: tuple[str, int]) -> None:
    """Wait for a listener."""
    while True:
        try:
            _reader, writer = await asyncio.open_connection(*endpoint)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
