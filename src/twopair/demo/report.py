"""A run as JSON."""

from typing import Any

from twopair.demo.record import Said
from twopair.demo.run import Outcome


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The object that ``demo --json`` prints; messages are those on Gm, in order.

    ``sa`` and ``spi`` are null for a message in the clear; ``step`` is empty outside registration.
    """
    return {
        "scenario": outcome.scenario.name,
        "transport": outcome.wanted.transport.value.lower(),
        "backend": outcome.wanted.backend,
        "ok": outcome.ok,
        "messages": [_message(said) for said in outcome.evidence.gm],
        "checks": [{"id": v.id, "ok": v.ok, "detail": v.detail} for v in outcome.verdicts],
    }


def _message(said: Said) -> dict[str, Any]:
    seen = said.seen
    return {
        "step": seen.step,
        "from": said.sender.name,
        "to": said.receiver.name,
        "transport": seen.transport.value.lower(),
        "src": str(seen.src),
        "dst": str(seen.dst),
        "sa": seen.sa,
        "spi": seen.spi,
        "start_line": seen.start_line,
    }
