"""The paths of a P-CSCF on HTTP."""

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from twopair.live.http.answers import health, page, readiness
from twopair.live.http.paths import HEADERS, app_of
from twopair.live.http.readiness import reasons
from twopair.live.metrics.exposition import Exposition
from twopair.live.metrics.seen import Watched, seen


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
        return app_of(
            {
                "/": self._page,
                "/metrics": self._metrics,
                "/health": self._health,
                "/ready": self._ready,
            }
        )

    async def _page(self, _request: Request) -> Response:
        why_not = reasons(self._of)
        shown = await seen(self._of, ready=not why_not)
        text = page(shown, why_not, self._of.running.settings.node.name, self._began)
        return HTMLResponse(text, headers=HEADERS)

    async def _metrics(self, request: Request) -> Response:
        shown = await seen(self._of, ready=not reasons(self._of))
        text, content_type = self._exposition.write(shown, request.headers.get("accept", ""))
        return Response(text, headers={**HEADERS, "Content-Type": content_type})

    async def _health(self, _request: Request) -> Response:
        said = health(self._of.pulse)
        return JSONResponse(said, 200 if said["alive"] else 503, headers=HEADERS)

    async def _ready(self, _request: Request) -> Response:
        said = readiness(reasons(self._of), datetime.now(UTC))
        return JSONResponse(said, 200 if said["ready"] else 503, headers=HEADERS)
