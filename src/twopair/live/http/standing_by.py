"""What a host says over HTTP that does not serve: it lives, it is not ready, and for what it waits."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twopair.live.http.answers import page_of_standby, readiness
from twopair.live.http.paths import HEADERS
from twopair.live.http.readiness import Reason
from twopair.live.metrics.exposition import Exposition
from twopair.live.metrics.seen import STANDS_BY
from twopair.live.metrics.values import values


class StandingBy:
    """Answers of a host that stands by.

    Args:
        name: of the P-CSCF.
        waits_for: in words.
    """

    def __init__(self, name: str, waits_for: Callable[[], str]) -> None:
        self._name = name
        self._waits_for = waits_for
        self._exposition = Exposition()

    async def page(self, request: Request) -> Response:
        """The page for people."""
        return Response(
            page_of_standby(self._name, self._waits_for()), media_type="text/html", headers=HEADERS
        )

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        text, content_type = self._exposition.write(values(STANDS_BY), request.headers.get("accept", ""))
        return Response(text, headers={**HEADERS, "Content-Type": content_type})

    async def health(self, request: Request) -> Response:
        """Whether it lives."""
        return JSONResponse({"alive": True, "failed_within_a_minute": 0}, headers=HEADERS)

    async def ready(self, request: Request) -> Response:
        """Whether UEs may be sent to it."""
        why_not = [Reason("not-serving", self._waits_for())]
        return JSONResponse(readiness(why_not, datetime.now(UTC)), 503, headers=HEADERS)
