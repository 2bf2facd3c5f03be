"""A P-CSCF that serves, as those who attend to it see it."""

from asyncio import Event
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twopair.base import Micros
from twopair.live.config import PcscfFile
from twopair.live.driver import Driver
from twopair.live.failover.tenure import Always, Tenure
from twopair.live.http.front import Front
from twopair.live.ipsec import Ipsec
from twopair.live.keeping.kept import Kept
from twopair.live.service.lead import Lead
from twopair.nodes.pcscf import Pcscf


@dataclass(slots=True)
class Running:
    """What a service is made of.

    Args:
        file: its configuration; relative paths are relative to it.
        settings: what the file says; what of it has changed since the start is in `settings` of now.
        node: the P-CSCF.
        driver: runs it.
        ipsec: where its SAs are.
        kept: what is to outlive the process, None if nothing is.
        tenure: for how long it serves.
        verbose: how often -v was given.
        ends_at: until when it drains at most, None while it serves (`admin.drain_s`).
        front: where it answers over HTTP, None for nowhere.
        lead: who has started this worker, None where there is one process.
        renewed: called with the settings after each SIGHUP that found a right file.
    """

    file: Path
    settings: PcscfFile
    node: Pcscf
    driver: Driver
    ipsec: Ipsec
    kept: Kept | None
    verbose: int = 0
    tenure: Tenure = field(default_factory=lambda: Always(Event()))
    ends_at: Micros | None = None
    front: Front | None = None
    lead: Lead | None = None
    renewed: list[Callable[[PcscfFile], None]] = field(default_factory=list)
