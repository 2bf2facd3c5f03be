"""What a P-CSCF that serves says over HTTP."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from twopair.live.http.answers import health, page, readiness
from twopair.live.http.paths import HEADERS
from twopair.live.http.readiness import reasons
from twopair.live.metrics.exposition import Exposition
from twopair.live.metrics.seen import Watched, seen


class WhileServing:
    """Answers of a P-CSCF that serves.

    Args:
        of: what is looked at.
    """

    def __init__(self, of: Watched) -> None:
        self._of = of
        self._began = datetime.now(UTC)
        self._exposition = Exposition()

    async def page(self, request: Request) -> Response:
        """The page for people."""
        why_not = reasons(self._of)
        shown = await seen(self._of, ready=not why_not)
        text = page(shown, why_not, self._of.running.settings.node.name, self._began)
        return HTMLResponse(text, headers=HEADERS)

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        shown = await seen(self._of, ready=not reasons(self._of))
        text, content_type = self._exposition.write(shown, request.headers.get("accept", ""))
        return Response(text, headers={**HEADERS, "Content-Type": content_type})

    async def health(self, request: Request) -> Response:
        """Whether it lives."""
        said = health(self._of.pulse)
        return JSONResponse(said, 200 if said["alive"] else 503, headers=HEADERS)

    async def ready(self, request: Request) -> Response:
        """Whether UEs may be sent to it."""
        said = readiness(reasons(self._of), datetime.now(UTC))
        return JSONResponse(said, 200 if said["ready"] else 503, headers=HEADERS)
