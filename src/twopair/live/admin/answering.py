"""What can be asked of a running P-CSCF."""

import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from twopair.live.admin.diarist import Diarist
from twopair.live.admin.explain import explained
from twopair.live.admin.sas import sas
from twopair.live.admin.server import AdminSocket
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.nodes.pcscf import Pcscf


def answering(path: Path | None, node: Pcscf, driver: Driver) -> AbstractAsyncContextManager[None]:
    """Answer questions about a node at this path, from now on; nothing happens without one.

    Raises:
        PrerequisiteMissing: there can be no socket.
    """
    if path is None:
        return AdminSocket({}).open(None)
    diarist = Diarist(driver.backend, most=lambda: node.tables.config.limits.diaries)
    driver.listen(diarist)

    def shown(who: str) -> Iterator[str]:
        now = monotonic()
        return sas(node.snapshot(now), driver.backend, who, now)

    def told(who: str) -> Iterator[str]:
        now = monotonic()
        return explained(node.snapshot(now), diarist, who, now, time.time())

    return AdminSocket({"sas": shown, "explain": told}).open(path)
