"""The media plane of one P-CSCF, as its configuration wants it."""

from collections.abc import Callable
from typing import Any

from twopair.base import Micros, Refusal
from twopair.core.sip import ServerTransaction
from twopair.nodes.actions import Action
from twopair.nodes.media import MediaAnchored
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.media.bearers import Bearers
from twopair.nodes.pcscf.media.leg import Legs
from twopair.nodes.pcscf.media.plane import MediaPlane
from twopair.nodes.pcscf.relay.calls import Calls
from twopair.nodes.pcscf.relay.relayed import SessionRelay
from twopair.nodes.pcscf.relay.release import Releases
from twopair.nodes.pcscf.tables import Tables
from twopair.nodes.policy import BearerLost, PolicyAnswered

Takes = dict[type, Callable[[Any, Micros, list[Action]], None]]
"""Who takes which event."""

OFF = "off"


class Media:
    """Relay and bearers put together; with both of them off there is neither, and no gate.

    Args:
        tables: get the gate.
        answers: refuse what has no relay.
        calls: keep the books.
        releases: end calls without a bearer.

    Attributes:
        takes: events from outside.
        bearers: None where policy control is off.
    """

    __slots__ = ("_answers", "_calls", "bearers", "takes")

    def __init__(self, tables: Tables, answers: Answers, calls: Calls, releases: Releases) -> None:
        config = tables.config
        self._answers = answers
        self._calls = calls
        self.takes: Takes = {}
        self.bearers: Bearers | None = None
        legs = Legs()
        if config.bearers != OFF:
            self.bearers = Bearers(
                legs,
                tables.sessions,
                releases.release,
                config.gm_address_like,
                required=config.bearers == "required",
                signalling=config.signalling_path,
            )
            self.takes[PolicyAnswered] = self.bearers.answered
            self.takes[BearerLost] = self.bearers.lost
        if self.bearers is not None or config.anchoring != OFF:
            plane = MediaPlane(
                tables.sessions,
                legs,
                self.bearers,
                config.anchoring,
                self._refuse,
                core_is_ipv6=":" in config.core.address,
            )
            tables.gate = plane
            self.takes[MediaAnchored] = plane.anchored

    def _refuse(self, txn: ServerTransaction, now: Micros, out: list[Action]) -> None:
        relay = txn.owner
        if txn.answered or not isinstance(relay, SessionRelay):
            return
        self._calls.failed(relay, now, out)
        self._answers.refuse(txn, relay.live, Refusal.NO_MEDIA_RELAY, now, out)
