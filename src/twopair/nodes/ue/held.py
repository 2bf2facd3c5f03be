"""Requests that have overtaken the SM12 which establishes their set (SA-26)."""

from collections.abc import Callable
from typing import Final

from twopair.base import Flow, Refusal, Refused, Report
from twopair.core.sa import Stage
from twopair.nodes.actions import Action
from twopair.nodes.ue.sets import LiveSet
from twopair.wire.sip import Request

MOST_HELD: Final = 8
"""Requests that may wait for the SM12 they have overtaken."""


class Held:
    """Those of one UE."""

    def __init__(self) -> None:
        self._waiting: list[tuple[LiveSet, Request, Flow]] = []

    def keep(self, request: Request, live: LiveSet, flow: Flow) -> bool:
        """Have a request wait, if there is room."""
        room = len(self._waiting) < MOST_HELD
        if room:
            self._waiting.append((live, request, flow))
        return room

    def serve(self, admit: Callable[[Request, Flow, LiveSet], None], out: list[Action]) -> None:
        """Serve what waited for its set to be established, drop what waited in vain (SA-26)."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for live, request, flow in waiting:
            stage = live.life.stage
            if stage is Stage.TEMPORARY:
                self._waiting.append((live, request, flow))
            elif stage is Stage.DELETED:
                out.append(Report(Refused(Refusal.SET_NOT_USABLE, flow)))
            else:
                admit(request, flow, live)
