"""The paths of a P-CSCF on HTTP."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from twopair.live.http.answers import health, page, readiness
from twopair.live.http.readiness import reasons
from twopair.live.metrics.exposition import Exposition
from twopair.live.metrics.seen import Watched, seen

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""One question a connection: nobody keeps one open who does not ask."""


class Site:
    """Answers GET and HEAD.

    Args:
        of: what is looked at.
    """

    def __init__(self, of: Watched) -> None:
        self._of = of
        self._began = datetime.now(UTC)
        self._exposition = Exposition()

    def app(self) -> Starlette:
        """The application."""
        paths: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/": self._page,
            "/metrics": self._metrics,
            "/health": self._health,
            "/ready": self._ready,
        }
        routes = [Route(path, answer) for path, answer in paths.items()]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    async def _page(self, _request: Request) -> Response:
        why_not = reasons(self._of)
        shown = await seen(self._of, ready=not why_not)
        text = page(shown, why_not, self._of.running.settings.node.name, self._began)
        return HTMLResponse(text, headers=_HEADERS)

    async def _metrics(self, request: Request) -> Response:
        shown = await seen(self._of, ready=not reasons(self._of))
        text, content_type = self._exposition.write(shown, request.headers.get("accept", ""))
        return Response(text, headers={**_HEADERS, "Content-Type": content_type})

    async def _health(self, _request: Request) -> Response:
        said = health(self._of.pulse)
        return JSONResponse(said, 200 if said["alive"] else 503, headers=_HEADERS)

    async def _ready(self, _request: Request) -> Response:
        said = readiness(reasons(self._of), datetime.now(UTC))
        return JSONResponse(said, 200 if said["ready"] else 503, headers=_HEADERS)


async def _refused(_request: Request, error: Exception) -> Response:
    """No such path, or no such method."""
    assert isinstance(error, HTTPException)
    headers = {**(error.headers or {}), **_HEADERS}
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=headers)
