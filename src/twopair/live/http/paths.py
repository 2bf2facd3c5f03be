"""Paths on HTTP, and what goes with every answer."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

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


def app_of(paths: Mapping[str, Callable[[Request], Awaitable[Response]]]) -> Starlette:
    """Answers GET and HEAD of these paths."""
    routes = [Route(path, answer) for path, answer in paths.items()]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


async def _refused(_request: Request, error: Exception) -> Response:
    """No such path, or no such method."""
    assert isinstance(error, HTTPException)
    headers = {**(error.headers or {}), **HEADERS}
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=headers)
