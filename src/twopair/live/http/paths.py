"""The paths on HTTP, and what goes with every answer."""

from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""One question a connection: nobody keeps one open who does not ask."""


class Site(Protocol):
    """What a host answers, whether it serves or stands by."""

    async def page(self, request: Request) -> Response:
        """For people."""
        ...

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        ...

    async def health(self, request: Request) -> Response:
        """Whether it lives."""
        ...

    async def ready(self, request: Request) -> Response:
        """Whether UEs may be sent to it."""
        ...


def app_of(site: Site) -> Starlette:
    """Answers GET and HEAD."""
    paths = {"/": site.page, "/metrics": site.metrics, "/health": site.health, "/ready": site.ready}
    routes = [Route(path, answer) for path, answer in paths.items()]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


async def _refused(_request: Request, error: Exception) -> Response:
    """No such path, or no such method."""
    assert isinstance(error, HTTPException)
    headers = {**(error.headers or {}), **HEADERS}
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=headers)
