"""`twopair sas`: registered and registering UEs with their SA sets and counters, as JSON (SA-23)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from twopair.backends.contract import IpsecBackend
from twopair.base import Micros
from twopair.core.sa import ARROWS
from twopair.live.admin.who import Who
from twopair.nodes.pcscf.snapshot import RegistrationView, SetView

_ORDER: Final = [arrow.name for arrow in ARROWS]


def sas(views: Iterable[RegistrationView], backend: IpsecBackend, who: str, now: Micros) -> Iterator[str]:
    """A list of one object for each, in parts that make one JSON text."""
    before = "["
    for shown in _each(views, backend, who, now):
        yield before + json.dumps(shown) if shown else ""
        before = ", " if shown else before
    yield "[]" if before == "[" else "]"


def lines(
    views: Iterable[RegistrationView], backend: IpsecBackend, who: str, now: Micros, worker: int
) -> Iterator[str]:
    """The same of one worker, which is named: each object in a line."""
    for shown in _each(views, backend, who, now):
        yield json.dumps({**shown, "worker": worker}) + "\n" if shown else ""


def _each(
    views: Iterable[RegistrationView], backend: IpsecBackend, who: str, now: Micros
) -> Iterator[dict[str, Any] | None]:
    """One object for each, None for those that are not asked about."""
    wanted = Who(who)
    for view in views:
        yield row(view, backend, now) if not who or wanted.is_one(view) else None


def row(view: RegistrationView, backend: IpsecBackend, now: Micros) -> dict[str, Any]:
    """One UE."""
    return {
        "impi": view.impi,
        **({"flow": str(view.flow)} if str(view.flow) else {}),
        "registered": view.registered,
        "address": view.address,
        "impus": list(view.impus),
        "expires_in_s": _left_s(view.expires_at, now),
        "sets": [_set(one, backend, now) for one in view.sets],
    }


def _set(of: SetView, backend: IpsecBackend, now: Micros) -> dict[str, Any]:
    return {
        "id": of.set_id,
        "stage": of.stage.value,
        "suite": str(of.suite),
        "expires_in_s": _left_s(of.expires_at, now),
        "ports": of.ports._asdict(),
        "sas": [
            {
                "name": sa.name,
                "spi": sa.spi,
                "packets": sa.packets,
                "octets": sa.octets,
                "replayed": sa.replayed,
                "integrity_failed": sa.bad_icv,
                "mismatched": sa.mismatched,
            }
            for sa in sorted(backend.counters(of.set_id), key=lambda sa: _ORDER.index(sa.name))
        ],
    }


def _left_s(until: Micros, now: Micros) -> int:
    return max(0, round((until - now) / 1_000_000))
