"""Who answers on HTTP: a host that stands by, and the P-CSCF as long as it serves here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Front:
    """Hands each question to who answers now.

    Args:
        else_: who answers as long as nobody else does.
    """

    def __init__(self, else_: "ASGIApp") -> None:
        self._now = else_

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One question."""
        await self._now(scope, receive, send)

    @contextmanager
    def showing(self, app: "ASGIApp") -> Iterator[None]:
        """This one answers until the end."""
        before, self._now = self._now, app
        try:
            yield
        finally:
            self._now = before
