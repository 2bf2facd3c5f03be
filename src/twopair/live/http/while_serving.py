"""What a P-CSCF that serves says over HTTP."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from twopair.live.http.answers import health, page, readiness
from twopair.live.http.look import Looker
from twopair.live.http.paths import HEADERS
from twopair.live.metrics.exposition import Exposition


class WhileServing:
    """Answers of a P-CSCF that serves.

    Args:
        look: looks at it.
        name: its name.
    """

    def __init__(self, look: Looker, name: str) -> None:
        self._look = look
        self._name = name
        self._began = datetime.now(UTC)
        self._exposition = Exposition()

    async def page(self, request: Request) -> Response:
        """The page for people."""
        found = await self._look(whole=True)
        return HTMLResponse(page(found.numbers, found.reasons, self._name, self._began), headers=HEADERS)

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        found = await self._look(whole=True)
        text, content_type = self._exposition.write(found.values, request.headers.get("accept", ""))
        return Response(text, headers={**HEADERS, "Content-Type": content_type})

    async def health(self, request: Request) -> Response:
        """Whether it lives."""
        found = await self._look(whole=False)
        said = health(alive=found.alive, failed=found.failed)
        return JSONResponse(said, 200 if found.alive else 503, headers=HEADERS)

    async def ready(self, request: Request) -> Response:
        """Whether UEs may be sent to it."""
        found = await self._look(whole=False)
        said = readiness(found.reasons, datetime.now(UTC))
        return JSONResponse(said, 200 if said["ready"] else 503, headers=HEADERS)
